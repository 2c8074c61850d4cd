package import Foundation
import Glibc
import Synchronization

/// A redis-server of a test's own: on a unix socket in a folder of its own, without persistence.
///
/// The binary is the one that TRADERMIND_TEST_REDIS_SERVER names, else `redis-server` on PATH.
/// Calls block for a few milliseconds, at most until their deadline.
package final class PrivateRedisServer: Sendable {
    /// What went wrong with the server.
    package struct Failure: Error, CustomStringConvertible {
        /// What went wrong, with what the server said.
        package let description: String
    }

    /// How long the server may take to start or to end, in seconds.
    private static let patienceSeconds = 60.0

    /// Where the binary is, nil where there is none.
    package static let binaryPath: String? = {
        let environment = ProcessInfo.processInfo.environment
        if let path = environment["TRADERMIND_TEST_REDIS_SERVER"], !path.isEmpty { return path }
        let folders = (environment["PATH"] ?? "").split(separator: ":")
        return folders.map { "\($0)/redis-server" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// Whether tests with a server can run.
    package static var isAvailable: Bool { binaryPath != nil }

    /// Why they cannot, for `.enabled(if:)`.
    package static let unavailableReason = """
        There is no redis-server: install it or name it in TRADERMIND_TEST_REDIS_SERVER.
        """

    /// The folder that holds the socket; removed with the server.
    package let folder: URL
    /// The TCP port on 127.0.0.1, nil where the server has none.
    package let port: UInt16?
    private let arguments: [String]
    private let state = Mutex(State())

    private struct State {
        var process: TestProcess?
    }

    /// The path of the unix socket.
    package var socketPath: String { folder.appendingPathComponent("r.sock").path }

    /// The URL of the unix socket.
    package var url: String { "unix:\(socketPath)" }

    /// Starts a server and waits until it takes connections.
    ///
    /// - Parameters:
    ///   - listensOnTCP: whether it listens on a port of 127.0.0.1 too.
    ///   - arguments: more arguments of redis-server, such as `["--requirepass", "x"]`.
    /// - Throws: `Failure` where it did not start, with what it said.
    package init(listensOnTCP: Bool = false, arguments: [String] = []) throws {
        let name = "tmr-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        folder = URL(fileURLWithPath: "/tmp").appendingPathComponent(name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.arguments = arguments
        let reserved = listensOnTCP ? try ReservedPort() : nil
        port = reserved?.number
        reserved?.release()
        do {
            try start()
        } catch {
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
    }

    /// How often a server is tried on another port when one was taken in the moment between.
    private static let portAttemptCountMax = 5

    /// Starts a server on a TCP port too, on another one where the first was taken meanwhile.
    package static func onTCP(arguments: [String] = []) throws -> PrivateRedisServer {
        try retryingPorts { try PrivateRedisServer(listensOnTCP: true, arguments: arguments) }
    }

    /// Tries what needs a free port until it gets one.
    static func retryingPorts<Value>(_ body: () throws -> Value) throws -> Value {
        for _ in 1..<portAttemptCountMax {
            if let value = try? body() { return value }
        }
        return try body()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Starts the server again, on the same path and port, after `stop` or `kill`.
    package func start() throws {
        guard let binaryPath = Self.binaryPath else {
            throw Failure(description: "there is no redis-server")
        }
        let process = TestProcess()
        process.executableURL = URL(fileURLWithPath: binaryPath)
        process.arguments =
            [
                "--port", port.map(String.init) ?? "0", "--bind", "127.0.0.1",
                "--unixsocket", socketPath, "--dir", folder.path, "--save", "",
                "--appendonly", "no", "--daemonize", "no", "--logfile", logPath,
            ] + arguments
        // A file, not a pipe: a pipe's end would be inherited by whatever other tests start at the
        // same moment, and its dispatch source would outlive it.
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        state.withLock { $0.process = process }
        try waitUntilReady(process)
    }

    /// Ends the server in an orderly way. Not by SIGTERM: threads of a pool block that signal, and
    /// what they start inherits it.
    package func stop() {
        let connection = try? RawConnection(path: socketPath)
        try? connection?.send(Array("SHUTDOWN\r\n".utf8))
        end(by: connection == nil ? SIGKILL : 0)
    }

    /// Ends the server at once, as a crash would (SIGKILL).
    package func kill() {
        end(by: SIGKILL)
    }

    /// Stops the server from running, with its connections left open (SIGSTOP).
    package func suspend() {
        signal(SIGSTOP)
    }

    /// Lets a suspended server run on (SIGCONT).
    package func resume() {
        signal(SIGCONT)
    }

    private func signal(_ number: Int32) {
        state.withLock { state in
            if let process = state.process { _ = Glibc.kill(process.processIdentifier, number) }
        }
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

    /// Waits until the server takes connections.
    private func waitUntilReady(_ process: TestProcess) throws {
        let deadline = Date(timeIntervalSinceNow: Self.patienceSeconds)
        while Date() < deadline && process.isRunning {
            if (try? RawConnection(path: socketPath)) != nil { return }
            _ = poll(nil, 0, 5)
        }
        let said = FileManager.default.contents(atPath: logPath) ?? Data()
        kill()
        throw Failure(
            description: "redis-server did not start: \(String(decoding: said, as: UTF8.self))")
    }

    /// Where the server writes what it has to say.
    private var logPath: String { folder.appendingPathComponent("redis.log").path }
}
