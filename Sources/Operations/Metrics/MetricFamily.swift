import Locking

/// All series of one metric: a cell for each set of labels.
final class MetricFamily<Cell: AnyObject & Sendable>: Sendable {
    let name: String
    private let limit: Int
    private let make: @Sendable () -> Cell
    private let cells = Guarded<[String: Cell]>([:])

    /// - Parameters:
    ///   - name: The metric's name.
    ///   - limit: How many series there may be; further ones share one, whose labels all say `other`.
    ///   - make: Makes the cell of a new series.
    init(name: String, limit: Int, make: @escaping @Sendable () -> Cell) {
        self.name = name
        self.limit = limit
        self.make = make
    }

    /// The cell of a series, made where it is new.
    func cell(_ labels: [(String, String)]) -> Cell {
        let key = PrometheusText.labels(labels)
        return cells.withLock { cells in
            if let cell = cells[key] { return cell }
            let isFull = cells.count >= limit
            let slot = isFull ? PrometheusText.labels(labels.map { ($0.0, "other") }) : key
            if let cell = cells[slot] { return cell }
            let cell = make()
            cells[slot] = cell
            return cell
        }
    }

    /// Every series with its labels as they are written, in the order of the labels.
    var series: [(labels: String, cell: Cell)] {
        cells.withLock { Array($0) }.map { (labels: $0.key, cell: $0.value) }.sorted { $0.labels < $1.labels }
    }
}
