package import Postgres
package import SchemaMigrations

/// Why the migrations were not applied.
package enum MigrationError: Error, Equatable, CustomStringConvertible {
    /// A file is not what it was when it was applied.
    case changed(name: String)
    /// A file cannot be applied; nothing of it was.
    case failed(name: String, PostgresError)

    package var description: String {
        switch self {
        case .changed(let name):
            "\(name) is not what was applied: applied migrations never change"
        case .failed(let name, let error): "\(name): \(error)"
        }
    }
}

/// Brings a database to what the gateway needs. Confined to the loop of its pool.
package struct Migrator {
    /// A file and what became of it.
    package struct Step: Sendable, Equatable {
        /// The file's name.
        package let name: String
        /// Whether it was applied now; false where it had been before.
        package let isNew: Bool
    }

    /// Where the files stand in a database.
    package struct Status: Sendable, Equatable {
        /// Files that are not applied.
        package var missing: [String] = []
        /// Files that were applied as something else.
        package var changed: [String] = []

        /// Everything is applied.
        package init() {}
    }

    private let pool: PostgresPool
    private let migrations: [SchemaMigrations.Migration]

    /// Makes a migrator; the pool's role has to be allowed to make tables, functions and roles.
    package init(
        pool: PostgresPool, migrations: [SchemaMigrations.Migration] = SchemaMigrations.all
    ) {
        self.pool = pool
        self.migrations = migrations
    }

    /// Applies what is not applied yet, each file in a transaction of its own and one migrator of
    /// a database at a time.
    ///
    /// - Returns: every file, in order.
    /// - Throws: `MigrationError`; the files before the one that it names are applied.
    package func apply() async throws(MigrationError) -> [Step] {
        do throws(PostgresError) {
            try await pool.transaction { transaction throws(PostgresError) in
                try await Self.lock(transaction)
                try await transaction.run(script: SchemaMigrations.bootstrap)
            }
        } catch {
            throw .failed(name: "schema_migrations", error)
        }
        var steps: [Step] = []
        for migration in migrations {
            let step: Step?
            do throws(PostgresError) {
                step = try await apply(migration, attemptsLeft: Self.attemptCountMax)
            } catch {
                throw .failed(name: migration.name, error)
            }
            guard let step else { throw .changed(name: migration.name) }
            steps.append(step)
        }
        return steps
    }

    /// Compares what is applied with what this build brings.
    ///
    /// - Throws: `PostgresError`.
    package func status() async throws(PostgresError) -> Status {
        var status = Status()
        let table = try await pool.query(
            "SELECT to_regclass('public.schema_migrations') IS NOT NULL")
        guard table.boolean(0, 0) == true else {
            status.missing = migrations.map(\.name)
            return status
        }
        for migration in migrations {
            let rows = try await pool.query(
                Self.isUnchanged, .text(migration.name), .text(migration.text))
            if rows.count == 0 {
                status.missing.append(migration.name)
            } else if rows.boolean(0, 0) != true {
                status.changed.append(migration.name)
            }
        }
        return status
    }

    /// How often a file is tried where another database of the same server is set up meanwhile.
    private static let attemptCountMax = 5

    /// Applies a file in one transaction, or nothing of it.
    ///
    /// Roles belong to all databases of a server. Where another database makes one at this moment,
    /// this session may know it as missing until its next transaction.
    private func apply(
        _ migration: SchemaMigrations.Migration, attemptsLeft: Int
    ) async throws(PostgresError) -> Step? {
        do throws(PostgresError) {
            return try await pool.transaction { transaction throws(PostgresError) in
                try await Self.apply(migration, transaction)
            }
        } catch {
            guard attemptsLeft > 1, case .refused(let reason) = error,
                Self.roleConflicts.contains(reason.sqlState)
            else { throw error }
            return try await apply(migration, attemptsLeft: attemptsLeft - 1)
        }
    }

    /// undefined_object, unique_violation, duplicate_object and internal_error ("tuple concurrently
    /// updated").
    private static let roleConflicts: Set<String> = ["42704", "23505", "42710", "XX000"]

    /// - Returns: nil where the file was applied as something else.
    private static func apply(
        _ migration: SchemaMigrations.Migration, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> Step? {
        try await lock(transaction)
        let rows = try await transaction.query(
            isUnchanged, .text(migration.name), .text(migration.text))
        if rows.count > 0 {
            return rows.boolean(0, 0) == true ? Step(name: migration.name, isNew: false) : nil
        }
        try await transaction.run(script: migration.text)
        try await transaction.query(
            """
            INSERT INTO public.schema_migrations (name, checksum)
            VALUES ($1, encode(sha256(convert_to($2, 'UTF8')), 'hex'))
            """, .text(migration.name), .text(migration.text))
        return Step(name: migration.name, isNew: true)
    }

    /// Held until the transaction ends, so that it works through a pooler too.
    private static func lock(_ transaction: PostgresTransaction) async throws(PostgresError) {
        try await transaction.query(
            "SELECT pg_advisory_xact_lock(hashtextextended('tradermind:migrations', 0))")
    }

    private static let isUnchanged: StaticString = """
        SELECT checksum = encode(sha256(convert_to($2, 'UTF8')), 'hex')
        FROM public.schema_migrations WHERE name = $1
        """
}
