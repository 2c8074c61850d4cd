import EventLoop
import GatewayServer
import Postgres
import Security

/// The database of `gateway dev`: made, migrated and filled with the users of its tokens.
struct DevDatabase {
    /// The role of the node: what production's may do, and no more.
    private static let role = "tradermind_dev"
    private static let keysName = "vault-keys"

    let postgres: PrivatePostgres
    let directory: DevDirectory
    let loop: EventLoop

    /// Waits for the server and brings the database to what the node needs.
    ///
    /// - Parameters:
    ///   - users: the users of the tokens, with their roles.
    ///   - duration: how long the server may take to answer.
    /// - Returns: what the node is told.
    /// - Throws: what kept the server from starting, or a migration from being applied.
    func prepare(
        users: [(SubjectID, TokenRole)], within duration: Duration
    ) async throws -> DatabaseConfiguration {
        let server = try pool(postgres.url(database: "postgres"))
        defer { server.close() }
        guard await server.waitUntilReady(within: duration) else {
            throw DevError.serverDidNotStart("PostgreSQL", log: directory.file("postgres.log"))
        }
        let database = try await server.query(
            "SELECT FROM pg_database WHERE datname = $1", .text(PrivatePostgres.name))
        if database.count == 0 {
            try await server.run(script: "CREATE DATABASE \(PrivatePostgres.name)")
        }
        let owner = try pool(postgres.url())
        defer { owner.close() }
        guard await owner.waitUntilReady(within: duration) else {
            throw DevError.serverDidNotStart("PostgreSQL", log: directory.file("postgres.log"))
        }
        _ = try await Migrator(pool: owner).apply()
        let role = try await owner.query(
            "SELECT FROM pg_roles WHERE rolname = $1", .text(Self.role))
        if role.count == 0 {
            try await owner.run(
                script: "CREATE ROLE \(Self.role) LOGIN IN ROLE tradermind_gateway")
        }
        for (user, role) in users {
            try await owner.query(
                "INSERT INTO auth.users (id) VALUES ($1) ON CONFLICT (id) DO NOTHING",
                .uuid(user.text))
            try await owner.query(
                "UPDATE public.profiles SET role = $2 WHERE id = $1 AND role <> $2",
                .uuid(user.text), .text(role.rawValue))
        }
        return DatabaseConfiguration(
            postgres: try configuration(postgres.url(user: Self.role)),
            vault: VaultBox(try vault()))
    }

    private func pool(_ url: PostgresURL) throws -> PostgresPool {
        var configuration = try configuration(url)
        configuration.limits.connectionCountMax = 1
        configuration.limits.connectDuration = .seconds(1)
        configuration.limits.backoffDurationMax = .milliseconds(100)
        let pool = PostgresPool(loop: loop, configuration: configuration)
        pool.start()
        return pool
    }

    private func configuration(_ url: PostgresURL) throws -> PostgresConfiguration {
        try PostgresConfiguration(url: url, applicationName: "tradermind-dev")
    }

    /// Reads the vault's keys of the folder, and makes them where there are none.
    private func vault() throws -> Vault {
        let file = VaultKeyringFile(path: directory.file(Self.keysName))
        if directory.read(Self.keysName) == nil {
            let secret = RandomBytes.makeSecret(byteCount: VaultKeyring.secretByteCount)
            try file.create(try VaultKeyring(newKey: secret))
        }
        do {
            return try file.vault()
        } catch {
            throw DevError.damagedKey(file.path)
        }
    }
}
