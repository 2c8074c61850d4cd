import EventLoop
import Glibc

/// Waits for the signal that ends the process.
enum Shutdown {
    /// Waits for SIGINT or SIGTERM, which must have been blocked at the start of the process.
    static func wait(on loop: EventLoop) async throws {
        try await withCheckedThrowingContinuation { (continuation: Continuation) in
            loop.post {
                do {
                    let waiter = Waiter(continuation)
                    waiter.source = try SignalSource([SIGINT, SIGTERM], on: loop) { _ in
                        waiter.finish()
                    }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    private typealias Continuation = CheckedContinuation<Void, any Error>

    /// Answers once, and ends the source that it waits for.
    private final class Waiter {
        private var continuation: Continuation?
        var source: SignalSource?

        init(_ continuation: Continuation) {
            self.continuation = continuation
        }

        func finish() {
            source?.cancel()
            source = nil
            continuation.take()?.resume()
        }
    }
}
