import Foundation
import Testing

@testable import AWSCore

@Suite("Signatures are those of AWS's own test cases")
struct SigningConformanceTests {
    @Test("All 38 header-signing cases: canonical request, string to sign, signature, signed request")
    func signs() throws {
        guard let folder = try ConformanceData.folder("sigv4") else {
            return ConformanceData.reportNotRun("the 38 cases of sigv4.tar.gz")
        }
        let cases = try FileManager.default.contentsOfDirectory(
            at: folder.appendingPathComponent("v4"), includingPropertiesForKeys: nil)
        #expect(cases.count == 38)
        for folder in cases {
            try check(SigningCase(folder))
        }
    }

    private func check(_ test: SigningCase) {
        let comment = Comment(rawValue: test.name)
        let date = SigningDate(test.date)
        var canonicalized = test.request
        let canonical = test.signer.canonicalize(&canonicalized, credentials: test.credentials, date: date)
        #expect(String(decoding: canonical.bytes, as: UTF8.self) == test.canonicalRequest, comment)
        #expect(
            String(decoding: test.signer.stringToSign(canonical, date: date), as: UTF8.self) == test.stringToSign,
            comment)

        var signed = test.request
        test.signer.sign(&signed, credentials: test.credentials, at: test.date)
        #expect(signed.headers.last?.value.hasSuffix("Signature=\(test.signature)") == true, comment)
        #expect(signed.headers == test.signedRequest.headers, comment)
        #expect(signed.body == test.signedRequest.body, comment)

        test.signer.sign(&signed, credentials: test.credentials, at: test.date)
        #expect(signed.headers == test.signedRequest.headers, "\(test.name), signed again")
    }
}

/// A folder of AWS's signing cases.
private struct SigningCase {
    let name: String
    let request: HTTPRequest
    let signedRequest: HTTPRequest
    let canonicalRequest: String
    let stringToSign: String
    let signature: String
    let signer: Signer
    let credentials: Credentials
    let date: Timestamp

    private struct Context: Decodable {
        struct Keys: Decodable {
            let access_key_id: String
            let secret_access_key: String
            let token: String?
        }
        let credentials: Keys
        let normalize: Bool
        let region: String
        let service: String
        let sign_body: Bool
        let timestamp: String
        let omit_session_token: Bool?
    }

    init(_ folder: URL) throws {
        func text(_ file: String) throws -> String {
            try String(decoding: Data(contentsOf: folder.appendingPathComponent(file)), as: UTF8.self)
        }
        name = folder.lastPathComponent
        request = try Self.parse(text("request.txt"))
        signedRequest = try Self.parse(text("header-signed-request.txt"))
        canonicalRequest = try text("header-canonical-request.txt")
        stringToSign = try text("header-string-to-sign.txt")
        signature = try text("header-signature.txt").trimmingCharacters(in: .whitespacesAndNewlines)

        let context = try JSONDecoder().decode(Context.self, from: Data(text("context.json").utf8))
        var options = Signer.Options()
        options.normalizesPath = context.normalize
        options.signedHeaders = .all
        options.sendsPayloadHash = context.sign_body
        options.signsSessionToken = context.omit_session_token != true
        signer = Signer(service: context.service, region: context.region, options: options)
        credentials = Credentials(
            accessKeyId: context.credentials.access_key_id, secretAccessKey: context.credentials.secret_access_key,
            sessionToken: context.credentials.token)
        let moment = try #require(ISO8601DateFormatter().date(from: context.timestamp))
        date = Timestamp(seconds: Int64(moment.timeIntervalSince1970))
    }

    /// Request line, fields (a line that begins with white space goes on with the one before), empty line, body.
    private static func parse(_ text: String) throws -> HTTPRequest {
        let end = text.range(of: "\n\n")
        var lines = text[..<(end?.lowerBound ?? text.endIndex)].split(separator: "\n").map(String.init)
        let first = lines.removeFirst()
        let method = try #require(first.split(separator: " ").first)
        let target = first.dropFirst(method.count + 1).replacingOccurrences(of: " HTTP/1.1", with: "")
        var headers: [HTTPHeader] = []
        for line in lines {
            if let colon = line.firstIndex(of: ":"), line.first?.isWhitespace == false {
                headers.append(HTTPHeader(String(line[..<colon]), String(line[line.index(after: colon)...])))
            } else {
                let last = headers.removeLast()
                headers.append(HTTPHeader(last.name, "\(last.value)\n\(line)"))
            }
        }
        let body = end.map { text[$0.upperBound...].utf8.map { $0 } } ?? []
        return HTTPRequest(
            method: String(method), url: "https://example.amazonaws.com\(target)", headers: headers,
            body: body == [UInt8(ascii: "\n")] ? [] : body)
    }
}
