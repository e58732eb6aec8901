import AWSCore
import Operations

/// A beacon ready to be posted, and what the table must hold after it.
struct SampleBeacon: Sendable, Hashable {
    let mapID: String
    let eventIDs: [String]
    /// The JSON.
    let body: [UInt8]
}

/// Beacons of visitors to twenty maps, the same each time for a seed and an end: they are made one after the other, so
/// that a large sample needs no more memory than a small one.
struct Sample: Sequence {
    /// How many beacons there are.
    let count: Int
    /// What everything but the times comes from.
    let seed: UInt64
    /// When the last beacon is sent; ids and times are made from it.
    let end: Timestamp
    /// How long before the end the first beacon is sent: within the seven days in which an event's own time counts.
    var span: Duration = .seconds(3 * 3600)

    func makeIterator() -> Iterator {
        Iterator(self)
    }

    struct Iterator: IteratorProtocol {
        private let sample: Sample
        private var random: SeededRandom
        private var visits: [Visit] = []
        private var made = 0
        private var begun = 0

        init(_ sample: Sample) {
            self.sample = sample
            random = SeededRandom(seed: sample.seed)
        }

        mutating func next() -> SampleBeacon? {
            guard made < sample.count else { return nil }
            made += 1
            let span = sample.span.nanoseconds / 1_000_000
            // Double, so that a large count does not overflow; to the millisecond it is exact enough.
            let offset = Int64(Double(span) * Double(sample.count - made) / Double(sample.count))
            let sentAt = Timestamp(milliseconds: sample.end.milliseconds - offset)
            let position = random.number(0...Self.visitorsAtOnce - 1)
            if position >= visits.count {
                visits.append(visit(at: sentAt))
                return visits[visits.count - 1].next(sentAt: sentAt, random: &random)
            }
            if visits[position].isOver { visits[position] = visit(at: sentAt) }
            return visits[position].next(sentAt: sentAt, random: &random)
        }

        /// A new visitor: one to each map at first, so that a small sample has them all, then as maps are visited.
        private mutating func visit(at moment: Timestamp) -> Visit {
            defer { begun += 1 }
            let map = begun < SampleMap.all.count ? SampleMap.all[begun] : SampleMap.visited(random.fraction())
            return Visit(to: map, startingAt: moment, random: &random)
        }

        private static let visitorsAtOnce = 24
    }
}
