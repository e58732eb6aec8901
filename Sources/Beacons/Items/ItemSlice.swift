/// Which of a message's items are made in one pass.
///
/// A message can come to three hundred times its size in items, as each event carries what its beacon says. So they are
/// made by slices of a bounded size: a pass reads the whole message, numbers the items in the order in which they come
/// about, and makes those from a number on until the slice is full.
struct ItemSlice {
    private let from: Int
    private let limit: Int
    private var number = 0
    private var bytes = 0
    /// The number of the first item of the next slice; `nil` if there is none.
    private(set) var next: Int?

    /// - Parameters:
    ///   - from: The number of the slice's first item.
    ///   - limit: Bytes of items after which the slice ends.
    init(from: Int = 0, limit: Int = 0) {
        self.from = from
        self.limit = limit
    }

    /// Numbers an item.
    ///
    /// - Returns: Whether it is to be made, and said to ``add(_:)``.
    mutating func takesNext() -> Bool {
        defer { number += 1 }
        guard number >= from, next == nil else { return false }
        // One at least, whatever the limit.
        if bytes == 0 || bytes < limit { return true }
        next = number
        return false
    }

    /// Counts an item that was made.
    mutating func add(_ item: Item) {
        bytes += item.json.count
    }
}
