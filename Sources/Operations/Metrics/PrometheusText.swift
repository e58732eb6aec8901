/// Writes metrics in Prometheus' text format 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
struct PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    mutating func family(_ name: String, type: StaticString, help: String) {
        let escaped = help.map { $0 == "\\" ? "\\\\" : ($0 == "\n" ? "\\n" : String($0)) }.joined()
        text += "# HELP \(name) \(escaped)\n# TYPE \(name) \(type)\n"
    }

    mutating func sample(_ name: String, labels: String = "", value: some LosslessStringConvertible) {
        text += "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(value)\n"
    }

    mutating func sample(_ name: String, labels: String = "", number: Double) {
        sample(name, labels: labels, value: Self.number(number))
    }

    mutating func histogram(_ name: String, labels: String, cell: HistogramCell) {
        let (cumulative, sum) = cell.value
        let prefix = labels.isEmpty ? "" : "\(labels),"
        for (bound, count) in zip(cell.bounds + [.infinity], cumulative) {
            sample("\(name)_bucket", labels: "\(prefix)le=\"\(Self.number(bound))\"", value: count)
        }
        sample("\(name)_sum", labels: labels, number: sum)
        sample("\(name)_count", labels: labels, value: cumulative.last ?? 0)
    }

    /// A number as Prometheus reads it: whole numbers without a fraction, infinities with their sign.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return value.description
    }

    /// Labels as they stand between the braces: names made valid and sorted, values escaped.
    static func labels(_ labels: [(String, String)]) -> String {
        labels.sorted { $0.0 < $1.0 }
            .map { name, value in "\(self.name(name, colons: false))=\"\(escaped(value))\"" }
            .joined(separator: ",")
    }

    /// A name with each character that Prometheus does not allow there replaced by `_`.
    static func name(_ name: String, colons: Bool = true) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_": result.unicodeScalars.append(scalar)
            case "0"..."9" where !result.isEmpty: result.unicodeScalars.append(scalar)
            case ":" where colons: result.unicodeScalars.append(scalar)
            default: result += "_"
            }
        }
        return result.isEmpty ? "_" : result
    }

    private static func escaped(_ value: String) -> String {
        var result = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
