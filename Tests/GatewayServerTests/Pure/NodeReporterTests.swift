import Logging
import Synchronization
import Testing

@testable import GatewayServer

@Suite("NodeReporter") struct NodeReporterTests {
    @Test func `logs a few of a kind per second and says how many it left out`() {
        let log = LogLines()
        let reporter = NodeReporter(logger: Logger(label: "t") { _ in LogCollector(lines: log) })
        for _ in 0..<100 {
            reporter.report(.invalidPublication(channel: "ticks:A1", reason: "not JSON"), second: 1)
        }
        #expect(log.lines.count == NodeReporter.reportsPerSecondMax)
        reporter.report(.feedLost(loop: 0, reason: "x"), second: 1)
        #expect(log.lines.count == NodeReporter.reportsPerSecondMax + 1, "kinds count apart")
        reporter.report(.invalidPublication(channel: "ticks:A1", reason: "not JSON"), second: 2)
        #expect(log.lines.last?.contains("suppressed_count") == true)
        #expect(log.lines.last?.contains("95") == true)
    }
}

/// What was logged.
private final class LogLines: Sendable {
    private let stored = Mutex<[String]>([])
    var lines: [String] { stored.withLock { $0 } }
    func add(_ line: String) { stored.withLock { $0.append(line) } }
}

private struct LogCollector: LogHandler {
    let lines: LogLines
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.add("\(event.level) \(event.message) \(event.metadata ?? [:])")
    }
}
