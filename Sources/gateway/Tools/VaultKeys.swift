import ArgumentParser
import Foundation
import GatewayServer
import Security

/// The vault's part of `gateway keys`.
extension Keys {
    /// Whether a file holds keys of the vault: its first line says so.
    static func isVault(_ path: String) -> Bool {
        guard let data = FileManager.default.contents(atPath: path) else { return false }
        return data.starts(with: Data("tradermind-vault-keyring ".utf8))
    }

    static func generateVault(_ path: String) throws {
        try VaultKeyringFile(path: path).create(
            try VaultKeyring(
                newKey: RandomBytes.makeSecret(byteCount: VaultKeyring.secretByteCount)))
        print("\(path) has a key that seals. Keep a copy: what it has sealed opens with no other.")
    }

    static func prepareVault(_ path: String) throws {
        let file = VaultKeyringFile(path: path)
        var keyring = try file.read()
        let id = try keyring.add(
            newKey: RandomBytes.makeSecret(byteCount: VaultKeyring.secretByteCount))
        try file.replace(with: keyring)
        print("Key \(id.text) opens. Let every node read the file (SIGHUP) before you rotate.")
    }

    static func rotateVault(_ path: String, config: String?) throws {
        let file = VaultKeyringFile(path: path)
        var keyring = try file.read()
        guard let newest = keyring.entries.map(\.id).max(), newest != keyring.primaryID else {
            throw ValidationError("there is no next key: gateway keys prepare adds one")
        }
        try keyring.promote(newest)
        try file.replace(with: keyring)
        print("Key \(newest.text) seals. Let every node read the file (SIGHUP).")
        if let config { try reseal(config: config, retires: false) }
    }

    /// `gateway keys reseal`.
    struct Reseal: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seal the broker's tokens again with the vault's primary key.",
            discussion: "Nodes go on serving meanwhile.")

        @Option(help: "The configuration file, which names the database and the vault's keys.")
        var config: String

        @Flag(help: "Remove the other keys once nothing is sealed with them any longer.")
        var retire = false

        func run() throws {
            try Keys.reseal(config: config, retires: retire)
        }
    }

    private static func reseal(config: String, retires: Bool) throws {
        let node = try ServeConfiguration(
            path: config, environment: ProcessInfo.processInfo.environment
        ).node
        guard let database = node.database, let path = database.vaultKeysPath else {
            throw ValidationError("\(config) has no database")
        }
        try DatabaseCommand.run(database.postgres) { pool in
            let store = AccountStore(pool: pool, vault: database.vault)
            let report = try await store.resealAll()
            print(
                "\(report.resealedCount) sealed again, \(report.skippedCount) replaced meanwhile, "
                    + "\(report.unreadableCount) do not open, \(report.remainingCount) remain")
            guard report.remainingCount == 0 else {
                throw VaultKeysError.remaining(report.remainingCount)
            }
            guard retires else { return }
            let file = VaultKeyringFile(path: path)
            var keyring = try file.read()
            for entry in keyring.entries where entry.id != keyring.primaryID {
                try keyring.remove(entry.id)
                print("Key \(entry.id.text) is removed.")
            }
            try file.replace(with: keyring)
        }
    }
}

/// Why the former keys are still needed.
enum VaultKeysError: Error, CustomStringConvertible {
    case remaining(Int)

    var description: String {
        switch self {
        case .remaining(let count):
            "\(count) tokens need other keys than the primary one: keep those"
        }
    }
}
