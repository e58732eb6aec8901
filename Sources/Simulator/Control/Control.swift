import AWSCore
import NIOCore
import NIOHTTP1

/// The control endpoint: faults, the meter and the items, on the same listener under `/_simulator/`.
struct Control {
    private let world: World

    init(_ world: World) {
        self.world = world
    }

    func answer(_ request: Request) -> Answer {
        let parts = request.head.uri.split(separator: "?", maxSplits: 1)
        let query = parts.count > 1 ? Query(String(parts[1])) : Query("")
        switch (request.head.method, parts.first ?? "") {
        case (.GET, "/_simulator/meter"): return MeterAnswer.render(world.meter.snapshot())
        case (.GET, "/_simulator/faults"): return FaultsCodec.render(world.faults.entries)
        case (.PUT, "/_simulator/faults"):
            do {
                let (faults, seed) = try FaultsCodec.read(Array(request.body.readableBytesView))
                world.faults.set(faults, seed: seed)
                return FaultsCodec.render(world.faults.entries)
            } catch let error as JSONError {
                return Self.refusal(400, error.rawValue)
            } catch {
                return Self.refusal(400, "\(error)")
            }
        case (.DELETE, "/_simulator/faults"):
            world.faults.set([])
            return .empty
        case (.POST, "/_simulator/reset"):
            world.reset()
            return .empty
        case (.POST, "/_simulator/meter/reset"):
            world.meter.reset()
            return .empty
        case (.GET, "/_simulator/items"): return ItemsAnswer.render(world.dynamoDB, query)
        default: return Self.refusal(404, "no such route; there are " + Self.routes.joined(separator: ", "))
        }
    }

    private static let routes = [
        "GET /_simulator/meter", "POST /_simulator/meter/reset", "GET, PUT and DELETE /_simulator/faults",
        "POST /_simulator/reset", "GET /_simulator/items?table=",
    ]

    static func refusal(_ status: Int, _ message: String) -> Answer {
        var json = JSONWriter()
        json.beginObject()
        json.key("error")
        json.string(message)
        json.endObject()
        var answer = Answer(json)
        answer.status = status
        return answer
    }

    /// A URL's query: names and values, percent-decoded.
    struct Query {
        private var values: [String: String] = [:]

        init(_ text: String) {
            for pair in text.split(separator: "&") {
                let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                values[Self.decode(sides[0])] = sides.count > 1 ? Self.decode(sides[1]) : ""
            }
        }

        subscript(name: String) -> String? { values[name] }

        private static func decode(_ text: Substring) -> String {
            var bytes: [UInt8] = []
            var rest = Array(text.utf8)[...]
            while let byte = rest.popFirst() {
                if byte == UInt8(ascii: "%"), rest.count >= 2,
                    let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                {
                    bytes.append(value)
                    rest = rest.dropFirst(2)
                } else {
                    bytes.append(byte)
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
