/// A type that a flag or an environment variable can be written in.
public protocol SettingValue: Sendable {
    /// What is accepted, as the end of the sentence "accepted is …".
    static var accepted: String { get }

    /// - Parameter setting: The text of the flag or the variable, never empty for a variable.
    init?(setting: String)
}

extension String: SettingValue {
    /// Any text but the empty one.
    public static var accepted: String { "any text but the empty one" }

    /// - Parameter setting: The text.
    public init?(setting: String) {
        guard !setting.isEmpty else { return nil }
        self = setting
    }
}

extension Int: SettingValue {
    /// A whole number.
    public static var accepted: String { "a whole number" }

    /// - Parameter setting: Decimal digits, with a minus sign where negative.
    public init?(setting: String) {
        guard setting.utf8.first != UInt8(ascii: "+"), let value = Int(setting) else { return nil }
        self = value
    }
}

extension Array: SettingValue where Element: SettingValue {
    /// Several of what the element accepts.
    public static var accepted: String { "a list with commas, each of it \(Element.accepted)" }

    /// - Parameter setting: Elements with commas between them; spaces around an element do not count.
    public init?(setting: String) {
        var elements: [Element] = []
        for part in setting.split(separator: ",", omittingEmptySubsequences: false) {
            guard let element = Element(setting: part.trimmingSpaces()) else { return nil }
            elements.append(element)
        }
        self = elements
    }
}

extension SettingValue where Self: RawRepresentable<String> & CaseIterable {
    /// The names of the cases.
    public static var accepted: String { allCases.map(\.rawValue).joined(separator: " or ") }

    /// - Parameter setting: A case's name, exactly.
    public init?(setting: String) {
        self.init(rawValue: setting)
    }
}

extension Substring {
    func trimmingSpaces() -> String {
        var rest = self
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }
}
