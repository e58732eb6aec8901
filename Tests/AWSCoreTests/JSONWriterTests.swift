import AWSCore
import Testing

@Suite("JSON is written")
struct JSONWriterTests {
    @Test("with commas and colons where they belong")
    func structure() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("a")
        writer.integer(-120)
        writer.key("b")
        writer.beginArray()
        writer.beginObject()
        writer.endObject()
        writer.string("x")
        writer.bool(false)
        writer.null()
        writer.endArray()
        writer.key("c")
        writer.raw(Array("[1]".utf8))
        writer.key(escaping: "d\"")
        writer.decimalString(Int64.min)
        writer.endObject()
        let expected = #"{"a":-120,"b":[{},"x",false,null],"c":[1],"d\"":"-9223372036854775808"}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test(
        "with strings escaped as RFC 8259 wants them",
        arguments: [
            ("", #""""#), ("plain é 😀", #""plain é 😀""#), ("\"\\/", #""\"\\/""#),
            ("\u{8}\u{9}\u{A}\u{C}\u{D}", #""\b\t\n\f\r""#),
            ("\u{0}\u{1}\u{1F}\u{7F}", #""\u0000\u0001\u001f"# + "\u{7F}\""),
            (String(repeating: "\u{1}\"a", count: 40), "\"" + String(repeating: #"\u0001\"a"#, count: 40) + "\""),
        ])
    func escaping(text: String, json: String) throws {
        var writer = JSONWriter()
        writer.string(text)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == json)
        let back = try JSONParser().parse(writer.bytes) { $0.string }
        #expect(back == text)
    }
}

@Suite("JSON is read")
struct JSONDocumentTests {
    @Test("by kind and value")
    func values() throws {
        let text = #"{"o":{"k":1,"k":2},"a":[1,-2.5,18446744073709551615,1e3],"s":"\u00e9\n","t":true,"n":null}"#
        try JSONParser().parse(Array(text.utf8)) { root in
            #expect(root.kind == .object)
            #expect(root["o"]?["k"]?.integer == 1, "of duplicates the first")
            let keys = root["o"]?.members.map { String(decoding: $0.key, as: UTF8.self) }
            #expect(keys == ["k", "k"])
            let kinds: [JSONValue.Kind] = [.integer, .double, .unsignedInteger, .double]
            #expect(root["a"]?.elements.map(\.kind) == kinds)
            let doubles: [Double] = [1, -2.5, 18_446_744_073_709_551_616, 1000]
            #expect(root["a"]?.elements.compactMap(\.double) == doubles)
            #expect(root["s"]?.string == "é\n")
            #expect(root["t"]?.bool == true)
            #expect(root["n"]?.isNull == true)
            #expect(root["absent"] == nil)
            #expect(root.member(named: "t")?.integer == nil)
            #expect(root["s"]?["k"] == nil)
            #expect(root["s"]?.elements.map(\.kind).isEmpty == true)
        }
    }

    @Test(
        "or refused with the reason",
        arguments: [
            ("", JSONError.empty), ("  ", .empty), ("{", .syntax), ("{\"a\":1,}", .syntax), ("nul", .syntax),
            ("\"\u{1}\"", .syntax), (#""\ud800""#, .string), ("[123456789012345678901234567890]", .number),
            ("[01]", .number), ("[[[[[]]]]]", .depth), ("{} {}", .syntax),
        ])
    func refusals(text: String, error: JSONError) {
        #expect(throws: error) { try JSONParser(maxDepth: 4).parse(Array(text.utf8)) { _ in } }
    }

    @Test("or refused where the bytes are not UTF-8")
    func invalidUTF8() {
        for bytes: [UInt8] in [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] {
            #expect(throws: JSONError.utf8) { try JSONParser().parse(bytes) { _ in } }
        }
    }

    @Test("and minified, by a parser that is used again")
    func minified() throws {
        let parser = JSONParser()
        for (text, expected) in [("{ \"a\" : [ 1 , 2.50 ] }", #"{"a":[1,2.5]}"#), ("\"\\u0041\"", "\"A\"")] {
            var bytes: [UInt8] = []
            try parser.parse(Array(text.utf8)) { $0.write(to: &bytes) }
            #expect(String(decoding: bytes, as: UTF8.self) == expected)
        }
    }
}

@Suite("Base64")
struct Base64Tests {
    // RFC 4648, section 10.
    @Test(
        "agrees with the RFC's test vectors, both ways",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Array(encoded.utf8).withUnsafeBytes { Base64.decode($0) } == Array(plain.utf8))
    }

    @Test("refuses what is none", arguments: ["Z", "Zg=", "Z!==", "===="])
    func invalid(text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { Base64.decode($0) } == nil)
    }

    @Test("Every character of ASCII is read back as it was written, wherever it stands")
    func everywhere() throws {
        let parser = JSONParser()
        for byte in UInt8(0)...0x7F {
            for length in [1, 7, 8, 9, 24] {
                for place in 0..<length {
                    var text = [UInt8](repeating: UInt8(ascii: "x"), count: length)
                    text[place] = byte
                    if place + 1 < length { text[place + 1] = UInt8(ascii: "!") }
                    var writer = JSONWriter()
                    text.withUnsafeBytes { writer.string(utf8: $0) }
                    let read = try parser.parse(Array("[".utf8) + writer.bytes + Array("]".utf8)) { root in
                        root.elements.compactMap { $0.utf8.map { Array($0) } }
                    }
                    #expect(read == [text], "\(byte) at \(place) of \(length)")
                }
            }
        }
    }

    @Test("Bytes are escaped one like the other, wherever they stand among eight")
    func escapingAnywhere() {
        var random = SplitMix64(seed: 20)
        let alphabet: [UInt8] = [
            0x22, 0x5C, 0x0A, 0x1F, 0x20, 0x21, 0x23, 0x5B, 0x5D, 0x61, 0x7F, 0x80, 0xA2, 0xFF, 0x00,
        ]
        for length in 0..<200 {
            let text = (0..<length).map { _ in
                // Mostly what needs no escape, as in texts.
                Bool.random(using: &random) ? 0x61 : alphabet.randomElement(using: &random) ?? 0
            }
            let expected = text.flatMap { byte -> [UInt8] in
                switch byte {
                case 0x22, 0x5C: [0x5C, byte]
                case 0x0A: Array("\\n".utf8)
                case 0x1F: Array("\\u001f".utf8)
                case 0x00: Array("\\u0000".utf8)
                default: [byte]
                }
            }
            var escaped: [UInt8] = []
            text.withUnsafeBytes { JSONEscaping.append($0, to: &escaped) }
            #expect(escaped == expected)
        }
    }

    @Test("A text longer than the chunks it is escaped in is read back as it was written")
    func long() throws {
        let text = Array(String(repeating: "\"é\\\n\u{1}{\"a\":\"日本\"}", count: 2000).utf8)
        var writer = JSONWriter()
        text.withUnsafeBytes { writer.string(utf8: $0) }
        let read = try JSONParser().parse(Array("[".utf8) + writer.bytes + Array("]".utf8)) { root in
            root.elements.compactMap { $0.utf8.map { Array($0) } }
        }
        #expect(read == [text])
    }
}
