import AWSCore
import Glibc

/// The file of requests that every client sends: `{"bodies":["…"],"items":[{"pk":{"S":"…"},…}]}`.
struct Requests {
    var bodies: [[UInt8]] = []
    /// In DynamoDB JSON, as the worker makes them.
    var encoded: [EncodedItem] = []
    /// As values, which the other clients take.
    var items: [[String: AttributeValue]] = []

    init(path: String) throws {
        var bytes: [UInt8] = []
        guard let file = fopen(path, "r") else { throw BenchmarkError("cannot open \(path)") }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        try JSONParser().parse(bytes) { root in
            if let list = root.member(named: "bodies") {
                for body in list.elements {
                    if let utf8 = body.utf8 { bodies.append([UInt8](utf8)) }
                }
            }
            guard let list = root.member(named: "items") else { return }
            for item in list.elements {
                var json: [UInt8] = []
                item.write(to: &json)
                encoded.append(EncodedItem(json: json))
                items.append(Self.values(of: item))
            }
        }
    }

    private static func values(of item: JSONValue) -> [String: AttributeValue] {
        var values: [String: AttributeValue] = [:]
        for (name, value) in item.members {
            let key = String(decoding: name, as: UTF8.self)
            if let text = value.member(named: "S")?.string { values[key] = .string(text) }
            if let text = value.member(named: "N")?.string { values[key] = .number(text) }
        }
        return values
    }
}

struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
