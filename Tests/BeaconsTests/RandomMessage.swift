@testable import Beacons

/// Makes messages at random: mostly right, here and there with what clients get wrong.
struct RandomMessage {
    private var random: SplitMix64

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }
    mutating func pick<Value>(_ values: [Value]) -> Value { values[number(0..<values.count)] }

    mutating func message() -> [UInt8] {
        let bodies = (0..<number(0..<6)).map { _ in beacon() }
        let facts = pick(["", #""project":"acme","#, #""gpc":true,"#, #""ip":"::1","ua":"\u0007é","origin":"null","#])
        return BeaconsTests.message(bodies, facts: facts)
    }

    private mutating func beacon() -> String {
        if chance(3) { return pick(["7", "[]", "null", "\"\"", #"{"events":{}}"#, "{}"]) }
        var members: [String] = []
        if chance(50) { members.append("\"map_id\":\(text())") }
        if chance(50) { members.append("\"session_id\":\(text())") }
        if chance(30) { members.append("\"page\":{\"url\":\(text()),\"title\":\(value(2))}") }
        if chance(30) { members.append("\"viewport\":[\(numeral()),\(numeral())]") }
        if chance(30) { members.append("\"sent_at\":\(time())") }
        if chance(30) { members.append("\(text()):\(value(3))") }
        if chance(70) {
            let events = (0..<number(0..<8)).map { _ in chance(3) ? value(2) : "{\(event())}" }
            members.append("\"events\":[\(events.joined(separator: ","))]")
        } else {
            members.append(event())
        }
        return "{\(members.joined(separator: ","))}"
    }

    private mutating func event() -> String {
        var members = [
            "\"name\":" + (chance(95) ? pick(["\"map.load\"", "\"map.moveend\"", "\"map.click\""]) : value(1))
        ]
        if chance(60) {
            members.append(
                "\"id\":" + pick([text(), "\"0199c820-0000-7abc-8123-00000000000\(number(0..<10))\"", "\"1\""]))
        }
        if chance(60) { members.append("\"ts\":\(time())") }
        if chance(60) { members.append("\"center\":[\(numeral()),\(pick(["0", "-90", "90", "53.9", numeral()]))]") }
        if chance(60) { members.append("\"zoom\":\(pick(["0", "11.4", "16", numeral()]))") }
        if chance(20) { members.append("\"bbox\":[1,2,\(numeral()),4]") }
        if chance(20) { members.append("\"feature_id\":\(value(0))") }
        if chance(20) { members.append("\"props\":\(value(3))") }
        if chance(20) { members.append("\(text()):\(value(2))") }
        return members.joined(separator: ",")
    }

    private mutating func time() -> String {
        pick(["\(received + Int64(number(-700_000_000..<700_000_000)))", "\(received).5", numeral()])
    }

    private mutating func numeral() -> String {
        pick([
            "0", "-0.0", "1", "-122.75", "1e15", "999999999999999", "-999999999999999.9", "1e-7", "5e-324", "1e308",
            "9223372036854775807", "18446744073709551615", "180", "-180", "0.1",
            "\(number(-1000..<1000)).\(number(0..<1000))",
        ])
    }

    private mutating func text() -> String {
        pick([
            "\"a\"", "\"\"", "\"#/%\"", #""\u0000\u001f\"\\""#, "\"é😀\"", #""e\u0301""#, #""\uffff""#, "\"1\"",
            "\"\(String(repeating: pick(["x", "é", "%", "😀"]), count: number(0..<300)))\"",
        ])
    }

    private mutating func value(_ depth: Int) -> String {
        if depth > 0 && chance(30) { return "[\(value(depth - 1)),\(value(depth - 1))]" }
        if depth > 0 && chance(40) { return "{\(text()):\(value(depth - 1)),\(text()):\(value(depth - 1))}" }
        return pick(["null", "true", "{}", "[]", numeral(), text()])
    }

    /// Changes some bytes of a message.
    mutating func mutate(_ message: [UInt8]) -> [UInt8] {
        var bytes = message
        for _ in 0..<number(1..<4) where !bytes.isEmpty {
            let at = number(0..<bytes.count)
            switch number(0..<6) {
            case 0: bytes[at] = UInt8(number(0..<256))
            case 1: bytes[at] = pick(Array("{}[]\",:\\0-e.n".utf8))
            case 2: bytes.remove(at: at)
            case 3: bytes.insert(pick(Array("{}[]\",:\\09-e.tfn".utf8)), at: at)
            case 4: bytes.removeSubrange(at..<min(at + number(0..<20), bytes.count))
            default:
                bytes.insert(contentsOf: bytes[at..<min(at + number(0..<60), bytes.count)], at: number(0..<bytes.count))
            }
        }
        return bytes
    }
}
