import Testing

@testable import Catcher

@Suite("The pixel")
struct PixelTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let query: String
        let status: Int
        var body = "{\"a\":\"b c\"}"
        var testDescription: String { query }
    }

    static let cases: [Case] = [
        Case(query: "d=%7B%22a%22%3A%22b%20c%22%7D", status: 200),
        Case(query: "d=%7B%22a%22:%22b+c%22%7d&k=x", status: 200),
        Case(query: "k=x&d=eyJhIjoiYiBjIn0", status: 200),
        Case(query: "d=eyJhIjoiYiBjIn0%3D", status: 200),
        Case(query: "d=eyJhIjoiYiBjIn0=", status: 200),
        Case(query: "d=%5B%7B%22a%22%3A%22b%20c%22%7D%5D", status: 200),
        Case(query: "d=eyJhIjoi_-8ifQ", status: 400),
        Case(query: "d=", status: 400),
        Case(query: "dd={}", status: 400),
        Case(query: "d=%7B%22a%22", status: 400),
        Case(query: "d=!", status: 400),
    ]

    @Test("d is JSON, URL-encoded or base64url; the answer is always a GIF", arguments: cases)
    func pixel(_ example: Case) throws {
        let bench = Bench()
        let client = try bench.connect()
        try client.send(request("GET /work.gif?\(example.query)", headers: ["Origin: https://example.com"]))
        let bodies = bench.settle()
        #expect(bodies.first?.hasSuffix("\"body\":\(example.body)}]}") == (example.status == 200 ? true : nil))
        let answer = try client.receivedBytes()
        let head = String(decoding: answer.dropLast(AnswerWriter.pixel.count), as: UTF8.self)
        #expect(head.hasPrefix("HTTP/1.1 \(example.status) "))
        #expect(head.contains("Cache-Control: no-store\r\n"))
        #expect(head.contains("Content-Type: image/gif\r\nCache-Control: no-store\r\nContent-Length: 43\r\n"))
        #expect(head.contains("Access-Control-Allow-Origin: https://example.com\r\n"))
        #expect(answer.suffix(AnswerWriter.pixel.count) == AnswerWriter.pixel[...])
    }

    @Test("the pixel takes GET alone")
    func methods() throws {
        let client = try Bench().connect()
        try client.send(post("{}", path: "/work.gif"))
        #expect(try client.received().contains("\r\nAllow: GET, OPTIONS\r\n"))
    }
}
