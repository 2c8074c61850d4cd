import EventLoop
import Postgres
import TestSupport
import Testing

@Suite(
    "Pool", .enabled(if: SharedPostgres.url != nil, "\(SharedPostgres.unavailableReason)"),
    .timeLimit(.minutes(10)))
struct PostgresPoolTests {
    @Test("A thousand statements at once are all answered, by as many connections as allowed")
    func manyAtOnce() async throws {
        try await onLoop { loop in
            let pool = try await readyPool(loop) { limits in
                limits.connectionCountMax = 3
                limits.waitDuration = .seconds(60)
            }
            let bound = LoopBound(pool, loop: loop)
            let sum = await withTaskGroup(of: Int64.self) { group in
                for number in 0..<1000 {
                    group.addTask(executorPreference: loop) {
                        let rows = try? await bound.value.query(
                            "SELECT $1::bigint", .integer(Int64(number)))
                        return rows?.integer(0, 0) ?? -1_000_000
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(sum == 499_500)
            #expect(pool.waitingCount == 0)
            #expect(pool.counters.statementCount == 1000)
            pool.close()
        }
    }

    @Test("One more than may wait is refused at once, and who waits too long is refused then")
    func waiting() async throws {
        try await onLoop { loop in
            let pool = try await readyPool(loop) { limits in
                limits.connectionCountMax = 1
                limits.waiterCountMax = 2
                limits.waitDuration = .milliseconds(100)
            }
            let bound = LoopBound(pool, loop: loop)
            func sleeping() -> Task<Result<Void, PostgresError>, Never> {
                loop.task { () async -> Result<Void, PostgresError> in
                    do throws(PostgresError) {
                        try await bound.value.query("SELECT pg_sleep(1)")
                        return .success(())
                    } catch {
                        return .failure(error)
                    }
                }
            }
            let first = sleeping()
            try await waitUntil("the first runs", loop) { pool.counters.statementCount == 1 }
            let waiting = [sleeping(), sleeping()]
            try await waitUntil("two wait", loop) { pool.waitingCount == 2 }
            await #expect(throws: PostgresError.overloaded) { try await pool.query("SELECT 1") }
            for task in waiting {
                await #expect(throws: PostgresError.overloaded) { try await task.value.get() }
            }
            try await first.value.get()
            #expect(pool.counters.overloadCount == 3)
            #expect(try await pool.query("SELECT 1").count == 1)
            pool.close()
            await #expect(throws: PostgresError.closed) { try await pool.query("SELECT 1") }
        }
    }

    @Test("A transaction happens whole or not at all, and ends with its body")
    func transactions() async throws {
        try await onLoop { loop in
            let pool = try await readyPool(loop) { $0.connectionCountMax = 1 }
            try await pool.run(script: "CREATE TEMPORARY TABLE t (a bigint UNIQUE)")
            var leaked: PostgresTransaction?
            try await pool.transaction { transaction throws(PostgresError) in
                try await transaction.query("INSERT INTO t VALUES (1)")
                try await transaction.query("INSERT INTO t VALUES (2)")
                leaked = transaction
            }
            await #expect(throws: PostgresError.closed) { try await leaked?.query("SELECT 1") }
            let error = await #expect(throws: PostgresError.self) {
                try await pool.transaction { transaction throws(PostgresError) in
                    try await transaction.query("INSERT INTO t VALUES (3)")
                    try await transaction.query("INSERT INTO t VALUES (1)")
                }
            }
            guard case .refused(let refusal) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(refusal.sqlState == "23505")
            #expect(refusal.constraint == "t_a_key")
            #expect(try await pool.query("SELECT count(*) FROM t").integer(0, 0) == 2)
            #expect(pool.counters.lossCount == 0)
            pool.close()
        }
    }

    @Test("A script that leaves a transaction open costs its connection, not the next statement")
    func unfinishedTransaction() async throws {
        try await onLoop { loop in
            let pool = try await readyPool(loop) { $0.connectionCountMax = 1 }
            try await pool.run(script: "BEGIN")
            #expect(await pool.waitUntilReady(within: .seconds(60)))
            #expect(pool.counters.lossCount == 1)
            // Within a transaction the time stands still.
            let first = try await pool.query("SELECT now()::text").text(0, 0)
            #expect(try await pool.query("SELECT now()::text").text(0, 0) != first)
            pool.close()
        }
    }

    @Test("An idle connection that the server ends is replaced, in a transaction it is told")
    func terminatedBackends() async throws {
        try await onLoop { loop in
            let pool = try await readyPool(loop) { $0.connectionCountMax = 1 }
            let other = try await readyPool(loop) { $0.connectionCountMax = 1 }
            let process = try await pool.query("SELECT pg_backend_pid()").integer(0, 0) ?? 0
            try await other.query("SELECT pg_terminate_backend($1::int)", .text("\(process)"))
            try await waitUntil("the loss", loop) { pool.counters.lossCount == 1 }
            #expect(await pool.waitUntilReady(within: .seconds(60)))

            let error = await #expect(throws: PostgresError.self) {
                try await pool.transaction { transaction throws(PostgresError) in
                    let rows = try await transaction.query("SELECT pg_backend_pid()")
                    let process = rows.integer(0, 0) ?? 0
                    try await other.query(
                        "SELECT pg_terminate_backend($1::int)", .text("\(process)"))
                    while pool.counters.lossCount < 2 { await loop.pause() }
                    while pool.counters.connectCount < 3 {
                        await loop.pause()
                    }
                    // The connection is up again, but this is another session.
                    try await transaction.query("SELECT 1")
                }
            }
            guard case .lost = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try await pool.query("SELECT 1").count == 1)
            pool.close()
            other.close()
        }
    }
}
