import AsyncAlgorithms
import Channels

/// What both kinds of channel can do.
protocol Rival<Element>: Sendable {
    associatedtype Element: Sendable
    init(capacity: Int)
    func put(_ element: Element) async
    /// Calls with each element until the channel is closed.
    func each(_ body: (Element) async -> Void) async
    /// Takes one.
    func one() async -> Element?
    func end()
}

extension Channel: Rival {
    func put(_ element: Element) async { try? await send(element) }
    func each(_ body: (Element) async -> Void) async { while let element = await receive() { await body(element) } }
    func one() async -> Element? { await receive() }
    func end() { close() }
}

/// swift-async-algorithms' channel has no buffer: its capacity is always 0.
struct Theirs<Element: Sendable>: Rival {
    let channel = AsyncChannel<Element>()

    init(capacity: Int) {}

    func put(_ element: Element) async { await channel.send(element) }
    func each(_ body: (Element) async -> Void) async { for await element in channel { await body(element) } }
    func one() async -> Element? {
        var iterator = channel.makeAsyncIterator()
        return await iterator.next()
    }
    func end() { channel.finish() }
}
