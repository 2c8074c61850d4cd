/// Bounds that keep a file readable in one sitting. Aim far below them.
enum SizeRules {
    static let fileLineCountMax = 600
    /// Signature and closing brace included.
    static let functionLineCountMax = 70
    static let lineColumnCountMax = 100
    /// A larger file belongs in a release's assets, not in the history.
    static let fileByteCountMax = 256 * 1024

    static func findings(in source: SwiftText) -> [Finding] {
        fileFindings(in: source) + lineFindings(in: source) + functionFindings(in: source)
    }

    static func findings(in files: [SourceTree.File]) -> [Finding] {
        files.filter { $0.byteCount > fileByteCountMax }.map {
            Finding(
                path: $0.path, line: 0,
                message: "\($0.byteCount) bytes, more than \(fileByteCountMax)")
        }
    }

    private static func fileFindings(in source: SwiftText) -> [Finding] {
        // The text after the last line end is no line.
        let count = source.lines.last == "" ? source.lines.count - 1 : source.lines.count
        guard count > fileLineCountMax else { return [] }
        return [
            Finding(
                path: source.path, line: 0, message: "\(count) lines, more than \(fileLineCountMax)"
            )
        ]
    }

    private static func lineFindings(in source: SwiftText) -> [Finding] {
        source.lines.enumerated().filter { $0.element.count > lineColumnCountMax }.map {
            Finding(
                path: source.path, line: $0.offset + 1,
                message: "\($0.element.count) columns, more than \(lineColumnCountMax)")
        }
    }

    private static func functionFindings(in source: SwiftText) -> [Finding] {
        source.declarations()
            .filter { $0.kind == .function && $0.lineCount > functionLineCountMax }
            .map {
                Finding(
                    path: source.path, line: $0.line,
                    message: "\($0.name) has \($0.lineCount) lines, more than "
                        + "\(functionLineCountMax)")
            }
    }
}
