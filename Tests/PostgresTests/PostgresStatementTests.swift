import EventLoop
import Postgres
import TestSupport
import Testing

@Suite(
    "Statements", .enabled(if: SharedPostgres.url != nil, "\(SharedPostgres.unavailableReason)"),
    .timeLimit(.minutes(10)))
struct PostgresStatementTests {
    @Test("Each kind of value goes and comes as it is", arguments: [true, false])
    func values(preparing: Bool) async throws {
        try await onLoop { loop in
            let pool = try await readyPool(loop, preparing: preparing)
            let bytes = (0...255).map { UInt8($0) }
            for _ in 0..<3 {
                let rows = try await pool.query(
                    """
                    SELECT $1::text, $2::bigint, $3::boolean, $4::bytea, $5::uuid, $6::text,
                        $7::bigint
                    """,
                    .text("naïve \u{1F600} '; --"), .integer(.min), .boolean(true), .bytes(bytes),
                    .uuid("a0000000-0000-4000-8000-000000000001"), .null, .integer(.max))
                #expect(rows.count == 1)
                #expect(rows.text(0, 0) == "naïve \u{1F600} '; --")
                #expect(rows.integer(0, 1) == .min)
                #expect(rows.boolean(0, 2) == true)
                #expect(rows.bytes(0, 3) == bytes)
                #expect(rows.text(0, 4) == "a0000000-0000-4000-8000-000000000001")
                #expect(rows.text(0, 5) == nil)
                #expect(rows.integer(0, 6) == .max)
                let empty = try await pool.query(
                    "SELECT $1::bytea, $2::text", .bytes([]), .text(""))
                #expect(empty.bytes(0, 0) == [])
                #expect(empty.text(0, 1) == "")
            }
            let none = try await pool.query("SELECT 1 WHERE false")
            #expect(none.count == 0)
            pool.close()
        }
    }

    @Test("A refused statement tells its condition, and the connection goes on")
    func refusals() async throws {
        try await onLoop { loop in
            let pool = try await readyPool(loop) { $0.connectionCountMax = 1 }
            let cases: [(StaticString, String)] = [
                ("SELECT 1/0", "22012"), ("SELEC 1", "42601"), ("SELECT * FROM nowhere", "42P01"),
                ("SELECT 'x'::uuid", "22P02"),
            ]
            for (text, state) in cases {
                let error = await #expect(throws: PostgresError.self) { try await pool.query(text) }
                guard case .refused(let refusal) = error else {
                    Issue.record("\(text): \(String(describing: error))")
                    continue
                }
                #expect(refusal.sqlState == state, "\(text)")
            }
            #expect(try await pool.query("SELECT 7").integer(0, 0) == 7)
            #expect(pool.counters.lossCount == 0)
            #expect(pool.counters.refusalCount == 4)
            pool.close()
        }
    }

    @Test("What exceeds a bound fails, and the next statement is answered")
    func bounds() async throws {
        try await onLoop { loop in
            let pool = try await readyPool(loop) { limits in
                limits.rowCountMax = 10
                limits.resultByteCountMax = 1000
                limits.parameterCountMax = 2
                limits.statementByteCountMax = 100
            }
            #expect(try await pool.query("SELECT generate_series(1, 10)").count == 10)
            await #expect(throws: PostgresError.resultTooLarge) {
                try await pool.query("SELECT generate_series(1, 11)")
            }
            try await waitUntil("another connection", loop) { pool.isReady }
            let whole = try await pool.query("SELECT repeat('x', 1000)")
            #expect(whole.text(0, 0)?.utf8.count == 1000)
            await #expect(throws: PostgresError.resultTooLarge) {
                try await pool.query("SELECT repeat('x', 1001)")
            }
            try await waitUntil("another connection", loop) { pool.isReady }
            await #expect(throws: PostgresError.invalidStatement) {
                try await pool.query(
                    "SELECT $1, $2, $3", .integer(1), .integer(2), .integer(3))
            }
            await #expect(throws: PostgresError.invalidStatement) {
                try await pool.query("SELECT $1::text", .text("a\0b"))
            }
            await #expect(throws: PostgresError.invalidStatement) {
                try await pool.query("SELECT $1::bytea", .bytes(Array(repeating: 1, count: 101)))
            }
            #expect(try await pool.query("SELECT 1").integer(0, 0) == 1)
            pool.close()
        }
    }

    @Test("A statement beyond its time is broken off by the server, and the connection stays")
    func statementTimeout() async throws {
        try await onLoop { loop in
            let pool = try await readyPool(loop) { limits in
                limits.statementDuration = .milliseconds(100)
                limits.answerDuration = .seconds(30)
            }
            await #expect(throws: PostgresError.timedOut) {
                try await pool.query("SELECT pg_sleep(60)")
            }
            #expect(pool.counters.lossCount == 0)
            #expect(try await pool.query("SELECT 2").integer(0, 0) == 2)
            pool.close()
        }
    }

    @Test("Where no server breaks it off, the connection is given up and replaced")
    func answerTimeout() async throws {
        try await onLoop { loop in
            let pool = try await readyPool(loop, preparing: false) { limits in
                limits.statementDuration = .milliseconds(50)
                limits.answerDuration = .milliseconds(50)
                limits.connectionCountMax = 1
            }
            await #expect(throws: PostgresError.timedOut) {
                try await pool.query("SELECT pg_sleep(5)")
            }
            #expect(pool.counters.timeoutCount == 1)
            #expect(pool.counters.lossCount == 1)
            #expect(await pool.waitUntilReady(within: .seconds(60)))
            #expect(pool.counters.connectCount == 2)
            pool.close()
        }
    }

    @Test("Beyond the named statements others are sent whole, and a changed plan is made again")
    func preparedStatements() async throws {
        try await onLoop { loop in
            let pool = try await readyPool(loop) { limits in
                limits.connectionCountMax = 1
                limits.preparedStatementCountMax = 3
            }
            try await pool.run(
                script: "CREATE TEMPORARY TABLE t (a bigint); INSERT INTO t VALUES (1)")
            for _ in 0..<2 {
                #expect(try await pool.query("SELECT * FROM t").columnCount == 1)
                _ = try await pool.query("SELECT 1")
                _ = try await pool.query("SELECT 2")
                _ = try await pool.query("SELECT 3")
                _ = try await pool.query("SELECT 4")
            }
            let names = try await pool.query(
                "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'tradermind%'")
            #expect(names.integer(0, 0) == 3)
            try await pool.run(script: "ALTER TABLE t ADD COLUMN b text")
            #expect(try await pool.query("SELECT * FROM t").columnCount == 2)
            try await pool.run(script: "DEALLOCATE ALL")
            #expect(try await pool.query("SELECT * FROM t").columnCount == 2)
            pool.close()
        }
    }
}
