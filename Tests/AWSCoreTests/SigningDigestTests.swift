import Testing

@testable import AWSCore

@Suite("Digests")
struct SigningDigestTests {
    @Test(
        "SHA-256 and MD5 of known texts (FIPS 180-4, RFC 1321)",
        arguments: [
            (
                "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "d41d8cd98f00b204e9800998ecf8427e"
            ),
            (
                "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "900150983cd24fb0d6963f7d28e17f72"
            ),
        ])
    func digests(text: String, sha256: String, md5: String) {
        let bytes = Array(text.utf8)
        #expect(Digest.sha256Hex(bytes) == sha256)
        #expect(Digest.sha256(bytes).count == 32)
        // No MD5 at all is what OpenSSL's FIPS provider gives.
        #expect(Digest.md5Hex(bytes) == nil || Digest.md5Hex(bytes) == md5)
        #expect(Digest.md5(bytes) == nil || Digest.md5(bytes)?.count == 16)
    }

    @Test("HMAC-SHA256 of RFC 4231's cases, each twice, so that a context used again is as good as new")
    func authenticates() {
        let cases: [(key: [UInt8], message: String, code: String)] = [
            (
                [UInt8](repeating: 0x0b, count: 20), "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
        ]
        for test in cases {
            let hmac = HMACSHA256(key: test.key)
            for _ in 0..<2 {
                var hex: [UInt8] = []
                hmac.code(of: test.message).withUnsafeBytes { Hexadecimal.append($0, to: &hex) }
                #expect(String(decoding: hex, as: UTF8.self) == test.code)
            }
        }
    }

    @Test("An unknown algorithm is nil, as MD5 is under FIPS")
    func lacksAlgorithm() {
        #expect(OpenSSL.Algorithm(digest: "no such digest") == nil)
    }

    @Test(
        "Dates are written in UTC to the second",
        arguments: [
            (Int64(0), "19700101T000000Z"), (1_440_938_160_999, "20150830T123600Z"), (-1, "19691231T235959Z"),
            (4_102_444_799_000, "20991231T235959Z"), (1_709_208_000_000, "20240229T120000Z"),
        ])
    func writesDates(milliseconds: Int64, text: String) {
        let date = SigningDate(Timestamp(milliseconds: milliseconds))
        #expect(date.string == text)
        #expect(date.dayString == text.prefix(8))
    }
}
