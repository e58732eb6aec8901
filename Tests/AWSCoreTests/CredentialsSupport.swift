import Foundation
import Locking

@testable import AWSCore

/// A transport that a closure answers, and that remembers what it was asked.
// @unchecked Sendable: `log` is used under `lock` only.
final class AnsweringTransport: Transport, @unchecked Sendable {
    private let lock = NSLock()
    private var log: [HTTPRequest] = []
    private let answer: @Sendable (HTTPRequest) async throws(TransportError) -> HTTPResponse

    init(_ answer: @escaping @Sendable (HTTPRequest) async throws(TransportError) -> HTTPResponse) {
        self.answer = answer
    }

    /// What was asked, in order.
    var requests: [HTTPRequest] { lock.withLock { log } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        lock.withLock { log.append(request) }
        return try await answer(request)
    }

    /// No server anywhere.
    static var unreachable: AnsweringTransport {
        AnsweringTransport { request throws(TransportError) in
            throw TransportError(.connect, "no route to \(request.url)")
        }
    }
}

/// A value behind a lock, for closures that tests hand out.
final class SharedValue<Value>: Sendable {
    private let value: Guarded<Value>

    init(_ value: consuming sending Value) {
        self.value = Guarded(value)
    }

    func get() -> Value { value.withLock { $0 } }

    @discardableResult
    func update<Result>(_ body: (inout Value) -> Result) -> Result { value.withLock { body(&$0) } }
}

extension Surroundings {
    /// Surroundings of a test's own making: no real file, clock, wait or program.
    static func scripted(
        _ variables: [String: String] = [:], files: [String: String] = [:],
        clock: SharedValue<Timestamp> = SharedValue(Timestamp(seconds: 1_000_000)),
        pauses: SharedValue<[Duration]>? = nil,
        run: @escaping @Sendable (String, [String: String]) async throws(CommandError) -> [UInt8] = {
            _, _ async throws(CommandError) in throw CommandError(reason: "no programs here")
        }
    ) -> Surroundings {
        Surroundings(
            variables: variables,
            readFile: { path throws(FileError) in
                guard let text = files[path] else { throw FileError(isMissing: true, reason: "No such file") }
                return Array(text.utf8)
            },
            now: { clock.get() }, sleep: { duration in pauses?.update { $0.append(duration) } }, random: { 0.5 },
            run: run)
    }
}

extension HTTPRequest {
    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name }?.value
    }

    /// A form's fields.
    var form: [String: String] {
        var fields: [String: String] = [:]
        for pair in String(decoding: body, as: UTF8.self).split(separator: "&") {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
            fields[String(parts[0])] = String(parts[1]).removingPercentEncoding
        }
        return fields
    }
}

/// Answers as AWS's services write them.
enum Answer {
    static func keys(_ id: String, token: String = "TOKEN", expiration: String, tokenKey: String = "Token") -> [UInt8] {
        Array(
            """
            {"Code":"Success","Version":1,"AccessKeyId":"\(id)","SecretAccessKey":"SECRET","\(tokenKey)":"\(token)",\
            "Expiration":"\(expiration)"}
            """.utf8)
    }

    static func role(_ operation: String, id: String, token: String = "TOKEN") -> HTTPResponse {
        HTTPResponse(
            status: 200,
            body: Array(
                """
                <?xml version="1.0" encoding="UTF-8"?>
                <\(operation)Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><\(operation)Result>
                  <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn></AssumedRoleUser>
                  <Credentials><AccessKeyId>\(id)</AccessKeyId><SecretAccessKey>SECRET</SecretAccessKey>
                  <SessionToken>\(token)</SessionToken><Expiration>1970-01-12T14:46:40Z</Expiration></Credentials>
                </\(operation)Result></\(operation)Response>
                """.utf8))
    }

    static func refusal(_ code: String, _ message: String, status: Int = 403) -> HTTPResponse {
        HTTPResponse(
            status: status,
            body: Array(
                """
                <ErrorResponse><Error><Type>Sender</Type><Code>\(code)</Code><Message>\(message)</Message></Error>\
                <RequestId>id-1</RequestId></ErrorResponse>
                """.utf8))
    }
}
