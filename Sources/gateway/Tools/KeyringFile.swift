import Foundation
import Glibc
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

/// A file that only its owner can read, from its first moment on.
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

    /// Writes a new file, and never over another one.
    func create(_ contents: SecretBytes) throws {
        try write(contents, to: path)
    }

    /// Replaces the file as a whole, or leaves it as it is.
    func replace(with contents: SecretBytes) throws {
        let temporary = path + ".new"
        // What a run that was broken off has left.
        // Safety: the path is read during the call.
        _ = unsafe unlink(temporary)
        try write(contents, to: temporary)
        // Safety: both paths are read during the call.
        guard unsafe rename(temporary, path) == 0 else { throw KeyringFileError.unwritable(path) }
    }

    private func write(_ contents: SecretBytes, to path: String) throws {
        // Made with its permissions: a change behind would come too late for who looks in between.
        // Safety: the path is read during the call.
        let descriptor = unsafe open(
            path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw errno == EEXIST
                ? KeyringFileError.exists(path) : KeyringFileError.unwritable(path)
        }
        let isWritten = contents.withSpan { bytes in
            // Safety: the bytes are valid until the closure returns, and at most they are read.
            unsafe bytes.withUnsafeBytes { bytes in
                var offset = 0
                while offset < bytes.count {
                    let count = unsafe Glibc.write(
                        descriptor, bytes.baseAddress?.advanced(by: offset), bytes.count - offset)
                    guard count > 0 || errno == EINTR else { return false }
                    offset += max(count, 0)
                }
                return fsync(descriptor) == 0
            }
        }
        close(descriptor)
        guard isWritten else {
            // Safety: the path is read during the call.
            _ = unsafe unlink(path)
            throw KeyringFileError.unwritable(path)
        }
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
