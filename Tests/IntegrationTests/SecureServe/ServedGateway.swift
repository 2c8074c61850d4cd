import Foundation
import Glibc
import TestSupport

/// The program `gateway` of the same build, and a run of `gateway serve` with certificates.
final class ServedGateway {
    /// What went wrong, with what the program said.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What a run of the program came to.
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    private static let patienceSeconds = 60.0

    /// Where the program is: beside the tests; nil where it is not built.
    static let programPath: String? = {
        let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let path = URL(fileURLWithPath: tests ?? "/").deletingLastPathComponent()
            .appendingPathComponent("gateway").path
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()

    private let folder: URL
    private var process: TestProcess?

    /// Makes a folder with keys; nothing runs yet.
    init() throws {
        let name = "gw-serve-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let made = try run(["keys", "generate", path("keys")])
        guard made.status == 0 else { throw Failure(description: made.errors) }
    }

    deinit {
        if let process, process.isRunning { kill(process.processIdentifier, SIGKILL) }
        RunEvidence.keep(log: text("log"))
        try? FileManager.default.removeItem(at: folder)
    }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    private func text(_ name: String) -> String {
        String(
            decoding: FileManager.default.contents(atPath: path(name)) ?? Data(), as: UTF8.self)
    }

    // MARK: - Configurations

    /// Writes a configuration file.
    ///
    /// - Parameters:
    ///   - redis: the members of `redis`.
    ///   - tls: the object `tls`, none where nil.
    /// - Throws: what keeps the file from being written.
    func configure(redis: String, tls: String?) throws {
        let section = tls.map { ", \"tls\": \($0)" } ?? ""
        let text = """
            {"node_name": "n1", "public": {"host": "127.0.0.1", "port": 0},
             "internal": {"port": 0}, "redis": {\(redis)},
             "tokens": {"keys_file": "\(path("keys"))", "issuer": "i", "audience": "a"}\(section)}
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: path("c.json")))
    }

    /// The object `tls` with certificates.
    static func section(_ certificates: TestCertificate...) -> String {
        let pairs = certificates.map {
            #"{"certificate_file": "\#($0.certificatePath)", "key_file": "\#($0.keyPath)"}"#
        }
        return #"{"certificates": [\#(pairs.joined(separator: ", "))]}"#
    }

    // MARK: - Running

    private func process(_ arguments: [String], program: String? = nil) throws -> TestProcess {
        guard let executable = program ?? Self.programPath else {
            throw Failure(description: "the program is not built")
        }
        let process = TestProcess()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        return process
    }

    /// Runs a program to its end, `gateway` where no other is named.
    func run(_ arguments: [String], program: String? = nil) throws -> Outcome {
        let process = try process(arguments, program: program)
        for name in ["out", "err"] { try Data().write(to: URL(fileURLWithPath: path(name))) }
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: path("out")))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: path("err")))
        try process.run()
        do {
            try wait("the end of \(arguments)") { !process.isRunning }
        } catch {
            kill(process.processIdentifier, SIGKILL)
            throw error
        }
        return Outcome(
            status: process.terminationStatus, output: text("out"), errors: text("err"))
    }

    /// What `check-config` says of the configuration.
    func check() throws -> Outcome {
        try run(["check-config", "--config", path("c.json")])
    }

    /// A token of a user.
    func token() throws -> String {
        let minted = try run([
            "token", "mint", "--keys", path("keys"), "--issuer", "i", "--audience", "a",
            "--subject", "b0000000-0000-4000-8000-000000000002", "--role", "user",
        ])
        guard minted.status == 0 else { throw Failure(description: minted.errors) }
        return RunEvidence.noting(minted.output.trimmingCharacters(in: .newlines))
    }

    /// Starts serving.
    ///
    /// - Parameter softFileLimit: how many descriptors the process may have open at first; as many
    ///   as the tests where nil.
    /// - Returns: the port for clients.
    /// - Throws: ``Failure`` where it does not serve.
    func serve(softFileLimit: Int? = nil) throws -> Int {
        var arguments = ["serve", "--config", path("c.json")]
        if let softFileLimit, let program = Self.programPath {
            arguments =
                ["-c", "ulimit -S -n \(softFileLimit) && exec \"$0\" \"$@\"", program] + arguments
        }
        let process = try process(arguments, program: softFileLimit.map { _ in "/bin/sh" })
        try Data().write(to: URL(fileURLWithPath: path("log")))
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: path("log")))
        try process.run()
        self.process = process
        try waitForLog("clients=127.0.0.1:")
        let behind = text("log").components(separatedBy: "clients=127.0.0.1:").dropFirst().first
        guard let port = behind.flatMap({ Int($0.prefix { $0.isNumber }) }) else {
            throw Failure(description: text("log"))
        }
        return port
    }

    /// How many descriptors the one that serves may have open now, and how many it may ask for.
    func fileLimits() throws -> (soft: Int, hard: Int) {
        let path = "/proc/\(process?.processIdentifier ?? 0)/limits"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix("Max open files") } ?? ""
        let numbers = line.split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 2 else { throw Failure(description: text) }
        return (numbers[0], numbers[1])
    }

    /// Sends a signal to the one that serves.
    func signal(_ number: Int32) {
        if let process, process.isRunning { kill(process.processIdentifier, number) }
    }

    /// Waits until the log has a text.
    func waitForLog(_ wanted: String) throws {
        try wait("\(wanted) in the log") { text("log").contains(wanted) }
    }

    /// Ends serving in an orderly way.
    ///
    /// - Returns: its exit status.
    func end() throws -> Int32 {
        guard let process else { return -1 }
        signal(SIGTERM)
        try wait("the end") { !process.isRunning }
        return process.terminationStatus
    }

    private func wait(_ what: String, until condition: () -> Bool) throws {
        let deadline = Date(timeIntervalSinceNow: Self.patienceSeconds)
        while !condition() {
            guard Date() < deadline else {
                throw Failure(description: "\(what) did not happen; log: \(text("log"))")
            }
            _ = poll(nil, 0, 5)
        }
    }
}
