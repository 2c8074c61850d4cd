package import Foundation
import Glibc
import Synchronization

/// A PostgreSQL of a test's own: on a unix socket, and with TLS on a port of 127.0.0.1 where asked
/// for, with its data in a folder of its own. Runs as the user `postgres`, else `nobody`, where the
/// tests run as root, which PostgreSQL refuses.
///
/// Calls block: about a second for a new server, some hundred milliseconds for a start or stop.
package final class PrivatePostgresServer: Sendable {
    /// What went wrong with the server.
    package struct Failure: Error, CustomStringConvertible {
        /// What went wrong, with what the programs said.
        package let description: String
    }

    private static let patienceSeconds = 60.0

    /// The folder of the newest PostgreSQL's programs in Debian's layout, else of the one on PATH.
    private static let programsPath: String? = {
        let versions =
            (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let newest = versions.compactMap { Double($0) }.max().map { String(format: "%g", $0) }
        let onPath = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let folders = newest.map { ["/usr/lib/postgresql/\($0)/bin"] } ?? []
        return (folders + onPath.map(String.init))
            .first { FileManager.default.isExecutableFile(atPath: "\($0)/initdb") }
    }()

    /// Whether tests with a server of their own can run.
    package static var isAvailable: Bool { programsPath != nil }

    /// Why they cannot, for `.enabled(if:)`.
    package static let unavailableReason = "There is no PostgreSQL: install the package postgresql."

    /// The name of the user who owns the cluster, and of the database.
    package static let name = "tradermind"

    /// The folder that holds socket, data and log; removed with the server.
    package let folder: URL
    /// The port for TLS on 127.0.0.1, nil where there is none.
    package let port: UInt16?
    private let arguments: [String]
    private let state = Mutex(State())

    private struct State {
        var process: TestProcess?
    }

    /// The URL over the unix socket.
    package var url: String { "postgresql://\(Self.name)@/postgres?host=\(folder.path)" }

    /// Starts a server and waits until it takes connections.
    ///
    /// - Parameters:
    ///   - certificate: what it presents on a port of 127.0.0.1, where it is to have one.
    ///   - arguments: more arguments of the server, such as `["-c", "max_connections=5"]`.
    /// - Throws: `Failure` where it did not start, with what it said.
    package init(certificate: TestCertificate? = nil, arguments: [String] = []) throws {
        let name = "tmp-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        folder = URL(fileURLWithPath: "/tmp").appendingPathComponent(name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var all = [
            "-D", folder.path + "/data", "-c", "unix_socket_directories=\(folder.path)",
            "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=30",
        ]
        if let certificate {
            let reserved = try ReservedPort()
            reserved.release()
            port = reserved.number
            all += [
                "-c", "listen_addresses=127.0.0.1", "-c", "port=\(reserved.number)", "-c", "ssl=on",
                "-c", "ssl_cert_file=\(folder.path)/cert.pem",
                "-c", "ssl_key_file=\(folder.path)/key.pem",
            ]
            let files = FileManager.default
            try files.copyItem(
                atPath: certificate.certificatePath, toPath: folder.path + "/cert.pem")
            try files.copyItem(atPath: certificate.keyPath, toPath: folder.path + "/key.pem")
        } else {
            port = nil
            all += ["-c", "listen_addresses="]
        }
        self.arguments = all + arguments
        do {
            try prepare()
            try start()
        } catch {
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Hands the folder to the server's user and makes the cluster.
    private func prepare() throws {
        if let user = Self.serverUser {
            let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            for path in [folder.path] + names.map({ "\(folder.path)/\($0)" }) {
                // Safety: the path is read during the call.
                _ = unsafe chown(path, user.user, user.group)
            }
        }
        // Safety: the path is read during the call.
        _ = unsafe chmod(folder.path + "/key.pem", 0o600)
        let initdb = TestProcess()
        let log = folder.path + "/initdb.log"
        configure(
            initdb, program: "initdb",
            arguments: [
                "--pgdata", folder.path + "/data", "--username", Self.name, "--auth", "trust",
                "--encoding", "UTF8", "--locale", "C", "--no-sync",
            ], log: log)
        try initdb.run()
        initdb.waitUntilExit()
        guard initdb.terminationStatus == 0 else {
            throw Failure(description: "initdb failed: \(Self.text(log))")
        }
    }

    /// The user to run as, nil where the tests' own will do.
    private static let serverUser: (user: uid_t, group: gid_t)? = {
        guard getuid() == 0 else { return nil }
        for name in ["postgres", "nobody"] {
            // Safety: the entry is static memory of libc, read before any other look-up.
            if let entry = unsafe getpwnam(name) {
                return unsafe (entry.pointee.pw_uid, entry.pointee.pw_gid)
            }
        }
        return nil
    }()

    private func configure(
        _ process: TestProcess, program: String, arguments: [String], log: String
    ) {
        let path = "\(Self.programsPath ?? "")/\(program)"
        if let user = Self.serverUser {
            process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
            process.arguments =
                [
                    "--reuid", String(user.user), "--regid", String(user.group),
                    "--clear-groups", path,
                ] + arguments
        } else {
            process.executableURL = URL(fileURLWithPath: path)
            process.arguments = arguments
        }
        process.currentDirectoryURL = folder
        if !FileManager.default.fileExists(atPath: log) {
            _ = FileManager.default.createFile(atPath: log, contents: nil)
        }
        let output = FileHandle(forWritingAtPath: log) ?? .nullDevice
        output.seekToEndOfFile()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
    }

    /// Starts the server again after `stop` or `kill`.
    package func start() throws {
        let process = TestProcess()
        let log = folder.path + "/postgres.log"
        configure(process, program: "postgres", arguments: arguments, log: log)
        try process.run()
        state.withLock { $0.process = process }
        let deadline = Date(timeIntervalSinceNow: Self.patienceSeconds)
        while Date() < deadline && process.isRunning {
            if Self.text(folder.path + "/data/postmaster.pid").contains("ready") { return }
            _ = poll(nil, 0, 10)
        }
        kill()
        throw Failure(description: "PostgreSQL did not start: \(Self.text(log))")
    }

    /// Ends the server in an orderly way: it breaks off what is under way (SIGINT).
    package func stop() { end(by: SIGINT) }

    /// Ends the server at once, as a crash would (SIGQUIT: a killed one leaves its children).
    package func kill() { end(by: SIGQUIT) }

    /// Stops every process of the server from running, with its connections left open.
    package func suspend() { signalAll(SIGSTOP) }

    /// Lets a suspended server run on.
    package func resume() { signalAll(SIGCONT) }

    /// What the server has written to its log.
    package var log: String { Self.text(folder.path + "/postgres.log") }

    /// The postmaster and its children, which are sessions of their own.
    private func signalAll(_ number: Int32) {
        guard let postmaster = state.withLock({ $0.process?.processIdentifier }) else { return }
        let children = Self.text("/proc/\(postmaster)/task/\(postmaster)/children")
        for child in children.split(separator: " ").compactMap({ Int32($0) }) {
            _ = Glibc.kill(child, number)
        }
        _ = Glibc.kill(postmaster, number)
    }

    private func end(by number: Int32) {
        let process = state.withLock { $0.process.take() }
        guard let process else { return }
        _ = Glibc.kill(process.processIdentifier, number)
        _ = Glibc.kill(process.processIdentifier, SIGCONT)
        if !process.waitUntilExit(within: Self.patienceSeconds) {
            _ = Glibc.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    private static func text(_ path: String) -> String {
        guard let file = FileHandle(forReadingAtPath: path) else { return "" }
        defer { try? file.close() }
        return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
    }
}
