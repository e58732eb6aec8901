import AWSCore
import Testing

@testable import Beacons

struct EnvelopeWriterTests {
    private let id = UUIDv7(high: 0x0199_C820_0000_7ABC, low: 0x8123_4567_89AB_CDEF)

    @Test("A message has the contract's form, and the size that was computed")
    func message() {
        let head = EnvelopeWriter.entryHead(
            at: Timestamp(milliseconds: 1_760_000_000_200), project: "acme", ip: "203.0.113.0", userAgent: "A \"b\"\t",
            origin: "https://example.com", gpc: true)
        let bare = EnvelopeWriter.entryHead(at: Timestamp(milliseconds: 7))
        var bytes: [UInt8] = []
        EnvelopeWriter.open(id: id, to: &bytes)
        var entryBytes = 0
        for (position, (head, body)) in [(head, "{ \"a\":1 }"), (bare, "{}")].enumerated() {
            if position > 0 { EnvelopeWriter.separate(&bytes) }
            bytes += head + Array(body.utf8)
            EnvelopeWriter.closeEntry(&bytes)
            entryBytes += head.count + body.utf8.count + EnvelopeWriter.entryTailSize
        }
        EnvelopeWriter.close(&bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                {"v":1,"id":"0199c820-0000-7abc-8123-456789abcdef","beacons":[\
                {"at":1760000000200,"project":"acme","ip":"203.0.113.0","ua":"A \\"b\\"\\t",\
                "origin":"https://example.com","gpc":true,"body":{ "a":1 }},{"at":7,"body":{}}]}
                """)
        #expect(bytes.count == EnvelopeWriter.messageSize(entries: 2, entryBytes: entryBytes))
    }

    @Test(
        "User agent and origin are cut at a character boundary",
        arguments: [
            (String(repeating: "a", count: 512), 512), (String(repeating: "a", count: 513), 512),
            (String(repeating: "a", count: 511) + "é", 511), (String(repeating: "a", count: 509) + "😀b", 509),
            (String(repeating: "é", count: 256), 512),
        ])
    func cuts(text: String, kept: Int) {
        let head = EnvelopeWriter.entryHead(at: Timestamp(milliseconds: 0), userAgent: text)
        let expected = String(decoding: Array(text.utf8.prefix(kept)), as: UTF8.self)
        #expect(String(decoding: head, as: UTF8.self) == "{\"at\":0,\"ua\":\"\(expected)\",\"body\":")
        let origin = EnvelopeWriter.entryHead(at: Timestamp(milliseconds: 0), origin: text)
        #expect(origin.count <= "{\"at\":0,\"origin\":\"\",\"body\":".utf8.count + 256)
    }

    @Test("Characters that SQS refuses are escaped in facts too")
    func refusedCharacters() {
        let head = EnvelopeWriter.entryHead(at: Timestamp(milliseconds: 0), userAgent: "x\u{FFFF}\u{FFFE}\u{7F}\u{1}")
        #expect(
            String(decoding: head, as: UTF8.self) == "{\"at\":0,\"ua\":\"x\\uffff\\ufffe\u{7F}\\u0001\",\"body\":")
    }
}

struct UUIDv7Tests {
    @Test("Ids carry time, version and variant, and only grow, whatever the clock does")
    func monotonic() {
        var seed = SplitMix64(seed: 1)
        var generator = UUIDv7Generator(seededBy: &seed)
        var last = ""
        var now: Int64 = 1_760_000_000_000
        for step in 0..<20_000 {
            // Mostly the same millisecond, so that the counter overflows; at times the clock steps back.
            if step % 6_000 == 5_999 { now -= 50 }
            let id = generator.next(at: Timestamp(milliseconds: now))
            #expect(id.description > last)
            #expect(id.high >> 12 & 0xF == 7 && id.low >> 62 == 2)
            #expect(id.time.milliseconds >= now && id.time.milliseconds < now + 200)
            last = id.description
        }
        #expect(last.utf8.count == UUIDv7.textLength)
    }

    @Test("The same seed makes the same ids, another seed others")
    func seeded() {
        func ids(_ seed: UInt64) -> [UUIDv7] {
            var source = SplitMix64(seed: seed)
            var generator = UUIDv7Generator(seededBy: &source)
            return (0..<10).map { generator.next(at: Timestamp(milliseconds: Int64($0))) }
        }
        #expect(ids(1) == ids(1))
        #expect(Set(ids(1)).isDisjoint(with: ids(2)))
    }

    @Test("A clock beyond what an id can hold still makes an id")
    func hostileClock() {
        var generator = UUIDv7Generator()
        #expect(generator.next(at: Timestamp(milliseconds: -5)).time.milliseconds == 0)
        #expect(generator.next(at: Timestamp(milliseconds: .max)).description.utf8.count == 36)
    }
}
