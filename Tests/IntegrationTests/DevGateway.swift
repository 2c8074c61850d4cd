import Foundation
import Glibc
import TestSupport

/// A run of `gateway dev` in a folder, with the program itself.
final class DevGateway {
    /// What dev.json tells.
    struct Report: Decodable {
        struct Tokens: Decodable {
            let admin: String
            let user: String
            let service: String
        }
        let ws_url: String
        let http_url: String
        let internal_url: String
        let redis_url: String
        let tokens: Tokens
        let pid: Int32

        /// The port of a URL.
        static func port(of url: String) -> UInt16 {
            URL(string: url).flatMap { $0.port }.map { UInt16($0) } ?? 0
        }
    }

    let folder: TemporaryFolder
    private let process: TestProcess
    let report: Report

    /// Starts it and waits until it has said where to go.
    init(in folder: TemporaryFolder, _ arguments: [String] = []) throws {
        self.folder = folder
        process = try Self.start(in: folder, arguments)
        do {
            report = try Self.waitForReport(process, folder)
            for token in [report.tokens.admin, report.tokens.user, report.tokens.service] {
                _ = RunEvidence.noting(token)
            }
        } catch {
            kill(process.processIdentifier, SIGKILL)
            throw error
        }
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        // Its standard output tells the tokens of development, as it is meant to.
        for name in ["err", "redis.log", "postgres.log"] {
            RunEvidence.keep(log: (try? folder.text(name)) ?? "")
        }
    }

    /// Starts the program without waiting for anything.
    static func start(in folder: TemporaryFolder, _ arguments: [String] = []) throws -> TestProcess
    {
        guard let program = BuiltProgram("gateway") else { throw NotInTime("the build") }
        let process = TestProcess()
        process.executableURL = URL(fileURLWithPath: program.path)
        process.arguments = ["dev", "--port", "0", "--data", folder.path] + arguments
        process.environment = BuiltProgram.environment([:])
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try folder.fileToWrite("out")
        process.standardError = try folder.fileToWrite("err")
        try process.run()
        return process
    }

    private static func waitForReport(
        _ process: TestProcess, _ folder: TemporaryFolder
    ) throws -> Report {
        var report: Report?
        try waitUntil("dev.json", within: 30) {
            guard process.isRunning else {
                throw NotInTime("the start: \((try? folder.text("err")) ?? "")")
            }
            guard let data = try? Data(contentsOf: folder.url("dev.json")) else { return false }
            let read = try JSONDecoder().decode(Report.self, from: data)
            // One that a killed run has left names another process.
            if read.pid == process.processIdentifier { report = read }
            return report != nil
        }
        guard let report else { throw NotInTime("dev.json") }
        return report
    }

    /// Sends a signal and waits for the end.
    ///
    /// - Returns: the exit status.
    @discardableResult
    func end(by signal: Int32) throws -> Int32 {
        kill(process.processIdentifier, signal)
        // Process looks at a descriptor that a redis-server inherits and that stays open with it.
        do {
            try waitUntil("the end of gateway dev by signal \(signal)") { self.hasEnded }
        } catch {
            throw NotInTime("\(error); it said \((try? folder.text("out")) ?? "")")
        }
        guard signal != SIGKILL else { return 128 + SIGKILL }
        try waitUntil("the exit status") { !self.process.isRunning }
        return process.terminationStatus
    }

    /// Whether the process is gone, or waits for its status to be taken.
    private var hasEnded: Bool {
        let path = "/proc/\(process.processIdentifier)/stat"
        guard let data = FileManager.default.contents(atPath: path) else { return true }
        return String(decoding: data, as: UTF8.self).contains(") Z ")
    }

    /// The processes whose arguments name the folder.
    static func processes(naming folder: TemporaryFolder) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { name in
            guard let identifier = Int32(name), identifier != getpid(),
                let data = FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
            else { return nil }
            return String(decoding: data, as: UTF8.self).contains(folder.path) ? identifier : nil
        }
    }

    /// The status of an answer over HTTP to GET with further header lines.
    static func status(
        _ url: String, _ path: String, _ fields: String = ""
    ) throws -> Int {
        let connection = try RawConnection(port: Report.port(of: url))
        try connection.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\(fields)\r\n")
        let line = try connection.take(through: "\r\n")
        return Int(line.dropFirst(9).prefix(3)) ?? 0
    }

    /// The status of the handshake's answer with a token.
    func handshakeStatus(token: String) throws -> Int {
        try Self.status(
            report.ws_url, "/v1",
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Protocol: tradermind.v1\r\nAuthorization: Bearer \(token)\r\n")
    }
}

extension TemporaryFolder {
    /// What a program in the folder has said on standard error.
    var errors: String { (try? text("err")) ?? "" }
}
