import AWSCore

/// Faults as JSON: `{"seed":1,"faults":[{"kind":"error","probability":0.05,"operations":["Query"]}]}`.
enum FaultsCodec {
    /// Why a list of faults was refused.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    static func read(_ bytes: [UInt8]) throws -> (faults: [Fault], seed: UInt64?) {
        try JSONParser().parse(bytes) { root in
            guard let list = root["faults"], list.kind == .array else {
                throw Refusal(description: "a member `faults`, an array, is needed")
            }
            let faults = try list.elements.map(fault)
            return (faults, root["seed"]?.integer.map { UInt64(bitPattern: $0) })
        }
    }

    private static func fault(_ json: JSONValue) throws -> Fault {
        guard let name = json["kind"]?.string, let kind = Fault.Kind(rawValue: name) else {
            throw Refusal(
                description: "`kind` must be one of " + Fault.Kind.allCases.map(\.rawValue).joined(separator: ", "))
        }
        var fault = Fault(kind)
        for (key, value) in json.members {
            switch String(decoding: key, as: UTF8.self) {
            case "kind": break
            case "probability": fault.probability = try share(value, "probability")
            case "share": fault.share = try share(value, "share")
            case "count": fault.count = try number(value, "count")
            case "status": fault.status = try number(value, "status")
            case "code": fault.code = value.string ?? fault.code
            case "text": fault.text = value.string ?? fault.text
            case "latency_ms": fault.latency = .milliseconds(try number(value, "latency_ms"))
            case "skew_s": fault.skew = .seconds(try number(value, "skew_s"))
            case "retry_after_ms": fault.retryAfter = .milliseconds(try number(value, "retry_after_ms"))
            case "operations":
                fault.operations = Set(
                    try value.elements.map { element in
                        guard let operation = element.string.flatMap(Operation.init(rawValue:)) else {
                            throw Refusal(description: "`operations` must hold names of operations")
                        }
                        return operation
                    })
            case let other: throw Refusal(description: "unknown member `\(other)`")
            }
        }
        return fault
    }

    private static func share(_ value: JSONValue, _ name: String) throws -> Double {
        guard let share = value.double, (0...1).contains(share) else {
            throw Refusal(description: "`\(name)` must be a number from 0 to 1")
        }
        return share
    }

    private static func number(_ value: JSONValue, _ name: String) throws -> Int {
        guard let number = value.integer else { throw Refusal(description: "`\(name)` must be an integer") }
        return Int(number)
    }

    static func render(_ entries: [Faults.Entry]) -> Answer {
        var json = JSONWriter()
        json.beginObject()
        json.key("faults")
        json.beginArray()
        for entry in entries {
            json.beginObject()
            json.key("kind")
            json.string(entry.fault.kind.rawValue)
            json.key("probability")
            json.raw(Array("\(entry.fault.probability)".utf8))
            json.key("operations")
            json.beginArray()
            for operation in entry.fault.operations.map(\.rawValue).sorted() { json.string(operation) }
            json.endArray()
            json.key("happened")
            json.integer(entry.happened)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return Answer(json)
    }
}
