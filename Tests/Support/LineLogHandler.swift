package import Logging

/// Hands each entry of a log on as one line.
private struct LineLogHandler: LogHandler {
    let write: @Sendable (String) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        write("\(event.level) \(event.message) \(all)")
    }
}

extension Logger {
    /// A logger that hands on every entry, of every level, as one line.
    package static func lines(
        _ label: String, _ write: @escaping @Sendable (String) -> Void
    ) -> Logger {
        Logger(label: label) { _ in LineLogHandler(write: write) }
    }
}
