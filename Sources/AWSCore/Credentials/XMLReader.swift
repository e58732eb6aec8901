/// An element of the XML that STS answers with. Strict and small: elements, text, attributes (skipped), the five
/// entities and character references; no document type, no CDATA, no comment, so nothing expands.
struct XMLElement: Equatable {
    /// The name as written, with any prefix.
    let name: String
    /// The text directly inside, white space at both ends removed.
    var text = ""
    /// The elements inside, in order.
    var children: [XMLElement] = []

    /// The first element inside of that name.
    subscript(name: String) -> XMLElement? {
        children.first { $0.name == name }
    }

    /// Reads a document; `nil` if it is not of this form.
    init?(document: [UInt8]) {
        var reader = XMLReader(bytes: document[...])
        guard let root = reader.document() else { return nil }
        self = root
    }

    fileprivate init(name: String) {
        self.name = name
    }
}

private struct XMLReader {
    private var rest: ArraySlice<UInt8>

    init(bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// STS's answers are four deep.
    private static let maxDepth = 16

    mutating func document() -> XMLElement? {
        skipBlanks()
        if take("<?xml ") {
            guard skip(past: "?>") else { return nil }
            skipBlanks()
        }
        guard let root = element(depth: 1) else { return nil }
        skipBlanks()
        return rest.isEmpty ? root : nil
    }

    private mutating func element(depth: Int) -> XMLElement? {
        guard depth <= Self.maxDepth, take("<"), let name = name() else { return nil }
        var element = XMLElement(name: name)
        guard let isEmpty = attributes() else { return nil }
        if isEmpty { return element }
        var text: [UInt8] = []
        while let byte = rest.first {
            if byte != UInt8(ascii: "<") {
                guard character(into: &text) else { return nil }
            } else if rest.starts(with: "</".utf8) {
                guard take("</"), self.name() == name else { return nil }
                skipBlanks()
                guard take(">"), let whole = String(validating: text, as: UTF8.self) else { return nil }
                element.text = Self.trimmed(whole)
                return element
            } else {
                guard let child = self.element(depth: depth + 1) else { return nil }
                element.children.append(child)
            }
        }
        return nil
    }

    /// Skips attributes to the tag's end; whether it is an empty element's, `nil` if they are malformed.
    private mutating func attributes() -> Bool? {
        while true {
            skipBlanks()
            if take("/>") { return true }
            if take(">") { return false }
            guard name() != nil else { return nil }
            skipBlanks()
            guard take("=") else { return nil }
            skipBlanks()
            guard let quote = rest.popFirst(), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"),
                let end = rest.firstIndex(of: quote), !rest[..<end].contains(UInt8(ascii: "<"))
            else { return nil }
            rest = rest[(end + 1)...]
        }
    }

    private mutating func character(into text: inout [UInt8]) -> Bool {
        guard let byte = rest.popFirst() else { return false }
        guard byte == UInt8(ascii: "&") else {
            text.append(byte)
            return true
        }
        guard let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")) else { return false }
        let entity = String(decoding: rest[..<end], as: UTF8.self)
        rest = rest[(end + 1)...]
        let character: Unicode.Scalar?
        switch entity {
        case "lt": character = "<"
        case "gt": character = ">"
        case "amp": character = "&"
        case "quot": character = "\""
        case "apos": character = "'"
        default:
            guard entity.first == "#" else { return false }
            let digits = entity.dropFirst()
            let value = digits.first == "x" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            character = value.flatMap(Unicode.Scalar.init)
        }
        guard let character else { return false }
        text.append(contentsOf: String(Character(character)).utf8)
        return true
    }

    private mutating func name() -> String? {
        let name = rest.prefix { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: ":"):
                true
            default: false
            }
        }
        guard !name.isEmpty else { return nil }
        rest = rest[name.endIndex...]
        return String(decoding: name, as: UTF8.self)
    }

    private mutating func take(_ token: String) -> Bool {
        guard rest.starts(with: token.utf8) else { return false }
        rest = rest.dropFirst(token.utf8.count)
        return true
    }

    private mutating func skip(past token: String) -> Bool {
        while !rest.isEmpty {
            if take(token) { return true }
            rest.removeFirst()
        }
        return false
    }

    private mutating func skipBlanks() {
        rest = rest.drop { Self.isBlank($0) }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private static func trimmed(_ text: String) -> String {
        var bytes = text.utf8[...]
        while let first = bytes.first, isBlank(first) { bytes.removeFirst() }
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        return String(Substring(bytes))
    }
}
