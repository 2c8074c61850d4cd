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
        guard !FileManager.default.fileExists(atPath: path) else {
            throw KeyringFileError.exists(path)
        }
        try write(keyring, to: path)
    }

    /// Replaces the file as a whole.
    func replace(with keyring: TokenKeyring) throws {
        let temporary = path + ".new"
        try write(keyring, to: temporary)
        // Safety: both paths are read during the call.
        guard unsafe rename(temporary, path) == 0 else { throw KeyringFileError.unwritable(path) }
    }

    private func write(_ keyring: TokenKeyring, to path: String) throws {
        let contents = Data(keyring.fileContents().copied)
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
