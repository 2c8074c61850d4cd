package import Foundation
import Glibc

/// A program of this package, as the same build made it.
package struct BuiltProgram: Sendable {
    /// What a finished run said.
    package struct Outcome: Sendable {
        /// The exit status; 128 and the signal's number where a signal ended it.
        package let status: Int32
        /// Standard output.
        package let output: String
        /// Standard error.
        package let errors: String
    }

    /// Where the program is.
    package let path: String

    /// The program of a name, beside the tests' own; nil where it is not built.
    package init?(_ name: String) {
        let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folder = URL(fileURLWithPath: tests ?? "/").deletingLastPathComponent()
        path = folder.appendingPathComponent(name).path
        guard FileManager.default.isExecutableFile(atPath: path) else { return nil }
    }

    /// A program that is there already: a path, or a name that PATH leads to; nil where it is not.
    package init?(installed name: String) {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let candidates = name.hasPrefix("/") ? [name] : folders.map { "\($0)/\(name)" }
        let found = candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
        guard !name.isEmpty, let found else { return nil }
        path = found
    }

    /// Runs the program to its end. Blocks.
    ///
    /// - Parameters:
    ///   - arguments: its arguments.
    ///   - environment: its variables, beside PATH.
    ///   - input: what it reads from standard input.
    ///   - seconds: how long it may take before it is killed.
    /// - Returns: what it said.
    /// - Throws: ``NotInTime``, or what kept it from starting.
    package func run(
        _ arguments: [String], environment: [String: String] = [:], input: String = "",
        within seconds: Double = 30
    ) throws -> Outcome {
        let folder = try TemporaryFolder()
        let process = TestProcess()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = Self.environment(environment)
        try Data(input.utf8).write(to: folder.url("in"))
        process.standardInput = try FileHandle(forReadingFrom: folder.url("in"))
        process.standardOutput = try folder.fileToWrite("out")
        process.standardError = try folder.fileToWrite("err")
        try process.run()
        do {
            try waitUntil("the end of \(path)", within: seconds) { !process.isRunning }
        } catch {
            kill(process.processIdentifier, SIGKILL)
            throw error
        }
        RunEvidence.keep(log: try folder.text("err"))
        let base: Int32 = process.terminationReason == .uncaughtSignal ? 128 : 0
        return Outcome(
            status: base + process.terminationStatus, output: try folder.text("out"),
            errors: try folder.text("err"))
    }

    /// Variables for a program: those that are given, PATH, and what a sanitizer is told, which is
    /// in the programs as it is in the tests.
    package static func environment(_ variables: [String: String]) -> [String: String] {
        let own = ProcessInfo.processInfo.environment
        var all = variables
        all["PATH"] = own["PATH"] ?? "/usr/bin:/bin"
        for name in ["ASAN_OPTIONS", "TSAN_OPTIONS"] { all[name] = own[name] }
        return all
    }
}

/// A folder with a short path that goes with this object.
package final class TemporaryFolder: Sendable {
    /// Where it is.
    package let path: String

    package init() throws {
        path = "/tmp/tmt-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A file's place.
    package func url(_ name: String) -> URL { URL(fileURLWithPath: "\(path)/\(name)") }

    /// An empty file, open to be written.
    package func fileToWrite(_ name: String) throws -> FileHandle {
        try Data().write(to: url(name))
        return try FileHandle(forWritingTo: url(name))
    }

    /// A file's text.
    package func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: url(name)), as: UTF8.self)
    }
}
