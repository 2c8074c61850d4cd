package import Postgres
package import Security
import Synchronization

/// How a node uses its database.
package struct DatabaseConfiguration: Sendable {
    /// Where PostgreSQL is, with the bounds of each loop's pool.
    package var postgres: PostgresConfiguration
    /// What seals the broker's tokens.
    package let vault: VaultBox
    /// The file that the vault's keys came from, where they can be read again; nil for none.
    package var vaultKeysPath: String?

    /// Puts a configuration together.
    ///
    /// - Parameters:
    ///   - postgres: where PostgreSQL is.
    ///   - vault: what seals the broker's tokens.
    package init(postgres: PostgresConfiguration, vault: VaultBox) {
        self.postgres = postgres
        self.vault = vault
    }
}

/// The vault that is in use: all loops of a node share it, and it can be replaced when its keyring
/// has moved on.
package final class VaultBox: Sendable {
    private let current: Mutex<Vault>

    /// Begins with a vault.
    package init(_ vault: Vault) {
        current = Mutex(vault)
    }

    /// The vault that is in use. Any thread may ask.
    package var vault: Vault { current.withLock { $0 } }

    /// Uses another vault from now on. Any thread may call.
    package func replace(with vault: Vault) {
        current.withLock { $0 = vault }
    }
}
