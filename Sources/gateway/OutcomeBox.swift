import Synchronization

/// How a command's task ended, for the main thread that waits for it.
final class OutcomeBox: Sendable {
    private let state = Mutex<(any Error)?>(nil)

    /// Notes the end; nil for success.
    func set(_ error: (any Error)?) {
        state.withLock { $0 = error }
    }

    /// The error, nil where there was none.
    var error: (any Error)? {
        state.withLock { $0 }
    }
}
