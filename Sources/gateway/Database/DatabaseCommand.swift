import EventLoop
import Foundation
import Postgres

/// Runs a command of the terminal on a loop of its own, with links to servers.
enum DatabaseCommand {
    /// How long a server may take to answer. 10 s: two attempts.
    static let connectDuration = Duration.seconds(10)

    /// Runs a body on a loop of the calling thread.
    static func run(_ body: @escaping (EventLoop) async throws -> Void) throws {
        let loop = try EventLoop(name: "main")
        let outcome = OutcomeBox()
        let bound = LoopBound(body, loop: loop)
        loop.post {
            loop.task {
                do {
                    try await bound.value(loop)
                } catch {
                    outcome.set(error)
                }
                loop.stop()
            }
        }
        loop.run()
        if let error = outcome.error { throw error }
    }

    /// Runs a body with a connection to PostgreSQL.
    ///
    /// - Throws: why there is none, or what the body throws.
    static func run(
        _ configuration: PostgresConfiguration,
        body: @escaping (PostgresPool) async throws -> Void
    ) throws {
        try run { loop in
            var configuration = configuration
            configuration.limits.connectionCountMax = 1
            let pool = PostgresPool(loop: loop, configuration: configuration)
            pool.start()
            defer { pool.close() }
            guard await pool.waitUntilReady(within: connectDuration) else {
                throw PostgresError.unavailable(pool.failure)
            }
            try await body(pool)
        }
    }
}
