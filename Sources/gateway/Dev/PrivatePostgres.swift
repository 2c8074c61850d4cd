import EventLoop
import Foundation
import Glibc
import Postgres

/// A PostgreSQL of our own on a unix socket, kept alive. Confined to its loop.
///
/// Its folder is below the one of `gateway dev`; where that runs as root, the server and its folder
/// belong to another user.
final class PrivatePostgres: TimerHandler {
    /// The pause before it is started again.
    static let restartPause = Duration.seconds(1)
    /// How long it gets to end in order before it is killed, and how long `initdb` may take.
    static let stopDuration = Duration.seconds(10)
    static let initializeDuration = Duration.seconds(60)
    /// Who owns the cluster, and the database.
    static let name = "tradermind"
    private static let socketName = ".s.PGSQL.5432"

    private let loop: EventLoop
    private let programs: PostgresPrograms
    private let logPath: String
    private let report: (String) -> Void
    private var process: ChildProcess?
    private var stopCompletion: (() -> Void)?
    private var killTimer: TimerID?

    /// The folder of the socket and of the data.
    let folder: String

    /// A server that does not run yet; `report` gets a line about each start and end.
    ///
    /// - Throws: where PostgreSQL is not installed, or the path too long for a unix socket.
    init(
        directory: DevDirectory, on loop: EventLoop, report: @escaping (String) -> Void
    ) throws(DevError) {
        self.loop = loop
        self.report = report
        programs = try PostgresPrograms()
        folder = directory.file("postgres")
        logPath = directory.file("postgres.log")
        let socketPath = "\(folder)/\(Self.socketName)"
        guard socketPath.utf8.count <= SocketAddress.unixPathByteCountMax else {
            throw .pathTooLong(socketPath)
        }
    }

    private var dataPath: String { "\(folder)/data" }

    /// Where to connect to, as the owner.
    func url(
        database: String = PrivatePostgres.name, user: String = PrivatePostgres.name
    )
        -> PostgresURL
    {
        PostgresURL(folder: folder, user: user, database: database)
    }

    /// Where people and programs connect to, as the owner.
    var ownerURL: String {
        let host = folder.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? folder
        return "postgresql://\(Self.name)@/\(Self.name)?host=\(host)"
    }

    /// Makes the cluster where there is none, and starts the server.
    func start() async throws(DevError) {
        loop.preconditionOnLoop()
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw .cannotWrite(folder)
        }
        try programs.own(folder)
        await stopLeftOver()
        if !FileManager.default.fileExists(atPath: "\(dataPath)/PG_VERSION") {
            try await initialize()
        }
        try spawn()
    }

    /// A cluster that was broken off half-way is not taken for a whole one.
    private func initialize() async throws(DevError) {
        let unfinished = "\(folder)/unfinished"
        try? FileManager.default.removeItem(atPath: unfinished)
        var exit: ProcessExit?
        let initdb = try run(
            "initdb",
            [
                "--pgdata", unfinished, "--username", Self.name, "--auth", "trust",
                "--encoding", "UTF8", "--locale", "C",
            ]
        ) { exit = $0 }
        let deadline = loop.now.advanced(by: Self.initializeDuration)
        while exit == nil, loop.now < deadline { await loop.sleep(for: .milliseconds(10)) }
        guard exit == .exited(0) else {
            initdb.signal(SIGKILL)
            throw .serverDidNotStart("initdb", log: logPath)
        }
        // Safety: both paths are read during the call.
        guard unsafe rename(unfinished, dataPath) == 0 else { throw .cannotWrite(dataPath) }
    }

    /// The folder is locked by this process, so a server that runs there belongs to a start that
    /// could not stop it.
    private func stopLeftOver() async {
        guard let file = FileManager.default.contents(atPath: "\(dataPath)/postmaster.pid"),
            let line = String(decoding: file, as: UTF8.self).split(separator: "\n").first,
            let identifier = Int32(line), identifier > 1, isOurs(identifier)
        else { return }
        report("stopping PostgreSQL \(identifier), left over from an earlier start")
        Glibc.kill(identifier, SIGINT)
        let deadline = loop.now.advanced(by: Self.stopDuration)
        while isOurs(identifier), loop.now < deadline { await loop.sleep(for: .milliseconds(20)) }
    }

    /// Whether a process is a PostgreSQL of this folder, and not one that has its number by chance.
    private func isOurs(_ identifier: Int32) -> Bool {
        guard let data = FileManager.default.contents(atPath: "/proc/\(identifier)/cmdline") else {
            return false
        }
        let words = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return words.first?.hasSuffix("postgres") == true && words.contains(dataPath)
    }

    private func spawn() throws(DevError) {
        process = try run(
            "postgres",
            [
                "-D", dataPath,
                // No TCP port: only this user reaches the socket.
                "-c", "listen_addresses=", "-c", "unix_socket_directories=\(folder)",
                "-c", "unix_socket_permissions=0700", "-c", "max_connections=60",
                "-c", "shared_buffers=32MB",
            ]
        ) { [unowned self] in ended($0) }
    }

    private func run(
        _ program: String, _ arguments: [String], onExit: @escaping (ProcessExit) -> Void
    ) throws(DevError) -> ChildProcess {
        let command = programs.command(program, arguments, in: dataPath)
        do throws(SystemError) {
            return try ChildProcess(
                program: command.program, arguments: command.arguments, outputPath: logPath,
                on: loop, onExit: onExit)
        } catch {
            throw .serverDidNotStart("PostgreSQL", log: "\(error)")
        }
    }

    /// Ends it without waiting; it breaks everything off.
    func kill() {
        process?.signal(SIGQUIT)
    }

    /// Lets it end in order.
    ///
    /// - Parameter completion: called once, on the loop.
    func stop(completion: @escaping () -> Void) {
        loop.preconditionOnLoop()
        guard let process, process.exit == nil else { return completion() }
        stopCompletion = completion
        process.signal(SIGINT)
        killTimer = loop.schedule(after: Self.stopDuration, handler: self)
    }

    func timerFired(token: UInt32) {
        if stopCompletion != nil {
            killTimer = nil
            process?.signal(SIGQUIT)
            return
        }
        do throws(DevError) {
            try spawn()
            report("PostgreSQL was started again")
        } catch {
            report("PostgreSQL cannot be started: \(error)")
            _ = loop.schedule(after: Self.restartPause, handler: self)
        }
    }

    private func ended(_ exit: ProcessExit) {
        if let stopCompletion {
            self.stopCompletion = nil
            if let killTimer { loop.cancel(killTimer) }
            return stopCompletion()
        }
        report("PostgreSQL ended (\(exit)); it will be started again")
        _ = loop.schedule(after: Self.restartPause, handler: self)
    }
}
