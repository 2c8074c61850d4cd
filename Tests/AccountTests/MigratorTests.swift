import EventLoop
import GatewayAPI
import GatewayServer
import Postgres
import SchemaMigrations
import Security
import TestSupport
import Testing

@Suite(
    "Migrations", .enabled(if: SharedPostgres.url != nil, "\(SharedPostgres.unavailableReason)"),
    .timeLimit(.minutes(10)))
struct MigratorTests {
    /// Everything that migrations make, as text.
    private static let picture: StaticString = """
        SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
            SELECT format('%s %s %s %s', c.oid, c.relname, c.relacl, c.relrowsecurity) AS line
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname IN ('public', 'auth')
            UNION ALL SELECT format('%s %s %s', p.oid, p.proname, p.proacl) FROM pg_proc p
                JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('public', 'auth')
            UNION ALL SELECT format('%s %s', oid, polname) FROM pg_policy
            UNION ALL SELECT format('%s %s', oid, tgname) FROM pg_trigger
            UNION ALL SELECT format('%s %s %s', name, checksum, applied_at)
                FROM public.schema_migrations) AS lines
        """

    @Test("A second run changes nothing, and says so")
    func secondRun() async throws {
        try await TestDatabase.with { database in
            let before = try await database.owner.query(Self.picture).text(0, 0)
            let steps = try await Migrator(pool: database.owner).apply()
            #expect(steps.map(\.name) == SchemaMigrations.all.map(\.name))
            #expect(steps.allSatisfy { !$0.isNew })
            #expect(try await database.owner.query(Self.picture).text(0, 0) == before)
            #expect(try await Migrator(pool: database.owner).status() == Migrator.Status())
            // A gateway may look, too.
            #expect(try await Migrator(pool: database.gateway).status() == Migrator.Status())
        }
    }

    @Test("A file that was changed after it was applied is refused, and nothing runs")
    func changedFile() async throws {
        try await TestDatabase.with { database in
            var migrations = SchemaMigrations.all
            migrations[1] = SchemaMigrations.Migration(
                name: migrations[1].name, text: migrations[1].text + "\n")
            migrations.append(
                SchemaMigrations.Migration(name: "0009_x.sql", text: "CREATE TABLE x ()"))
            let migrator = Migrator(pool: database.owner, migrations: migrations)
            await #expect(throws: MigrationError.changed(name: "0001_accounts.sql")) {
                try await migrator.apply()
            }
            let status = try await migrator.status()
            #expect(status.changed == ["0001_accounts.sql"])
            #expect(status.missing == ["0009_x.sql"])
            let table = try await database.owner.query("SELECT to_regclass('public.x') IS NULL")
            #expect(table.boolean(0, 0) == true)
        }
    }

    @Test("A file that fails leaves nothing behind, and those before it stay")
    func failingFile() async throws {
        try await TestDatabase.with { database in
            let migrations =
                SchemaMigrations.all + [
                    SchemaMigrations.Migration(name: "0008_a.sql", text: "CREATE TABLE a ()"),
                    SchemaMigrations.Migration(
                        name: "0009_b.sql", text: "CREATE TABLE b (); SELECT 1/0"),
                ]
            let migrator = Migrator(pool: database.owner, migrations: migrations)
            let error = await #expect(throws: MigrationError.self) { try await migrator.apply() }
            guard case .failed("0009_b.sql", .refused(let refusal)) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(refusal.sqlState == "22012")
            #expect(try await migrator.status().missing == ["0009_b.sql"])
            let tables = try await database.owner.query(
                "SELECT to_regclass('public.a') IS NOT NULL, to_regclass('public.b') IS NULL")
            #expect(tables.boolean(0, 0) == true)
            #expect(tables.boolean(0, 1) == true)
        }
    }

    @Test("Four migrators at once apply each file once")
    func concurrency() async throws {
        try await TestDatabase.with { database in
            try await database.owner.run(script: "CREATE DATABASE again TEMPLATE template0")
            let url = try PostgresURL(try #require(SharedPostgres.url))
            let loop = database.loop
            var steps: [Migrator.Step] = []
            var pools: [LoopBound<PostgresPool>] = []
            for _ in 0..<4 {
                let pool = try TestDatabase.pool(loop, url, database: "again")
                try await TestDatabase.ready(pool)
                pools.append(LoopBound(pool, loop: loop))
            }
            let all = pools
            try await withThrowingTaskGroup(of: [Migrator.Step].self) { group in
                for pool in all {
                    group.addTask(executorPreference: loop) {
                        try await Migrator(pool: pool.value).apply()
                    }
                }
                for try await some in group { steps += some }
            }
            #expect(steps.count == 4 * SchemaMigrations.all.count)
            #expect(steps.count { $0.isNew } == SchemaMigrations.all.count)
            for pool in pools { pool.value.close() }
            try await database.owner.run(script: "DROP DATABASE again WITH (FORCE)")
        }
    }

    @Test(
        "Databases of a new server can be set up at once: its roles are made once",
        .enabled(
            if: PrivatePostgresServer.isAvailable, "\(PrivatePostgresServer.unavailableReason)"))
    func sharedRoles() async throws {
        let server = try PrivatePostgresServer()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    try await TestDatabase.with(url: server.url) { database in
                        let status = try await Migrator(pool: database.owner).status()
                        #expect(status.missing.isEmpty)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("Signing up makes a profile, and the end of a user takes all of it")
    func signUp() async throws {
        try await TestDatabase.with { database in
            let user = try await database.signUp()
            let store = AccountStore(
                pool: database.gateway, vault: VaultBox(try Vault(keyring: newKeyring())))
            let profile = try #require(try await store.profile(of: user))
            #expect(profile.role == .user)
            #expect(profile.displayName == nil)
            try await store.connect(
                user: user,
                identity: BrokerIdentity(generation: .options, brokerUserID: "u1", accounts: []),
                tokens: [BrokerTokenRecord(account: "*", kind: .access, secret: secret("t"))])
            try await database.owner.query(
                "DELETE FROM auth.users WHERE id = $1", .uuid(user.text))
            #expect(try await store.profile(of: user) == nil)
            let left = try await database.owner.query(
                """
                SELECT (SELECT count(*) FROM public.broker_tokens)
                    + (SELECT count(*) FROM public.broker_identities)
                """)
            #expect(left.integer(0, 0) == 0)
        }
    }
}
