import EventLoop
import TestSupport

/// Something that a test waits for on a loop. Confined to it.
final class LoopEvent<Value>: TimerHandler {
    private let loop: EventLoop
    private var value: Value?
    private var continuation: CheckedContinuation<Void, Never>?

    init(_ loop: EventLoop) {
        self.loop = loop
    }

    /// It has happened; later calls change nothing.
    func happened(_ value: Value) {
        if self.value == nil { self.value = value }
        continuation?.resume()
        continuation = nil
    }

    /// Waits until it has.
    ///
    /// - Throws: ``NotInTime``
    func wait(_ what: String, for patience: Duration = .seconds(120)) async throws -> Value {
        if let value { return value }
        let timer = loop.schedule(after: patience, handler: self)
        await withCheckedContinuation { continuation in
            if value == nil {
                self.continuation = continuation
            } else {
                continuation.resume()
            }
        }
        loop.cancel(timer)
        guard let value else { throw NotInTime(what) }
        return value
    }

    func timerFired(token: UInt32) {
        continuation?.resume()
        continuation = nil
    }
}
