import EventLoop
import Foundation
import GatewayServer
import Postgres
import Security

/// Looks at PostgreSQL: whether it answers, its version, clock and migrations, what the role may
/// do, and whether the vault has every key that is needed.
struct DatabaseExamination {
    private let node: GatewayConfiguration
    private let loop: EventLoop

    init(_ node: GatewayConfiguration, _ loop: EventLoop) {
        self.node = node
        self.loop = loop
    }

    func run(_ box: FindingsBox) async {
        guard let database = node.database else {
            return box.note(true, "postgresql", "none is configured")
        }
        var configuration = database.postgres
        configuration.limits.connectionCountMax = 1
        let pool = PostgresPool(loop: loop, configuration: configuration)
        pool.start()
        defer { pool.close() }
        guard await pool.waitUntilReady(within: DatabaseCommand.connectDuration) else {
            return box.note(
                false, "postgresql", "\(configuration.url) does not answer: \(pool.failure)")
        }
        do throws(PostgresError) {
            try await examine(pool, configuration, box)
            try await examineMigrations(pool, database, box)
        } catch {
            box.note(false, "postgresql", "\(error)")
        }
    }

    private func examine(
        _ pool: PostgresPool, _ configuration: PostgresConfiguration, _ box: FindingsBox
    ) async throws(PostgresError) {
        let before = WallClock.milliseconds()
        let rows = try await pool.query(
            """
            SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
                current_setting('server_version'), current_setting('server_version_num')::bigint,
                pg_is_in_recovery()
            """)
        let after = WallClock.milliseconds()
        box.note(
            true, "postgresql",
            "\(configuration.url) answers, version \(rows.text(0, 1) ?? "unknown")")
        if rows.integer(0, 2) ?? 0 < 150_000 {
            box.note(false, "postgresql", "version 15 or newer is needed")
        }
        if rows.boolean(0, 3) != false {
            box.note(false, "postgresql", "it is a standby, which takes no writes")
        }
        box.noteClock("postgresql", rows.integer(0, 0) ?? 0, window: (before, after))
    }

    private func examineMigrations(
        _ pool: PostgresPool, _ database: DatabaseConfiguration, _ box: FindingsBox
    ) async throws(PostgresError) {
        let status = try await Migrator(pool: pool).status()
        guard status.missing.isEmpty, status.changed.isEmpty else {
            let missing = status.missing.isEmpty ? "" : " missing: \(status.missing)"
            let changed = status.changed.isEmpty ? "" : " changed: \(status.changed)"
            return box.note(false, "migrations", "run gateway migrate;\(missing)\(changed)")
        }
        box.note(true, "migrations", "all are applied")
        let problems = try await RoleExamination.problems(pool)
        for problem in problems { box.note(false, "database role", problem) }
        if problems.isEmpty {
            box.note(true, "database role", "it may do what a gateway needs, and no more")
        }
        let rows = try await pool.query("SELECT DISTINCT key_id FROM public.broker_tokens")
        let stored = (0..<rows.count).compactMap { rows.integer($0, 0) }
        let unknown = stored.filter { number in
            UInt32(exactly: number).map {
                !database.vault.vault.hasKey(VaultKeyID(number: $0))
            } ?? true
        }
        box.note(
            unknown.isEmpty, "vault",
            unknown.isEmpty
                ? "it has every key that seals a stored token"
                : "these keys of stored tokens are missing: \(unknown)")
    }
}

/// Compares what the role may do with what a gateway needs.
enum RoleExamination {
    /// What is wrong with the role that signed in.
    static func problems(_ pool: PostgresPool) async throws(PostgresError) -> [String] {
        let role = try await pool.query(
            "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        var problems: [String] = []
        if role.boolean(0, 0) == true {
            return ["it is a superuser: sign in as a role in tradermind_gateway"]
        }
        if role.boolean(0, 1) == true { problems.append("row level security does not bind it") }
        let rows = try await pool.query(
            """
            SELECT wanted.name, wanted.privilege, wanted.isNeeded FROM (VALUES
                ('public.profiles', 'SELECT', true),
                ('public.broker_identities', 'SELECT', true),
                ('public.broker_identities', 'INSERT', true),
                ('public.broker_accounts', 'SELECT', true),
                ('public.broker_accounts', 'INSERT', true),
                ('public.broker_accounts', 'UPDATE', true),
                ('public.broker_accounts', 'DELETE', true),
                ('public.broker_tokens', 'SELECT', true),
                ('public.broker_tokens', 'INSERT', true),
                ('public.broker_tokens', 'UPDATE', true),
                ('public.broker_tokens', 'DELETE', true),
                ('public.profiles', 'INSERT', false),
                ('public.profiles', 'DELETE', false),
                ('public.broker_identities', 'DELETE', false),
                ('public.audit_log', 'SELECT', false),
                ('public.audit_log', 'UPDATE', false),
                ('public.audit_log', 'DELETE', false)
            ) AS wanted (name, privilege, isNeeded)
            WHERE has_table_privilege(wanted.name, wanted.privilege) <> wanted.isNeeded
            UNION ALL
            SELECT 'public.profiles', 'UPDATE', false
            WHERE has_any_column_privilege('public.profiles', 'UPDATE')
            UNION ALL
            SELECT 'public.audit_log', 'INSERT', true
            WHERE NOT has_any_column_privilege('public.audit_log', 'INSERT')
            UNION ALL
            SELECT 'public.tradermind_sign_in', 'EXECUTE', true
            WHERE NOT has_function_privilege('public.tradermind_sign_in(text, text)', 'EXECUTE')
            """)
        for row in 0..<rows.count {
            let name = rows.text(row, 0) ?? ""
            let privilege = rows.text(row, 1) ?? ""
            problems.append(
                rows.boolean(row, 2) == true
                    ? "\(privilege) on \(name) is missing" : "\(privilege) on \(name) is too much")
        }
        return problems
    }
}
