import AWSCore
import CZlib
import NIOCore
import Testing

@testable import Catcher

/// Compresses with zlib: 31 is gzip, 15 zlib's own format, −15 raw.
func compress(_ bytes: [UInt8], windowBits: Int32) -> [UInt8] {
    var stream = z_stream()
    var input = bytes
    var output = [UInt8](repeating: 0, count: bytes.count + 1024)
    _ = deflateInit2_(
        &stream, 9, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    return input.withUnsafeMutableBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            _ = deflate(&stream, Z_FINISH)
            return Array(output[..<(output.count - Int(stream.avail_out))])
        }
    }
}

@Suite("Compressed bodies")
struct CompressionTests {
    static func send(_ body: [UInt8], encoding: String, to client: Client) throws {
        let head =
            "POST /work HTTP/1.1\r\nHost: h\r\nContent-Encoding: \(encoding)\r\nContent-Length: \(body.count)\r\n\r\n"
        try client.send(bytes: Array(head.utf8) + body)
    }

    @Test(
        "gzip and deflate are inflated",
        arguments: [("gzip", 31), ("GZIP", 31), ("x-gzip", 31), ("deflate", 15), ("deflate", -15)] as [(String, Int32)])
    func inflates(_ encoding: String, _ windowBits: Int32) throws {
        let bench = Bench()
        let client = try bench.connect()
        let json = "{\"a\":\"" + String(repeating: "lorem ipsum ", count: 2000) + "\"}"
        try Self.send(compress(Array(json.utf8), windowBits: windowBits), encoding: encoding, to: client)
        #expect(bench.settle().first?.hasSuffix("\"body\":\(json)}]}") == true)
        #expect(try client.statuses() == [200])
    }

    @Test("an inflated body has a limit, to the byte, and no bomb gets past it", arguments: [-1, 0, 1, 20_000_000])
    func bomb(_ excess: Int) throws {
        let bench = Bench()
        let client = try bench.connect()
        let json =
            Array("{\"a\":\"".utf8) + Array(repeating: UInt8(ascii: "x"), count: 262_144 - 8 + excess)
            + Array("\"}".utf8)
        let body = compress(json, windowBits: 31)
        try #require(body.count < 262_144)
        try Self.send(body, encoding: "gzip", to: client)
        bench.settle()
        #expect(try client.statuses() == [excess > 0 ? 413 : 200])
    }

    @Test("what is not compressed as it says is refused")
    func malformed() throws {
        let whole = compress(Array("{\"a\":1}".utf8), windowBits: 31)
        for body in [Array(whole.dropLast(4)), whole + [0], Array("{\"a\":1}".utf8), [], [0x1F]] {
            let bench = Bench()
            let client = try bench.connect()
            try Self.send(body, encoding: "gzip", to: client)
            #expect(bench.settle() == [])
            #expect(try client.statuses() == [400])
        }
    }
}
