import FoundationEssentials

/// Writes results for programs.
enum ReportFile {
    /// Writes a value as JSON, its members sorted, to a file; does nothing without a path.
    static func write(_ report: some Encodable, to path: String?) throws {
        guard let path else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        var data = try encoder.encode(report)
        data.append(UInt8(ascii: "\n"))
        try data.write(to: URL(filePath: path))
    }
}
