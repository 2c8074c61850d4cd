import GatewayAPI
import GatewayServer
import Postgres
import Security
import TestSupport
import Testing

@Suite(
    "Row level security",
    .enabled(if: SharedPostgres.url != nil, "\(SharedPostgres.unavailableReason)"),
    .timeLimit(.minutes(10)))
struct RowSecurityTests {
    /// The condition of a missing privilege.
    private static let denied = "42501"

    private func fill(_ database: TestDatabase, _ user: SubjectID, _ name: String) async throws {
        let store = AccountStore(
            pool: database.gateway, vault: VaultBox(try Vault(keyring: newKeyring())))
        try await store.connect(
            user: user,
            identity: BrokerIdentity(
                generation: .legacy, brokerUserID: name,
                accounts: [BrokerAccount(id: name, currency: "USD", isVirtual: false)]),
            tokens: [
                BrokerTokenRecord(account: name, kind: .access, secret: secret("a1-\(name)"))
            ])
    }

    @Test("A user sees the own profile and accounts, and nothing of anybody else")
    func reads() async throws {
        try await TestDatabase.with { database in
            let (ann, bob) = (try await database.signUp(), try await database.signUp())
            try await fill(database, ann, "CR1")
            try await fill(database, bob, "CR2")
            let profiles = try await database.run(
                as: "authenticated", ann, "SELECT id FROM public.profiles")
            #expect(profiles.count == 1)
            #expect(profiles.text(0, 0) == ann.text)
            let accounts = try await database.run(
                as: "authenticated", ann, "SELECT account FROM public.broker_accounts")
            #expect(accounts.count == 1)
            #expect(accounts.text(0, 0) == "CR1")
            let other = try await database.run(
                as: "authenticated", ann,
                "SELECT id FROM public.profiles WHERE id = '\(bob.text)'")
            #expect(other.count == 0)
            // Without a user in the token nothing is anybody's.
            let nobody = try await database.run(
                as: "authenticated", nil, "SELECT id FROM public.profiles")
            #expect(nobody.count == 0)
            for table in ["broker_tokens", "broker_identities", "audit_log", "schema_migrations"] {
                #expect(
                    try await database.refusal(
                        as: "authenticated", ann, "SELECT FROM public.\(table)") == Self.denied,
                    "\(table)")
            }
        }
    }

    @Test("A user changes the own name and choice of account, and nothing else")
    func writes() async throws {
        try await TestDatabase.with { database in
            let (ann, bob) = (try await database.signUp(), try await database.signUp())
            try await fill(database, ann, "CR1")
            try await fill(database, bob, "CR2")
            let changed = try await database.run(
                as: "authenticated", ann,
                "UPDATE public.profiles SET display_name = 'Ann', active_account = 'CR1'")
            #expect(changed.affectedCount == 1)
            let rows = try await database.owner.query(
                "SELECT count(*) FROM public.profiles WHERE display_name = 'Ann'")
            #expect(rows.integer(0, 0) == 1)
            let other = try await database.run(
                as: "authenticated", ann,
                "UPDATE public.profiles SET display_name = 'x' WHERE id = '\(bob.text)'")
            #expect(other.affectedCount == 0)
            let cases = [
                ("UPDATE public.profiles SET role = 'admin'", Self.denied),
                ("UPDATE public.profiles SET id = '\(bob.text)'", Self.denied),
                ("UPDATE public.profiles SET created_at = now()", Self.denied),
                ("INSERT INTO public.profiles (id) VALUES (gen_random_uuid())", Self.denied),
                ("DELETE FROM public.profiles", Self.denied),
                ("DELETE FROM public.broker_accounts", Self.denied),
                ("UPDATE public.broker_accounts SET account = 'CR9'", Self.denied),
                (
                    "INSERT INTO public.audit_log (id, at, action, node) "
                        + "VALUES (gen_random_uuid(), now(), 'x', 'y')", Self.denied
                ),
                ("SELECT public.tradermind_sign_in('legacy', 'CR1')", Self.denied),
                ("SELECT * FROM auth.users", Self.denied),
                // Somebody else's account, and names that are empty or too long.
                ("UPDATE public.profiles SET active_account = 'CR2'", "23503"),
                ("UPDATE public.profiles SET display_name = ''", "23514"),
                ("UPDATE public.profiles SET display_name = repeat('x', 65)", "23514"),
            ]
            for (script, state) in cases {
                #expect(
                    try await database.refusal(as: "authenticated", ann, script) == state,
                    "\(script)")
            }
        }
    }

    @Test("Who is not signed in sees nothing at all")
    func anonymous() async throws {
        try await TestDatabase.with { database in
            let ann = try await database.signUp()
            try await fill(database, ann, "CR1")
            for table in [
                "profiles", "broker_tokens", "broker_identities", "broker_accounts", "audit_log",
                "schema_migrations",
            ] {
                for script in ["SELECT FROM public.\(table)", "DELETE FROM public.\(table)"] {
                    #expect(
                        try await database.refusal(as: "anon", nil, script) == Self.denied,
                        "\(script)")
                }
            }
            #expect(
                try await database.refusal(
                    as: "anon", nil, "SELECT public.tradermind_sign_in('legacy', 'x')")
                    == Self.denied)
        }
    }

    @Test("The server's side changes roles and reads the audit log, but has no tokens")
    func serviceRole() async throws {
        try await TestDatabase.with { database in
            let ann = try await database.signUp()
            let changed = try await database.run(
                as: "service_role", nil, "UPDATE public.profiles SET role = 'admin'")
            #expect(changed.affectedCount == 1)
            #expect(
                try await database.refusal(as: "service_role", nil, "SELECT FROM public.audit_log")
                    == nil)
            for script in [
                "SELECT FROM public.broker_tokens", "DELETE FROM public.audit_log",
                "UPDATE public.audit_log SET action = 'x'",
            ] {
                #expect(
                    try await database.refusal(as: "service_role", nil, script) == Self.denied,
                    "\(script)")
            }
            let store = AccountStore(
                pool: database.gateway, vault: VaultBox(try Vault(keyring: newKeyring())))
            #expect(try await store.profile(of: ann)?.role == .admin)
        }
    }

    @Test("A gateway does what it has to, and no more")
    func gatewayRole() async throws {
        try await TestDatabase.with { database in
            let ann = try await database.signUp()
            try await fill(database, ann, "CR1")
            let allowed = [
                "SELECT FROM public.profiles", "SELECT FROM public.broker_tokens",
                "SELECT FROM public.broker_identities", "SELECT FROM public.schema_migrations",
                "INSERT INTO public.audit_log (id, at, action, node) "
                    + "VALUES (gen_random_uuid(), now(), 'x', 'y')",
                "SELECT public.tradermind_sign_in('legacy', 'CR77')",
            ]
            for script in allowed {
                #expect(
                    try await database.refusal(as: "tradermind_gateway", nil, script) == nil,
                    "\(script)")
            }
            let denied = [
                "UPDATE public.profiles SET role = 'admin'",
                "UPDATE public.profiles SET display_name = 'x'",
                "INSERT INTO public.profiles (id) VALUES (gen_random_uuid())",
                "DELETE FROM public.profiles", "DELETE FROM public.broker_identities",
                "UPDATE public.broker_identities SET user_id = '\(ann.text)'",
                "SELECT FROM public.audit_log", "UPDATE public.audit_log SET action = 'x'",
                "DELETE FROM public.audit_log", "TRUNCATE public.broker_tokens",
                "DELETE FROM public.schema_migrations", "SELECT FROM auth.users",
                "INSERT INTO auth.users (id) VALUES (gen_random_uuid())",
                "CREATE TABLE public.x (a int)", "CREATE ROLE another", "SET ROLE service_role",
            ]
            for script in denied {
                // As one that has really signed in.
                let error = await #expect(throws: PostgresError.self, "\(script)") {
                    try await database.gateway.run(script: script)
                }
                guard case .refused(let refusal) = error else {
                    Issue.record("\(script): \(String(describing: error))")
                    continue
                }
                #expect(refusal.sqlState == Self.denied, "\(script)")
            }
        }
    }

    @Test("A gateway cannot make a function of the owner run what the gateway wrote")
    func definerFunctions() async throws {
        try await TestDatabase.with { database in
            // Every session may make types in a schema of its own, which is looked through before
            // pg_catalog unless a search_path names it: a check of such a type runs as whoever
            // gives a value to a variable of that name.
            let shadows = ["uuid", "text", "jsonb", "varchar"].map { name in
                """
                CREATE FUNCTION pg_temp.look(value pg_catalog.\(name)) RETURNS pg_catalog.bool
                    LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran as %'', current_user; END';
                CREATE DOMAIN pg_temp.\(name) AS pg_catalog.\(name) CHECK (pg_temp.look(VALUE));
                """
            }
            try await database.gateway.transaction { transaction throws(PostgresError) in
                try await transaction.run(script: shadows.joined(separator: "\n"))
                for _ in 0..<2 {
                    try await transaction.query(
                        "SELECT public.tradermind_sign_in('legacy', 'CR78')")
                }
            }
            let open = try await database.owner.query(
                """
                SELECT proname FROM pg_proc
                WHERE pronamespace = 'public'::regnamespace AND prosecdef
                    AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false)
                """)
            #expect((0..<open.count).compactMap { open.text($0, 0) } == [])
        }
    }
}
