import EventLoop
import GatewayServer
import Postgres
import Security
import TestSupport

/// A PostgreSQL of a test's own, migrated, with the gateway's role. Calls block.
final class SignInDatabase: Sendable {
    let server: PrivatePostgresServer
    let configuration: DatabaseConfiguration
    private let group: EventLoopGroup

    init() async throws {
        server = try PrivatePostgresServer()
        group = try EventLoopGroup(count: 1, name: "database")
        let keyring = try VaultKeyring(
            newKey: RandomBytes.makeSecret(byteCount: VaultKeyring.secretByteCount))
        var postgres = try PostgresConfiguration(
            url: PostgresURL(
                server.url.replacing(
                    "//\(PrivatePostgresServer.name)@", with: "//sign_in_gateway@")),
            applicationName: "sign-in")
        postgres.limits.backoffDurationMax = .milliseconds(100)
        configuration = DatabaseConfiguration(
            postgres: postgres, vault: VaultBox(try Vault(keyring: keyring)))
        try await asOwner { pool in
            _ = try await Migrator(pool: pool).apply()
            try await pool.run(
                script: "CREATE ROLE sign_in_gateway LOGIN IN ROLE tradermind_gateway")
        }
    }

    /// Lets every stored token have ended.
    func endTokens() async throws {
        _ = try await asOwner { pool in
            try await pool.run(
                script: "UPDATE public.broker_tokens SET expires_at = now() - interval '1 second'")
        }
    }

    /// Runs a body with a pool of the owner.
    func asOwner<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresPool) async throws -> Value
    ) async throws -> Value {
        let (loop, url) = (group.loops[0], server.url)
        return try await loop.task { () async -> Result<Value, any Error> in
            do {
                let pool = PostgresPool(
                    loop: loop,
                    configuration: try PostgresConfiguration(
                        url: PostgresURL(url), applicationName: "owner"))
                pool.start()
                defer { pool.close() }
                guard await pool.waitUntilReady(within: .seconds(60)) else {
                    throw NotInTime("the database's readiness")
                }
                return .success(try await body(pool))
            } catch {
                return .failure(error)
            }
        }.value.get()
    }

    /// The first column of a statement's rows.
    func texts(_ statement: StaticString) async throws -> [String] {
        try await asOwner { pool in
            let rows = try await pool.query(statement)
            return (0..<rows.count).map { rows.text($0, 0) ?? "" }
        }
    }

    /// A dump of everything that is stored of brokers, as text; sealed bytes in hexadecimal.
    func storedText() async throws -> String {
        let rows = try await texts(
            "SELECT t::text FROM (SELECT * FROM public.broker_tokens) t")
        let others = try await texts("SELECT t::text FROM public.broker_identities t")
        let audit = try await texts("SELECT t::text FROM public.audit_log t")
        return (rows + others + audit).joined(separator: "\n")
    }

    func stop() {
        group.stopAndJoin()
        server.kill()
    }
}
