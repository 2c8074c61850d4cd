import Logging
import Synchronization
import TestSupport

/// Everything that a test's gateway logs, at every level.
final class CapturedLog: Sendable {
    private let lines = Mutex<[String]>([])

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    func makeLogger() -> Logger {
        .lines("captured") { self.append($0) }
    }

    private func append(_ line: String) {
        lines.withLock { $0.append(line) }
        RunEvidence.keep(log: line)
    }
}
