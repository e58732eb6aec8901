/// What the spool may hold and what it holds: messages that wait for the queue, and messages set aside.
struct SpoolBudget {
    let limit: Int
    /// Bytes of messages for the queue, those that are being written included.
    private(set) var waiting = 0
    /// Bytes of messages that the queue refuses for good.
    private(set) var aside = 0
    /// The largest message that there was no room for, until there is.
    private var wanted = 0

    init(limit: Int, waiting: Int = 0, aside: Int = 0) {
        self.limit = limit
        self.waiting = waiting
        self.aside = aside
    }

    var bytes: Int { waiting + aside }
    /// Whether a message had to be refused, or would be.
    var isFull: Bool { wanted > 0 || bytes >= limit }

    /// Takes room for messages, from the first on.
    ///
    /// - Parameter sizes: The messages' sizes.
    /// - Returns: How many of them there is room for.
    mutating func claim(_ sizes: [Int]) -> Int {
        for (position, size) in sizes.enumerated() {
            guard bytes + size <= limit else {
                wanted = max(wanted, size)
                return position
            }
            waiting += size
        }
        return sizes.count
    }

    /// Gives room back.
    mutating func free(_ size: Int) {
        waiting -= size
        if bytes + wanted <= limit || bytes == 0 { wanted = 0 }
    }

    /// A message moves from those that wait to those set aside.
    mutating func moveAside(_ size: Int) {
        waiting -= size
        aside += size
    }
}
