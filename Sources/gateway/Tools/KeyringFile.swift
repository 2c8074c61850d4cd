import Foundation
import Security

/// A keyring in a file that only its owner can read.
struct KeyringFile {
    let path: String

    /// Reads the keys.
    func read() throws -> TokenKeyring {
        let bytes = try SecretFile(path: path).bytes(madeBy: "gateway keys generate")
        do throws(KeyringError) {
            return try TokenKeyring(file: bytes.span)
        } catch {
            throw KeyringFileError.unusable(path, error)
        }
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
        let bytes = try SecretFile(path: path).bytes(madeBy: "gateway keys generate --vault")
        do throws(KeyringError) {
            return try VaultKeyring(file: bytes.span)
        } catch {
            throw KeyringFileError.unusable(path, error)
        }
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

    /// Reads the bytes; where there is no file, the error names the command that makes it.
    func bytes(madeBy command: String) throws(KeyringFileError) -> [UInt8] {
        if let data = FileManager.default.contents(atPath: path) { return Array(data) }
        guard FileManager.default.fileExists(atPath: path) else {
            throw .missing(path, made: command)
        }
        throw .unreadable(path)
    }

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
    case missing(String, made: String)
    case unreadable(String)
    case unusable(String, KeyringError)
    case unwritable(String)
    case exists(String)

    var description: String {
        switch self {
        case .missing(let path, let command):
            "\(path) is missing: `\(command) \(path)` makes it"
        case .unreadable(let path): "cannot read \(path): \(ReadableFile.reason(path))"
        case .unusable(let path, let error): "\(path) is no keyring of this kind: \(error.advice)"
        case .unwritable(let path): "cannot write \(path)"
        case .exists(let path): "\(path) exists: keys are never overwritten"
        }
    }
}
