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
    private static let patienceSeconds = 10.0

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
        var process: Process?
        var ended = DispatchSemaphore(value: 0)
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
        port = listensOnTCP ? try Self.freePort() : nil
        self.arguments = arguments
        do {
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

    /// Starts the server again, on the same path and port, after `stop` or `kill`.
    package func start() throws {
        guard let binaryPath = Self.binaryPath else {
            throw Failure(description: "there is no redis-server")
        }
        let process = Process()
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
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        state.withLock { state in
            state.process = process
            state.ended = ended
        }
        try waitUntilReady(process)
    }

    /// Ends the server in an orderly way.
    package func stop() {
        end(by: SIGTERM)
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
        let (process, ended) = state.withLock { state in
            (state.process.take(), state.ended)
        }
        guard let process else { return }
        _ = Glibc.kill(process.processIdentifier, number)
        _ = Glibc.kill(process.processIdentifier, SIGCONT)
        if ended.wait(timeout: .now() + Self.patienceSeconds) == .timedOut {
            _ = Glibc.kill(process.processIdentifier, SIGKILL)
            ended.wait()
        }
    }

    /// Waits until the server takes connections.
    private func waitUntilReady(_ process: Process) throws {
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

    /// A TCP port that nobody listens on at this moment.
    static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "no socket") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var byteCount = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Safety: the address and its size are passed, both alive during the calls.
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                guard unsafe bind(descriptor, pointer, byteCount) == 0 else { return Int32(-1) }
                return unsafe getsockname(descriptor, pointer, &byteCount)
            }
        }
        guard result == 0 else { throw Failure(description: "no free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}
