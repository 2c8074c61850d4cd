import EventLoop

extension EventLoop {
    /// Runs a closure on the loop and waits for what it returns.
    func call<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            post { continuation.resume(returning: body()) }
        }
    }

    /// Runs a closure that may fail on the loop and waits for it.
    func attempt(
        _ body: @escaping @Sendable () throws(SystemError) -> Void
    ) async throws(SystemError) {
        let failure: SystemError? = await withCheckedContinuation { continuation in
            post {
                do throws(SystemError) {
                    try body()
                    continuation.resume(returning: nil)
                } catch {
                    continuation.resume(returning: error)
                }
            }
        }
        if let failure { throw failure }
    }
}
