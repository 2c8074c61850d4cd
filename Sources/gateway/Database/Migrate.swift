import ArgumentParser
import Foundation
import GatewayServer
import Postgres

/// `gateway migrate`: brings a database to what the gateway needs.
struct Migrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Apply the migrations that are missing in the database.",
        discussion: """
            The role that signs in has to be allowed to make tables, functions and roles: the \
            owner of the database, on Supabase the user postgres. What is applied stays; a second \
            run changes nothing.
            """)

    @Option(help: "A configuration file (JSON) whose database is meant.")
    var config: String?

    @Option(help: "A file with nothing but a URL: postgresql://user:password@host/database")
    var databaseUrlFile: String?

    @Option(help: "With --database-url-file: a PEM file of the authorities of the server.")
    var caFile: String?

    @Flag(help: "With --database-url-file: another machine may do without a check of its name.")
    var allowWeakTls = false

    /// How long a statement of a migration may take, or wait for another migrator.
    private static let statementDuration = Duration.seconds(300)

    func run() throws {
        var database = try postgres()
        database.limits.statementDuration = Self.statementDuration
        try DatabaseCommand.run(database) { pool in
            let steps = try await Migrator(pool: pool).apply()
            for step in steps {
                print("\(step.isNew ? "applied" : "was there") \(step.name)")
            }
            let count = steps.count(where: \.isNew)
            print(count == 0 ? "Nothing to do." : "\(count) applied.")
        }
    }

    private func postgres() throws -> PostgresConfiguration {
        switch (config, databaseUrlFile) {
        case (let path?, nil):
            let node = try ServeConfiguration(
                path: path, environment: ProcessInfo.processInfo.environment
            ).node
            guard let database = node.database else {
                throw ValidationError("\(path) has no database")
            }
            return database.postgres
        case (nil, let path?):
            let text = String(decoding: try ReadableFile.bytes(of: path), as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            do throws(PostgresURLError) {
                var configuration = try PostgresConfiguration(
                    url: try PostgresURL(text), applicationName: "tradermind-migrate",
                    allowsWeakTLS: allowWeakTls)
                configuration.authorityPath = caFile
                return configuration
            } catch {
                throw ValidationError("the URL in \(path) is not usable: \(error.advice)")
            }
        default:
            throw ValidationError("give either --config or --database-url-file")
        }
    }
}
