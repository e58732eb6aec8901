import NIOCore

/// The places of messages that wait for the queue: oldest first, each once.
struct PlaceLine {
    private var places = CircularBuffer<SpoolPlace>()
    /// The first place that this process has filled.
    private var firstOwn = SpoolPlace.max
    /// The last place that was found on disk.
    private var lastFound = SpoolPlace.min

    var isEmpty: Bool { places.isEmpty }
    var count: Int { places.count }

    /// Messages have been stored, behind all others.
    mutating func store(_ stored: [SpoolPlace]) {
        firstOwn = min(firstOwn, stored.first ?? .max)
        places.append(contentsOf: stored.filter { $0 > lastFound })
    }

    /// Messages have been found on disk, in order: those of an earlier process go first, the others are known.
    mutating func find(_ found: [SpoolPlace]) {
        lastFound = max(lastFound, found.last ?? .min)
        putBack(found.filter { $0 < firstOwn })
    }

    /// Takes the oldest.
    mutating func claim(_ count: Int) -> [SpoolPlace] {
        let claimed = Array(places.prefix(count))
        places.removeFirst(claimed.count)
        return claimed
    }

    /// Gives back what was claimed.
    mutating func putBack(_ returned: [SpoolPlace]) {
        guard let last = returned.max() else { return }
        var front = Set(returned)
        // Other calls have given back theirs meanwhile.
        while let first = places.first, first <= last {
            front.insert(first)
            places.removeFirst()
        }
        for place in front.sorted().reversed() { places.prepend(place) }
    }

    mutating func remove(_ place: SpoolPlace) {
        if let index = places.firstIndex(of: place) { places.remove(at: index) }
    }
}
