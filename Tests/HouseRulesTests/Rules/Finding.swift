/// A place that breaks a rule.
struct Finding: Equatable, CustomStringConvertible {
    let path: String
    /// Counted from 1; 0 for a finding about the whole file or tree.
    let line: Int
    let message: String

    var description: String {
        line > 0 ? "\(path):\(line): \(message)" : "\(path): \(message)"
    }
}

extension [Finding] {
    /// One finding per line, to show when a rule is broken.
    var report: String {
        "\n" + map(\.description).joined(separator: "\n")
    }
}
