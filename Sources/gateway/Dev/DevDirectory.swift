import Foundation
import Security

/// The folder in which `gateway dev` keeps its state from one start to the next.
struct DevDirectory {
    /// The folder, as an absolute path.
    let path: String

    /// Makes the folder where it is missing, for this user only.
    init(path: String) throws {
        let url = URL(fileURLWithPath: path)
        self.path = url.standardizedFileURL.path
        try FileManager.default.createDirectory(
            atPath: self.path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
    }

    /// A path inside the folder.
    func file(_ name: String) -> String {
        "\(path)/\(name)"
    }

    /// The bytes of a file, nil where there is none.
    func read(_ name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: file(name)).map { Array($0) }
    }

    /// Writes a file that only this user can read, whole or not at all.
    func write(_ contents: SecretBytes, to name: String) throws {
        do {
            try SecretFile(path: file(name)).replace(with: contents)
        } catch {
            throw DevError.cannotWrite(file(name))
        }
    }

    /// Removes a file; a missing one is fine.
    func remove(_ name: String) {
        try? FileManager.default.removeItem(atPath: file(name))
    }
}

/// Holds a folder for one process: a second `gateway dev` on it is refused.
struct DevLock: ~Copyable {
    private let descriptor: Int32

    init(_ directory: DevDirectory) throws {
        // Safety: the path is read during the call.
        descriptor = unsafe open(directory.file("lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw DevError.cannotWrite(directory.file("lock")) }
        // The descriptor is closed by deinit, which runs for a value whose init throws, too.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw DevError.directoryInUse(directory.path)
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}

/// Why `gateway dev` cannot start; each text says what to do.
enum DevError: Error, CustomStringConvertible {
    case cannotWrite(String)
    case directoryInUse(String)
    case programMissing(String)
    case serverDidNotStart(String, log: String)
    case notReady([String])
    case pathTooLong(String)
    case damagedKey(String)
    case feed(String)

    var description: String {
        switch self {
        case .cannotWrite(let path): "cannot write \(path)"
        case .directoryInUse(let path):
            "another gateway dev runs in \(path): stop it, or choose another folder with --data"
        case .programMissing(let name):
            "\(name) is not installed: Scripts/install-packages installs it"
        case .serverDidNotStart(let name, let log): "\(name) did not start: see \(log)"
        case .notReady(let problems):
            "the gateway does not get ready: \(problems.joined(separator: ", "))"
        case .pathTooLong(let path):
            "\(path) is too long for a unix socket: choose a shorter folder with --data"
        case .damagedKey(let path): "\(path) is damaged: remove it, and a new key will be made"
        case .feed(let text): text
        }
    }
}
