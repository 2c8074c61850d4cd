import GatewayServer
import Postgres
import Security
import TestSupport
import Testing

@Suite(
    "PostgreSQL goes and comes back",
    .enabled(
        if: PrivateRedisServer.isAvailable && PrivatePostgresServer.isAvailable,
        "\(PrivatePostgresServer.unavailableReason)"),
    .timeLimit(.minutes(10)))
struct DatabaseOutageTests {
    @Test("Readiness tells, living connections are served on, and it recovers by itself")
    func outage() async throws {
        let server = try PrivatePostgresServer()
        let url = try PostgresURL(server.url)
        var limits = PostgresLimits()
        limits.backoffDurationMax = .milliseconds(200)
        let postgres = try PostgresConfiguration(
            url: url, applicationName: "scene", limits: limits)
        let secret = RandomBytes.makeSecret(byteCount: VaultKeyring.secretByteCount)
        let vault = VaultBox(try Vault(keyring: try VaultKeyring(newKey: secret)))
        try await withGateway(
            hasRedis: true,
            { $0.database = DatabaseConfiguration(postgres: postgres, vault: vault) }
        ) { scene in
            let client = try scene.client()
            #expect(try scene.operate("/readyz").status == 200)
            server.stop()
            try waitUntil("the outage is told") { !scene.node.problems.isEmpty }
            let answer = try scene.operate("/readyz")
            #expect(answer.status == 503)
            #expect(answer.body.contains("postgresql is not reachable from 1 of 1 loops"))
            #expect(try client.call("ping").has("result"))
            let other = try scene.client()
            #expect(try other.call("ping").has("result"))
            try server.start()
            try waitUntil("recovery") { scene.node.problems.isEmpty }
            #expect(try scene.operate("/readyz").status == 200)
            #expect(try client.call("ping").has("result"))
            let metrics = try scene.operate("/metrics").body
            #expect(metrics.contains("tradermind_postgres_ready_loops 1\n"))
        }
        server.kill()
    }
}
