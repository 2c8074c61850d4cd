import EventLoop
import GatewayAPI
import GatewayServer
import Postgres
import SchemaMigrations
import Security
import TestSupport
import Testing

/// A server set up as Supabase sets one up, as far as the migrations can tell: the schema `auth` is
/// another role's, who deploys is no superuser, and new tables are granted to everybody.
@Suite(
    "On Supabase",
    .enabled(
        if: PrivatePostgresServer.isAvailable, "\(PrivatePostgresServer.unavailableReason)"),
    .timeLimit(.minutes(10)))
struct SupabaseTests {
    private static let platform = """
        CREATE ROLE anon NOLOGIN NOINHERIT;
        CREATE ROLE authenticated NOLOGIN NOINHERIT;
        CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS;
        CREATE ROLE supabase_auth_admin LOGIN NOINHERIT CREATEROLE;
        CREATE ROLE deployer LOGIN CREATEROLE;
        GRANT ALL ON SCHEMA public TO deployer;
        GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
        ALTER DEFAULT PRIVILEGES FOR ROLE deployer IN SCHEMA public
            GRANT ALL ON TABLES TO anon, authenticated, service_role;
        ALTER DEFAULT PRIVILEGES FOR ROLE deployer IN SCHEMA public
            GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
        ALTER DEFAULT PRIVILEGES FOR ROLE deployer IN SCHEMA public
            GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
        CREATE SCHEMA auth AUTHORIZATION supabase_auth_admin;
        GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role, deployer;
        SET ROLE supabase_auth_admin;
        CREATE TABLE auth.users (
            instance_id uuid, id uuid NOT NULL PRIMARY KEY, aud varchar(255), role varchar(255),
            email varchar(255), encrypted_password varchar(255), confirmation_token varchar(255),
            recovery_token varchar(255), email_change_token_new varchar(255),
            email_change varchar(255), raw_app_meta_data jsonb, raw_user_meta_data jsonb,
            is_super_admin bool, created_at timestamptz, updated_at timestamptz,
            is_sso_user boolean NOT NULL DEFAULT false,
            is_anonymous boolean NOT NULL DEFAULT false);
        INSERT INTO auth.users (id) VALUES ('a0000000-0000-4000-8000-000000000001');
        GRANT ALL ON auth.users TO deployer;
        CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
            SELECT coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
                nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
        RESET ROLE
        """

    @Test("The same files give the same protection, and touch nothing of the platform")
    func migrations() async throws {
        let server = try PrivatePostgresServer()
        let group = try EventLoopGroup(count: 1, name: "test")
        defer { group.stopAndJoin() }
        let loop = group.loops[0]
        let result = await loop.task { () async -> Result<Void, any Error> in
            do {
                return .success(try await examine(loop, try PostgresURL(server.url)))
            } catch {
                return .failure(error)
            }
        }.value
        server.kill()
        try result.get()
    }

    private func examine(_ loop: EventLoop, _ url: PostgresURL) async throws {
        let admin = try TestDatabase.pool(loop, url, database: url.database)
        try await TestDatabase.ready(admin)
        try await admin.run(script: Self.platform)
        let platform: StaticString = """
            SELECT string_agg(format('%s %s %s', c.relname, c.relowner, c.relacl), E'\\n'
                ORDER BY c.relname) || (SELECT string_agg(proname, ' ' ORDER BY proname)
                FROM pg_proc WHERE pronamespace = 'auth'::regnamespace)
            FROM pg_class c WHERE relnamespace = 'auth'::regnamespace
            """
        let before = try await admin.query(platform).text(0, 0)

        let deployer = try TestDatabase.pool(loop, url, database: url.database, user: "deployer")
        try await TestDatabase.ready(deployer)
        try await deployer.run(script: SchemaMigrations.bootstrap)
        #expect(try await Self.forgery(admin) == "42501")
        let steps = try await Migrator(pool: deployer).apply()
        #expect(steps.allSatisfy { $0.isNew })
        #expect(try await Migrator(pool: deployer).apply().allSatisfy { !$0.isNew })
        #expect(try await admin.query(platform).text(0, 0) == before)

        // Who was there before has a profile, and who signs up gets one.
        let auth = try TestDatabase.pool(
            loop, url, database: url.database, user: "supabase_auth_admin")
        try await TestDatabase.ready(auth)
        try await auth.run(script: "INSERT INTO auth.users (id) VALUES (gen_random_uuid())")
        #expect(try await admin.query("SELECT count(*) FROM public.profiles").integer(0, 0) == 2)

        try await admin.run(script: "CREATE ROLE gateway_1 LOGIN IN ROLE tradermind_gateway")
        let gateway = try TestDatabase.pool(loop, url, database: url.database, user: "gateway_1")
        try await TestDatabase.ready(gateway)
        let store = AccountStore(pool: gateway, vault: VaultBox(try Vault(keyring: newKeyring())))
        let identity = BrokerIdentity(generation: .legacy, brokerUserID: "CR1", accounts: [])
        let user = try await store.signIn(identity)
        #expect(try await store.signIn(identity) == user)
        #expect(try await store.profile(of: user)?.role == .user)

        let exposed = try await admin.query(
            """
            SELECT format('%s %s %s', grantee, privilege_type, table_name)
            FROM information_schema.role_table_grants
            WHERE table_schema = 'public' AND grantee IN ('anon', 'authenticated', 'PUBLIC')
            ORDER BY 1
            """)
        #expect(
            (0..<exposed.count).compactMap { exposed.text($0, 0) } == [
                "authenticated SELECT broker_accounts", "authenticated SELECT profiles",
            ])
        let callable = try await admin.query(
            """
            SELECT count(*) FROM pg_proc, unnest(ARRAY['anon', 'authenticated']) AS role
            WHERE pronamespace = 'public'::regnamespace
                AND has_function_privilege(role, pg_proc.oid, 'EXECUTE')
            """)
        #expect(callable.integer(0, 0) == 0)
        for pool in [admin, deployer, auth, gateway] { pool.close() }
    }

    /// Notes a file as applied, as anybody on the network could.
    ///
    /// - Returns: the condition with which it is refused; nil where it is not.
    private static func forgery(_ admin: PostgresPool) async throws -> String? {
        do throws(PostgresError) {
            _ = try await admin.transaction { transaction throws(PostgresError) in
                try await transaction.run(
                    script: """
                        SET LOCAL ROLE anon;
                        INSERT INTO public.schema_migrations VALUES ('0001_accounts.sql', 'x')
                        """)
            }
            return nil
        } catch .refused(let refusal) {
            return refusal.sqlState
        }
    }
}
