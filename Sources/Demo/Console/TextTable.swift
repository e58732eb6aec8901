/// Rows of text in columns: the first to the left, the others, which are numbers, to the right.
struct TextTable {
    let header: [String]
    var rows: [[String]] = []
    /// A last row, under a line.
    var total: [String] = []

    func render() -> String {
        let all = [header] + rows + (total.isEmpty ? [] : [total])
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        var lines = [line(header, widths), rule] + rows.map { line($0, widths) }
        if !total.isEmpty { lines += [rule, line(total, widths)] }
        return lines.joined(separator: "\n")
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = zip(cells, widths).enumerated().map { column, cell in
            let space = String(repeating: " ", count: cell.1 - cell.0.count)
            return column == 0 ? cell.0 + space : space + cell.0
        }
        var text = padded.joined(separator: "  ")
        while text.last == " " { text.removeLast() }
        return text
    }
}
