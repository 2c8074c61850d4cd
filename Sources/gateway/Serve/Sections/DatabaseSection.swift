import EventLoop
import Foundation
import GatewayServer
import Postgres
import Security

/// The section `database`: PostgreSQL, for users, their tokens and the audit log.
extension ServeConfiguration {
    /// Reads where PostgreSQL is; a file without the section has no database.
    ///
    /// - Parameters:
    ///   - file: the whole configuration.
    ///   - node: gets the settings.
    /// - Throws: `ConfigurationReader.Problem`, or what is wrong with the vault's keys.
    static func readDatabase(
        _ file: inout ConfigurationReader, into node: inout GatewayConfiguration
    ) throws {
        var section = try file.object("database")
        let text = try section.text(
            "url", as: .url,
            "`postgresql://user[:password]@host[:port]/database[?sslmode=MODE]`, or "
                + "`postgresql://user@/database?host=/folder`. Without it the node has no "
                + "database: no users, no stored tokens, the audit log in the log only.")
        let passwordPath = try section.text(
            "password_file", as: .secretFile, "The password, in place of one in the URL.")
        let authorityPath = try section.text(
            "ca_file", as: .file, standard: "the system's",
            "Authorities that certify PostgreSQL (PEM).")
        var allowsWeakTLS = false
        try section.boolean(
            "allow_weak_tls", into: &allowsWeakTLS,
            "Whether an `sslmode` other than `verify-full` may be asked for on another machine.")
        var preparesStatements = true
        try section.boolean(
            "prepared_statements", into: &preparesStatements,
            "`false` behind a pooler that gives each transaction another server, such as "
                + "Supabase's port 6543.")
        let keysPath = try section.text(
            "vault_keys_file", as: .secretFile, standard: "required with `database.url`",
            "The keys that seal the broker's tokens, which `gateway keys generate --vault FILE` "
                + "makes; the same on every node.")
        var limits = PostgresLimits()
        try section.integer(
            "connections_per_loop", 1...PostgresLimits.connectionCountMaximum,
            into: &limits.connectionCountMax,
            "Connections of each loop: two carry more sign-ins than a node gets, and a slow one "
                + "does not hold up the others.")
        try section.finish()
        guard let text else {
            guard section.isEmpty else {
                throw ConfigurationReader.Problem(description: "database.url is missing")
            }
            return
        }
        guard let keysPath else {
            throw ConfigurationReader.Problem(description: "database.vault_keys_file is missing")
        }
        var postgres = try configuration(
            text, passwordPath: passwordPath, allowsWeakTLS: allowsWeakTLS, limits,
            applicationName: "tradermind-\(node.nodeName)")
        if let authorityPath {
            do throws(TLSError) {
                _ = try TLSTrust(authorityPath: authorityPath)
            } catch {
                throw ConfigurationReader.Problem(
                    description: "database.ca_file is not usable: \(error)")
            }
            postgres.authorityPath = authorityPath
        }
        postgres.usesPreparedStatements = preparesStatements
        let vault = VaultBox(try VaultKeyringFile(path: keysPath).vault())
        node.database = DatabaseConfiguration(postgres: postgres, vault: vault)
        node.database?.vaultKeysPath = keysPath
    }

    private static func configuration(
        _ text: String, passwordPath: String?, allowsWeakTLS: Bool, _ limits: PostgresLimits,
        applicationName: String
    ) throws(ConfigurationReader.Problem) -> PostgresConfiguration {
        var password: PostgresPassword?
        if let passwordPath {
            password = PostgresPassword(
                try ReadableFile.password(of: passwordPath, setting: "database.password_file"))
        }
        do throws(PostgresURLError) {
            var url = try PostgresURL(text)
            if let password { url.password = password }
            return try PostgresConfiguration(
                url: url, applicationName: applicationName, allowsWeakTLS: allowsWeakTLS,
                limits: limits)
        } catch {
            throw ConfigurationReader.Problem(
                description: "database.url is not usable: \(error.advice)")
        }
    }
}
