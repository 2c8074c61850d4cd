import LoadTesting

/// Lines that the results of several commands share.
enum ReportLines {
    /// What a server spent.
    ///
    /// - Parameters:
    ///   - server: who.
    ///   - nanoseconds: for each unit of work; nil where it is not known.
    ///   - unit: what the unit is called.
    ///   - share: of one core.
    ///   - places: decimals of the microseconds.
    /// - Returns: the line; nil where the time is not known.
    static func processorTime(
        of server: String, _ nanoseconds: Double?, per unit: String, share: Double?, places: Int = 3
    ) -> String? {
        guard let nanoseconds else { return nil }
        return
            "\(server): \(TextTable.decimal(nanoseconds / 1000, places: places)) µs of processor "
            + "time per \(unit), \(TextTable.decimal((share ?? 0) * 100, places: 1)) % of a core"
    }

    /// What happened how often, the most frequent first.
    static func outcomes(_ counts: [String: Int]) -> [String] {
        counts.sorted { $0.value > $1.value }.map { "\($0.value) × \($0.key)" }
    }
}
