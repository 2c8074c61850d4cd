import EventLoop
import Foundation
import Glibc

/// A redis-server of our own on a unix socket, kept alive. Confined to its loop.
///
/// Where it dies it is started again after a pause, unless something else answers on the socket by
/// then: whoever kills it to see what happens may as well start it again.
final class PrivateRedis: TimerHandler {
    /// The pause before it is started again, and between looks at a socket that someone else
    /// serves.
    static let restartPause = Duration.seconds(1)
    /// How long it gets to write its data down before it is killed.
    static let stopDuration = Duration.seconds(10)

    private let loop: EventLoop
    private let directory: DevDirectory
    private let report: (String) -> Void
    private var process: ChildProcess?
    private var stopCompletion: (() -> Void)?
    private var killTimer: TimerID?

    /// The path of its unix socket.
    let socketPath: String

    /// A server that does not run yet; `report` gets a line about each start and end.
    ///
    /// - Throws: where the folder's path is too long for a unix socket.
    init(
        directory: DevDirectory, on loop: EventLoop, report: @escaping (String) -> Void
    ) throws(DevError) {
        self.loop = loop
        self.directory = directory
        self.report = report
        socketPath = directory.file("redis.sock")
        guard socketPath.utf8.count <= SocketAddress.unixPathByteCountMax else {
            throw .pathTooLong(socketPath)
        }
    }

    /// Starts it; one that is left over from a start that was killed is stopped first.
    func start() async throws(DevError) {
        loop.preconditionOnLoop()
        await stopLeftOver()
        do {
            try FileManager.default.createDirectory(
                atPath: directory.file("redis"), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw .cannotWrite(directory.file("redis"))
        }
        try spawn()
    }

    /// The folder is locked by this process, so a server that answers there belongs to a start
    /// that could not stop it.
    private func stopLeftOver() async {
        guard isAnswering, let file = directory.read("redis.pid"),
            let text = String(validating: file, as: UTF8.self),
            let identifier = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)),
            identifier > 1
        else { return }
        report("stopping redis-server \(identifier), left over from an earlier start")
        Glibc.kill(identifier, SIGTERM)
        let deadline = loop.now.advanced(by: Self.stopDuration)
        while isAnswering && loop.now < deadline { await loop.sleep(for: .milliseconds(20)) }
    }

    private func spawn() throws(DevError) {
        do throws(SystemError) {
            process = try ChildProcess(
                program: "redis-server", arguments: arguments,
                outputPath: directory.file("redis.log"), on: loop
            ) { [unowned self] in ended($0) }
        } catch {
            if error.code == ENOENT { throw .programMissing("redis-server") }
            throw .serverDidNotStart("redis-server", log: "\(error)")
        }
    }

    /// Ends it without waiting.
    func kill() {
        process?.signal(SIGKILL)
    }

    /// Lets it write its data down and end.
    ///
    /// - Parameter completion: called once, on the loop.
    func stop(completion: @escaping () -> Void) {
        loop.preconditionOnLoop()
        guard let process, process.exit == nil else { return completion() }
        stopCompletion = completion
        process.signal(SIGTERM)
        killTimer = loop.schedule(after: Self.stopDuration, handler: self)
    }

    func timerFired(token: UInt32) {
        if stopCompletion != nil {
            killTimer = nil
            process?.signal(SIGKILL)
        } else if isAnswering {
            _ = loop.schedule(after: Self.restartPause, handler: self)
        } else {
            do throws(DevError) {
                try spawn()
                report("redis-server was started again")
            } catch {
                report("redis-server cannot be started: \(error)")
                _ = loop.schedule(after: Self.restartPause, handler: self)
            }
        }
    }

    private var arguments: [String] {
        [
            // No TCP port: only this user reaches the socket.
            "--port", "0", "--unixsocket", socketPath, "--unixsocketperm", "700",
            "--dir", directory.file("redis"), "--appendonly", "yes", "--save", "",
            "--daemonize", "no", "--pidfile", directory.file("redis.pid"),
        ]
    }

    private func ended(_ exit: ProcessExit) {
        if let stopCompletion {
            self.stopCompletion = nil
            if let killTimer { loop.cancel(killTimer) }
            return stopCompletion()
        }
        report("redis-server ended (\(exit)); it will be started again")
        _ = loop.schedule(after: Self.restartPause, handler: self)
    }

    /// Whether a connection to the socket is taken; a socket file without a server refuses.
    var isAnswering: Bool {
        guard let socket = try? StreamSocket.connecting(to: .unix(path: socketPath)) else {
            return false
        }
        return socket.connectionError() == nil
    }
}
