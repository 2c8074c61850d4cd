/// Lines of a name and values, in columns, for people at a terminal.
package struct TextTable: Sendable {
    private var rows: [[String]] = []

    /// A table without rows.
    package init() {}

    /// Adds a row.
    package mutating func add(_ cells: String...) {
        rows.append(cells)
    }

    /// Adds the percentiles of latencies as one row, or a dash for each where there are none.
    package mutating func add(_ name: String, _ latencies: LatencySummary?) {
        guard let latencies else {
            rows.append([name] + Array(repeating: "–", count: 5))
            return
        }
        rows.append([
            name, Self.duration(latencies.p50Microseconds),
            Self.duration(latencies.p90Microseconds),
            Self.duration(latencies.p99Microseconds), Self.duration(latencies.p999Microseconds),
            Self.duration(latencies.maxMicroseconds),
        ])
    }

    /// The table: the first column to the left, the others to the right.
    package var text: String {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.count)
            }
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let fill = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + fill : fill + cell
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    /// Microseconds in the unit that reads best.
    package static func duration(_ microseconds: Double) -> String {
        switch microseconds {
        case ..<1000: decimal(microseconds, places: 0) + " µs"
        case ..<1_000_000: decimal(microseconds / 1000, places: 2) + " ms"
        default: decimal(microseconds / 1_000_000, places: 2) + " s"
        }
    }

    /// A number with a fixed count of decimals, without a locale.
    package static func decimal(_ value: Double, places: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return value.description }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = Int64((abs(value) * scale).rounded())
        let digits = String(scaled)
        let sign = value < 0 && scaled != 0 ? "-" : ""
        guard places > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return sign + padded.dropLast(places) + "." + padded.suffix(places)
    }
}
