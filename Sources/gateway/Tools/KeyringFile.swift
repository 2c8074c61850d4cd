import Foundation
import Security

/// A keyring in a file that only its owner can read.
struct KeyringFile {
    let path: String

    /// Reads the keys.
    func read() throws -> TokenKeyring {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw KeyringFileError.unreadable(path)
        }
        return try TokenKeyring(file: Array(data).span)
    }

    /// Writes a new file.
    func create(_ keyring: TokenKeyring) throws {
        try SecretFile(path: path).create(keyring.fileContents())
    }

    /// Replaces the file as a whole.
    func replace(with keyring: TokenKeyring) throws {
        try SecretFile(path: path).replace(with: keyring.fileContents())
    }
}

/// The vault's keyring in a file that only its owner can read.
struct VaultKeyringFile {
    let path: String

    /// Reads the keys.
    func read() throws -> VaultKeyring {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw KeyringFileError.unreadable(path)
        }
        return try VaultKeyring(file: Array(data).span)
    }

    /// A vault of the keys.
    func vault() throws -> Vault { try Vault(keyring: try read()) }

    /// Writes a new file.
    func create(_ keyring: VaultKeyring) throws {
        try SecretFile(path: path).create(keyring.fileContents())
    }

    /// Replaces the file as a whole.
    func replace(with keyring: VaultKeyring) throws {
        try SecretFile(path: path).replace(with: keyring.fileContents())
    }
}

/// A file that only its owner can read.
struct SecretFile {
    let path: String

    func create(_ contents: SecretBytes) throws {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw KeyringFileError.exists(path)
        }
        try write(contents, to: path)
    }

    func replace(with contents: SecretBytes) throws {
        let temporary = path + ".new"
        try write(contents, to: temporary)
        // Safety: both paths are read during the call.
        guard unsafe rename(temporary, path) == 0 else { throw KeyringFileError.unwritable(path) }
    }

    private func write(_ contents: SecretBytes, to path: String) throws {
        let contents = Data(contents.copied)
        guard
            FileManager.default.createFile(
                atPath: path, contents: contents, attributes: [.posixPermissions: 0o600])
        else { throw KeyringFileError.unwritable(path) }
    }
}

extension SecretBytes {
    /// A copy outside the protected memory, for a file that only this user can read.
    var copied: [UInt8] {
        withSpan { span in span.indices.map { span[$0] } }
    }
}

/// Why a keyring file cannot be used.
enum KeyringFileError: Error, CustomStringConvertible {
    case unreadable(String)
    case unwritable(String)
    case exists(String)

    var description: String {
        switch self {
        case .unreadable(let path): "cannot read \(path)"
        case .unwritable(let path): "cannot write \(path)"
        case .exists(let path): "\(path) exists: keys are never overwritten"
        }
    }
}
