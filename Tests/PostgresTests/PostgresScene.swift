import EventLoop
import Foundation
import Postgres
import TestSupport
import Testing

/// Runs a test's body on a loop of its own.
func onLoop(_ body: @escaping @Sendable (EventLoop) async throws -> Void) async throws {
    let group = try EventLoopGroup(count: 1, name: "test")
    defer { group.stopAndJoin() }
    let loop = group.loops[0]
    let result = await loop.task { () async -> Result<Void, any Error> in
        do {
            return .success(try await body(loop))
        } catch {
            return .failure(error)
        }
    }.value
    try result.get()
}

/// The server that the test run shares.
enum SharedPostgres {
    static let url = ProcessInfo.processInfo.environment["TRADERMIND_TEST_DATABASE_URL"]
    static let unavailableReason = "TRADERMIND_TEST_DATABASE_URL is not set: run Scripts/test."
}

/// A pool that is up.
func readyPool(
    _ loop: EventLoop, url: String? = SharedPostgres.url, authorityPath: String? = nil,
    preparing: Bool = true, _ change: (inout PostgresLimits) -> Void = { _ in }
) async throws -> PostgresPool {
    var limits = PostgresLimits()
    limits.backoffDurationMax = .milliseconds(200)
    change(&limits)
    var configuration = try PostgresConfiguration(
        url: PostgresURL(try #require(url)), applicationName: "tests", limits: limits)
    configuration.usesPreparedStatements = preparing
    configuration.authorityPath = authorityPath
    let pool = PostgresPool(loop: loop, configuration: configuration)
    pool.start()
    try #require(await pool.waitUntilReady(within: .seconds(60)), "\(pool.failure)")
    return pool
}

/// Looks again every few milliseconds until a condition holds.
func waitUntil(
    _ what: String, _ loop: EventLoop, _ condition: () async throws -> Bool
) async throws {
    let deadline = loop.now.advanced(by: .seconds(60))
    while try await !condition() {
        guard loop.now < deadline else { throw NotInTime(what) }
        await loop.pause()
    }
}

extension EventLoop {
    /// Lets other work of the loop go on for a few milliseconds, between two looks at a condition.
    func pause() async {
        await withCheckedContinuation { continuation in
            _ = schedule(after: .milliseconds(3), handler: Pause { continuation.resume() })
        }
    }
}

private final class Pause: TimerHandler {
    private let completion: () -> Void

    init(completion: @escaping () -> Void) {
        self.completion = completion
    }

    func timerFired(token: UInt32) { completion() }
}
