public import AWSCore

extension Duration: SettingValue {
    /// A number with a unit.
    public static var accepted: String { "a duration such as 250ms, 20s, 5m, 12h or 395d, or 0" }

    /// - Parameter setting: Decimal digits and a unit: `ms`, `s`, `m`, `h` or `d`. Zero needs no unit.
    public init?(setting: String) {
        guard let (number, unit) = splitNumber(setting) else { return nil }
        let milliseconds: Int
        switch unit {
        case "ms": milliseconds = 1
        case "s": milliseconds = 1000
        case "m": milliseconds = 60_000
        case "h": milliseconds = 3_600_000
        case "d": milliseconds = 86_400_000
        case "" where number == 0: milliseconds = 1
        default: return nil
        }
        let (total, overflow) = number.multipliedReportingOverflow(by: milliseconds)
        // A thousand years: beyond it sums with the clock could overflow.
        guard !overflow, total <= 31_557_600_000_000 else { return nil }
        self = .milliseconds(total)
    }
}

extension ByteCount: SettingValue {
    /// A number of bytes, or a number with a binary unit.
    public static var accepted: String { "a size such as 64000, 256KiB, 64MiB or 1GiB" }

    /// - Parameter setting: Decimal digits, and `KiB`, `MiB` or `GiB` where it is not bytes.
    public init?(setting: String) {
        guard let (number, unit) = splitNumber(setting) else { return nil }
        let factor: Int
        switch unit {
        case "": factor = 1
        case "KiB": factor = 1 << 10
        case "MiB": factor = 1 << 20
        case "GiB": factor = 1 << 30
        default: return nil
        }
        let (total, overflow) = number.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        self.init(bytes: total)
    }
}

/// Splits `250ms` into 250 and `ms`; `nil` where it does not begin with a digit or the number overflows.
private func splitNumber(_ text: String) -> (number: Int, unit: Substring)? {
    let end = text.firstIndex { !("0"..."9").contains($0) } ?? text.endIndex
    guard let number = Int(text[..<end]) else { return nil }
    return (number, text[end...])
}
