import EventLoop
import Foundation
import Postgres
import TestSupport
import Testing

@Suite(
    "Outages",
    .enabled(
        if: PrivatePostgresServer.isAvailable, "\(PrivatePostgresServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct PostgresOutageTests {
    @Test("Stopped and started: statements fail at once, and go on by themselves afterwards")
    func stopAndStart() async throws {
        let server = try PrivatePostgresServer()
        try await onLoop { loop in
            let pool = try await readyPool(loop, url: server.url)
            #expect(try await pool.query("SELECT 1").count == 1)
            for end in [{ server.stop() }, { server.kill() }] {
                end()
                try await waitUntil("the outage is noticed", loop) { !pool.isReady }
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.query("SELECT 1")
                }
                guard case .unavailable = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                try server.start()
                #expect(await pool.waitUntilReady(within: .seconds(60)))
                #expect(try await pool.query("SELECT 1").count == 1)
            }
            pool.close()
        }
        server.kill()
    }

    @Test("A statement under way when the server goes has an unknown outcome")
    func lostStatement() async throws {
        let server = try PrivatePostgresServer()
        try await onLoop { loop in
            let pool = try await readyPool(loop, url: server.url)
            let bound = LoopBound(pool, loop: loop)
            let running = loop.task { () async -> Bool in
                do throws(PostgresError) {
                    try await bound.value.query("SELECT pg_sleep(60)")
                    return false
                } catch {
                    // A server that stops in order says so, and has then undone the statement.
                    switch error {
                    case .lost, .refused: return true
                    default: return false
                    }
                }
            }
            try await waitUntil("it runs", loop) { pool.counters.statementCount == 1 }
            server.kill()
            #expect(await running.value)
            pool.close()
        }
    }

    @Test("A server that says nothing any longer is noticed while nobody asks")
    func silence() async throws {
        let server = try PrivatePostgresServer()
        try await onLoop { loop in
            let pool = try await readyPool(loop, url: server.url) { limits in
                limits.idleDuration = .milliseconds(50)
                limits.pingDuration = .milliseconds(200)
                limits.connectDuration = .milliseconds(300)
            }
            server.suspend()
            try await waitUntil("the silence is noticed", loop) { !pool.isReady }
            server.resume()
            #expect(await pool.waitUntilReady(within: .seconds(60)))
            pool.close()
        }
        server.kill()
    }

    @Test("TLS with a certificate for this host is taken; any other is refused")
    func tls() async throws {
        let certificate = try TestCertificate(names: ["127.0.0.1"])
        let server = try PrivatePostgresServer(certificate: certificate)
        let port = try #require(server.port)
        let url = "postgresql://tradermind@127.0.0.1:\(port)/postgres?sslmode=verify-full"
        try await onLoop { loop in
            let pool = try await readyPool(
                loop, url: url, authorityPath: certificate.certificatePath)
            let rows = try await pool.query(
                "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            #expect(rows.boolean(0, 0) == true)
            pool.close()

            let stranger = try TestCertificate(names: ["127.0.0.1"])
            let otherName = url.replacing("127.0.0.1", with: "localhost")
            for (url, path) in [
                (url, stranger.certificatePath), (otherName, certificate.certificatePath),
            ] {
                var configuration = try PostgresConfiguration(
                    url: PostgresURL(url), applicationName: "tests")
                configuration.authorityPath = path
                let refused = PostgresPool(loop: loop, configuration: configuration)
                refused.start()
                try await waitUntil("the refusal", loop) { refused.failure != .notConnected }
                #expect(!refused.isReady)
                #expect("\(refused.failure)".contains("certif"), "\(refused.failure)")
                refused.close()
            }
        }
        server.kill()
    }
}
