import EventLoop
import Foundation
import GatewayServer
import Postgres
import Security
import TestSupport
import Testing

/// The server that the test run shares.
enum SharedPostgres {
    static let url = ProcessInfo.processInfo.environment["TRADERMIND_TEST_DATABASE_URL"]
    static let unavailableReason = "TRADERMIND_TEST_DATABASE_URL is not set: run Scripts/test."
}

/// A database of a test's own with all migrations, and a role that may do what gateways may.
/// Confined to its loop.
final class TestDatabase {
    let loop: EventLoop
    /// Signs in as the owner.
    let owner: PostgresPool
    /// Signs in as a gateway.
    let gateway: PostgresPool
    private let name: String
    private let url: PostgresURL

    private init(_ loop: EventLoop, _ url: PostgresURL, name: String) throws {
        self.loop = loop
        self.name = name
        self.url = url
        owner = try Self.pool(loop, url, database: name)
        gateway = try Self.pool(loop, url, database: name, user: "gateway_\(name)", count: 2)
    }

    /// Runs a test with a database, and removes it behind.
    static func with(
        url text: String? = SharedPostgres.url,
        _ body: @escaping @Sendable (TestDatabase) async throws -> Void
    ) async throws {
        let url = try PostgresURL(try #require(text))
        let group = try EventLoopGroup(count: 1, name: "test")
        defer { group.stopAndJoin() }
        let loop = group.loops[0]
        let result = await loop.task { () async -> Result<Void, any Error> in
            do {
                return .success(try await run(loop, url, body))
            } catch {
                return .failure(error)
            }
        }.value
        try result.get()
    }

    private static func run(
        _ loop: EventLoop, _ url: PostgresURL,
        _ body: (TestDatabase) async throws -> Void
    ) async throws {
        let server = try pool(loop, url, database: url.database)
        defer { server.close() }
        let name = "t\(RandomBytes.integer())"
        try await ready(server)
        try await server.run(script: "CREATE DATABASE \(name)")
        let database = try TestDatabase(loop, url, name: name)
        do {
            try await ready(database.owner)
            _ = try await Migrator(pool: database.owner).apply()
            try await database.owner.run(
                script: "CREATE ROLE gateway_\(name) LOGIN IN ROLE tradermind_gateway")
            database.gateway.start()
            try #require(await database.gateway.waitUntilReady(within: .seconds(60)))
            try await body(database)
        } catch {
            try await database.remove(server)
            throw error
        }
        try await database.remove(server)
    }

    private func remove(_ server: PostgresPool) async throws {
        owner.close()
        gateway.close()
        try await server.run(script: "DROP DATABASE \(name) WITH (FORCE)")
        try await server.run(script: "DROP ROLE IF EXISTS gateway_\(name)")
    }

    static func pool(
        _ loop: EventLoop, _ url: PostgresURL, database: String, user: String? = nil,
        count: Int = 1
    ) throws -> PostgresPool {
        var url = url
        url.database = database
        if let user { url.user = user }
        var limits = PostgresLimits()
        limits.connectionCountMax = count
        limits.waitDuration = .seconds(60)
        // A new database is copied from a template, which takes a while on a busy machine.
        limits.statementDuration = .seconds(60)
        limits.backoffDurationMax = .milliseconds(100)
        return PostgresPool(
            loop: loop,
            configuration: try PostgresConfiguration(
                url: url, applicationName: "tests", limits: limits))
    }

    static func ready(_ pool: PostgresPool) async throws {
        pool.start()
        try #require(await pool.waitUntilReady(within: .seconds(60)), "\(pool.failure)")
    }

    /// Makes a user as Supabase's sign-up does.
    func signUp() async throws -> SubjectID {
        let user = SubjectID(high: RandomBytes.integer(), low: RandomBytes.integer())
        try await owner.query("INSERT INTO auth.users (id) VALUES ($1)", .uuid(user.text))
        return user
    }

    /// Runs a script as a role of Supabase's API, in a transaction that is undone.
    ///
    /// - Parameters:
    ///   - role: the role.
    ///   - user: who the token of the request is of.
    ///   - script: the statements.
    /// - Returns: the answer to the last statement.
    /// - Throws: what PostgreSQL says.
    @discardableResult
    func run(
        as role: String, _ user: SubjectID? = nil, _ script: String
    ) async throws(PostgresError) -> PostgresRows {
        try await owner.transaction { transaction throws(PostgresError) in
            let claims = user.map { "{\"sub\":\"\($0.text)\",\"role\":\"\(role)\"}" } ?? ""
            try await transaction.run(
                script: """
                    SELECT set_config('request.jwt.claims', '\(claims)', true);
                    SET LOCAL ROLE \(role)
                    """)
            let rows = try await transaction.run(script: script)
            try await transaction.run(script: "RESET ROLE")
            return rows
        }
    }

    /// The condition with which PostgreSQL refuses a script, nil where it does not.
    func refusal(
        as role: String, _ user: SubjectID? = nil, _ script: String
    ) async throws -> String? {
        do throws(PostgresError) {
            try await run(as: role, user, script)
            return nil
        } catch {
            guard case .refused(let refusal) = error else { throw error }
            return refusal.sqlState
        }
    }
}

/// A secret with the bytes of a text.
func secret(_ text: String) -> SecretBytes {
    SecretBytes(copying: Array(text.utf8).span)
}

extension SecretBytes {
    /// The text, for comparisons.
    var text: String {
        withSpan { bytes in String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
    }
}

/// A keyring with one new key.
func newKeyring() throws -> VaultKeyring {
    try VaultKeyring(newKey: RandomBytes.makeSecret(byteCount: VaultKeyring.secretByteCount))
}
