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
        let text = try section.text("url")
        let passwordPath = try section.text("password_file")
        let authorityPath = try section.text("ca_file")
        let allowsWeakTLS = try section.boolean("allow_weak_tls")
        let preparing = try section.boolean("prepared_statements")
        let keysPath = try section.text("vault_keys_file")
        var limits = PostgresLimits()
        let count = try section.integer(
            "connections_per_loop", in: 1...PostgresLimits.connectionCountMaximum)
        try section.finish()
        guard let text else {
            let others: [Any?] = [
                passwordPath, authorityPath, allowsWeakTLS, preparing, keysPath, count,
            ]
            guard others.allSatisfy({ $0 == nil }) else {
                throw ConfigurationReader.Problem(description: "database.url is missing")
            }
            return
        }
        guard let keysPath else {
            throw ConfigurationReader.Problem(description: "database.vault_keys_file is missing")
        }
        if let count { limits.connectionCountMax = count }
        var postgres = try configuration(
            text, passwordPath: passwordPath, allowsWeakTLS: allowsWeakTLS ?? false, limits,
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
        postgres.usesPreparedStatements = preparing ?? true
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
            guard let data = FileManager.default.contents(atPath: passwordPath) else {
                throw ConfigurationReader.Problem(
                    description: "cannot read database.password_file")
            }
            let text = String(decoding: data, as: UTF8.self)
            password = PostgresPassword(text.trimmingCharacters(in: .newlines))
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

extension PostgresURLError {
    /// What is wrong, and where it helps, what to do.
    var advice: String {
        switch self {
        case .weakTLS:
            "another machine needs sslmode=verify-full, or allow_weak_tls set to true"
        default: "\(self)"
        }
    }
}
