import Synchronization

/// A number that several tasks share.
final class SharedCount: Sendable {
    private let number: Atomic<Int>

    init(_ value: Int) {
        number = Atomic(value)
    }

    var value: Int {
        get { number.load(ordering: .relaxed) }
        set { number.store(newValue, ordering: .relaxed) }
    }

    func add(_ difference: Int) {
        number.add(difference, ordering: .relaxed)
    }
}
