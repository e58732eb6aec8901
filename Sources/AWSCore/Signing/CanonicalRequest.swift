/// A request in the one form that both sides of a signature agree on
/// (AWS General Reference, "Create a signed AWS API request", step 1).
struct CanonicalRequest {
    /// The whole canonical request.
    private(set) var bytes: [UInt8]
    /// Where in ``bytes`` the signed headers' names lie, joined by semicolons.
    private(set) var signedHeaders: Range<Int>

    /// - Parameters:
    ///   - request: The request with all its header fields, `Host` too.
    ///   - url: The request's URL.
    ///   - payloadHash: The body's SHA-256 in hexadecimal.
    ///   - options: Which header fields are signed, and whether the path is normalised.
    init(_ request: HTTPRequest, url: CanonicalURL, payloadHash: some Collection<UInt8>, options: Signer.Options) {
        bytes = []
        bytes.reserveCapacity(1024)
        bytes.append(contentsOf: request.method.utf8)
        bytes.append(Self.newline)
        url.appendPath(isNormalized: options.normalizesPath, to: &bytes)
        bytes.append(Self.newline)
        url.appendQuery(to: &bytes)
        bytes.append(Self.newline)
        signedHeaders = 0..<0
        appendHeaders(of: request, options: options)
        bytes.append(Self.newline)
        bytes.append(contentsOf: payloadHash)
    }

    /// The signed headers' names, joined by semicolons.
    var signedHeaderNames: ArraySlice<UInt8> { bytes[signedHeaders] }

    private static let newline = UInt8(ascii: "\n")

    /// A signed field: its name in lower case, as a range of a scratch buffer, and its place in the request.
    private struct Field {
        let name: Range<Int>
        let position: Int
    }

    private mutating func appendHeaders(of request: HTTPRequest, options: Signer.Options) {
        var names: [UInt8] = []
        names.reserveCapacity(256)
        var fields: [Field] = []
        fields.reserveCapacity(request.headers.count)
        for (position, header) in request.headers.enumerated() {
            let start = names.count
            for byte in header.name.utf8 { names.append(Self.lowercased(byte)) }
            let name = start..<names.count
            guard options.signs(names[name]) else {
                names.removeLast(name.count)
                continue
            }
            // Inserted in order, behind equal names: repeated fields keep the order in which they are sent.
            var place = fields.count
            while place > 0, names[name].lexicographicallyPrecedes(names[fields[place - 1].name]) { place -= 1 }
            fields.insert(Field(name: name, position: position), at: place)
        }
        var previous: Range<Int>?
        for field in fields {
            if let previous, names[previous] == names[field.name] {
                bytes[bytes.count - 1] = UInt8(ascii: ",")
            } else {
                bytes.append(contentsOf: names[field.name])
                bytes.append(UInt8(ascii: ":"))
            }
            appendFolded(request.headers[field.position].value)
            bytes.append(Self.newline)
            previous = field.name
        }
        bytes.append(Self.newline)
        let start = bytes.count
        previous = nil
        for field in fields {
            if let previous, names[previous] == names[field.name] { continue }
            if previous != nil { bytes.append(UInt8(ascii: ";")) }
            bytes.append(contentsOf: names[field.name])
            previous = field.name
        }
        signedHeaders = start..<bytes.count
    }

    /// White space at both ends goes, each run within becomes one space.
    private mutating func appendFolded(_ value: String) {
        var value = value
        value.withUTF8 { value in
            guard Self.needsFolding(value) else { return bytes.append(contentsOf: value) }
            let start = bytes.count
            var isSpacePending = false
            for byte in value {
                if Self.isBlank(byte) {
                    isSpacePending = bytes.count > start
                    continue
                }
                if isSpacePending { bytes.append(UInt8(ascii: " ")) }
                isSpacePending = false
                bytes.append(byte)
            }
        }
    }

    /// Whether there is white space other than single spaces between words.
    private static func needsFolding(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = value.first, let last = value.last else { return false }
        if isBlank(first) || isBlank(last) { return true }
        var previous = first
        for byte in value {
            if byte <= 0x20, isBlank(byte), byte != UInt8(ascii: " ") || previous == UInt8(ascii: " ") { return true }
            previous = byte
        }
        return false
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (byte >= 0x09 && byte <= 0x0D)
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
