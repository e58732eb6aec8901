import AWSCore
import Testing

@testable import Beacons

struct AttributeTests {
    @Test(
        "Strings are cut at a character boundary",
        arguments: [
            ("page", #""page":{"url":"$"}"#, 2048), ("page", #""page":"$""#, 2048),
            ("referrer", #""page":{"referrer":"$"}"#, 512), ("session_id", #""session_id":"$""#, 128),
            ("view_id", #""view_id":"$""#, 128), ("map_id", #""map_id":"$""#, 128), ("lang", #""lang":"$""#, 128),
            ("gesture", #""gesture":"$""#, 128), ("layer_id", #""layer_id":"$""#, 128),
            ("feature_id", #""feature_id":"$""#, 128), ("lib", #""lib":"$""#, 128),
            ("lib", #""lib":{"name":"$"}"#, 128),
        ])
    func cuts(attribute: String, member: String, limit: Int) throws {
        for (tail, kept) in [("", limit), ("x", limit), ("é", limit - 1), ("😀", limit - 1)] {
            let text = String(repeating: "a", count: tail == "" || tail == "x" ? limit : limit - 1) + tail
            let body = #"{"name":"a",\#(member.split(separator: "$").joined(separator: text))}"#
            #expect(try process(body).events.first?[string: attribute] == String(repeating: "a", count: kept))
        }
    }

    @Test("The envelope's facts are attributes, cut likewise")
    func facts() throws {
        let long = String(repeating: "u", count: 600)
        let outcome = try process(
            #"{"name":"a","ua":"client's own","ip":"1"}"#,
            facts: #""ip":"203.0.113.0","ua":"\#(long)","origin":"https://\#(long)","project":"p","#)
        let event = try #require(outcome.events.first)
        #expect(event[string: "ip"] == "203.0.113.0")
        #expect(event[string: "ua"] == String(repeating: "u", count: 512))
        #expect(event[string: "origin"]?.utf8.count == 128)
        #expect(event[string: "extra"] == #"{"ua":"client's own","ip":"1"}"#)
    }

    @Test(
        "lib is name@version",
        arguments: [
            (#"{"name":"m","version":"5"}"#, "m@5", nil), (#"{"name":"m"}"#, "m", nil),
            (#"{"name":"m","version":null,"beacon":"1"}"#, "m", #"{"lib":{"beacon":"1"}}"#),
            (#"{"version":"5"}"#, nil, #"{"lib":{"version":"5"}}"#), ("{}", nil, nil), ("null", nil, nil),
            (#""m@5""#, "m@5", nil),
        ] as [(String, String?, String?)])
    func library(lib: String, attribute: String?, extra: String?) throws {
        let event = try process(#"{"name":"a","lib":\#(lib)}"#).events.first
        #expect(event?[string: "lib"] == attribute)
        #expect(event?[string: "extra"] == extra)
    }

    @Test(
        "Numbers are written in their shortest form, one that DynamoDB takes",
        arguments: [
            ("0", "0"), ("-0", "0"), ("-0.0", "0"), ("1", "1"), ("-1", "-1"), ("1.0", "1"), ("0.5", "0.5"),
            ("-122.75", "-122.75"), ("53.91234567890123", "53.91234567890123"), ("0.1", "0.1"), ("1e-7", "0.0000001"),
            ("123456789.125", "123456789.125"), ("1e8", "100000000"), ("99999999.9999999", "99999999.9999999"),
            ("999999999999999", "999999999999999"), ("-999999999999999", "-999999999999999"),
            ("999999999999999.8", "999999999999999.8"), ("9.99999999999999e14", "999999999999999"),
            ("0.30000000000000004", "0.30000000000000004"), ("1.5e-9", "1.5E-9"), ("1e-10", "1E-10"),
            ("-2.5e-130", "-2.5E-130"), ("1e-130", "1E-130"), ("9.9e-131", "0"), ("4.9e-324", "0"), ("-1e-300", "0"),
            ("0.00001234567", "1.234567E-5"), ("11.4", "11.4"), ("0.0000305", "0.0000305"),
        ])
    func numbers(sent: String, written: String) throws {
        let event = try #require(try process(#"{"name":"a","zoom":\#(sent)}"#).events.first)
        #expect(event[number: "zoom"] == written)
    }

    @Test("Every number reads back as the number that was sent, in at most 17 digits")
    func roundTrips() throws {
        var random = SplitMix64(seed: 42)
        for round in 0..<20_000 {
            var value = Double(bitPattern: random.next())
            if round % 3 == 0 { value = Double(random.next() % 36_000_000_000) / 1e8 - 180 }
            if round % 3 == 1 { value = Double(Int64(bitPattern: random.next()) >> 14) / 1e7 }
            guard value.isFinite, value.magnitude < 1e15, value.magnitude >= 1e-130 else { continue }
            var buffer = OutputBuffer()
            buffer.append(Number.double(value))
            let text = String(decoding: buffer.bytes, as: UTF8.self)
            #expect(Double(text) == value, "\(value) as \(text)")
            #expect(text.utf8.prefix { $0 != UInt8(ascii: "E") }.count { $0 >= 48 && $0 <= 57 } <= 24)
            #expect(text.utf8.count <= value.description.utf8.count + 5)
        }
    }

    @Test(
        "Numbers in layer_id and feature_id become decimal strings",
        arguments: [("17", "17"), ("-1", "-1"), ("1.50", "1.5"), ("\"17\"", "17"), ("\"\"", "")])
    func identifiers(sent: String, stored: String) throws {
        let event = try process(#"{"name":"a","layer_id":\#(sent),"feature_id":\#(sent)}"#).events.first
        #expect(event?[string: "layer_id"] == stored)
        #expect(event?[string: "feature_id"] == stored)
    }

    @Test("Places and boxes are as they were sent")
    func places() throws {
        let event = try #require(
            try process(
                #"{"name":"a","center":[-190.5,90],"lnglat":[190,-90],"bbox":[170,-10,-170,10],"viewport":[1280,720.5]}"#
            ).events.first)
        #expect(event[number: "lng"] == "-190.5" && event[number: "lat"] == "90")
        #expect(event[number: "click_lng"] == "190" && event[number: "click_lat"] == "-90")
        #expect(event["bbox"]?.list == [.number("170"), .number("-10"), .number("-170"), .number("10")])
        #expect(event["viewport"]?.list == [.number("1280"), .number("720.5")])
        #expect(event["tile"] == nil)
    }

    @Test("Escapes and control characters reach attributes as characters")
    func escapes() throws {
        let event = try process(#"{"name":"a\"\\\/\b\f\n\r\t\u0000\u001f\u00e9\ud83d\ude00\ufffe"}"#).events.first
        #expect(event?[string: "name"] == "a\"\\/\u{8}\u{c}\n\r\t\u{0}\u{1f}é😀\u{fffe}")
    }
}
