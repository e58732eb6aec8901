import Testing

@testable import Catcher

@Suite("The line of places")
struct PlaceLineTests {
    private func all(_ line: PlaceLine) -> [SpoolPlace] {
        var line = line
        return line.claim(line.count)
    }

    @Test("what comes back stands where it stood, in whatever order the calls return")
    func order() {
        var line = PlaceLine()
        line.store(Array(1...9))
        let calls = (0..<3).map { _ in line.claim(2) }
        line.putBack(calls[1])
        line.putBack(calls[0])
        line.putBack(calls[2])
        #expect(all(line) == Array(1...9))
    }

    @Test("a listing that meets live messages puts the older ones first, and each once, whichever is heard of first")
    func listing() {
        var listedFirst = PlaceLine()
        listedFirst.find([1, 2, 3, 4])
        listedFirst.store([3, 4, 5])
        #expect(all(listedFirst) == [1, 2, 3, 4, 5])
        var storedFirst = PlaceLine()
        storedFirst.store([3, 4])
        #expect(storedFirst.claim(1) == [3])
        storedFirst.find([1, 2, 3, 4])
        #expect(all(storedFirst) == [1, 2, 4])
    }
}
