import ArgumentParser
import EventLoop
import Foundation
import GatewayServer
import Logging
import Postgres
import Redis
import RedisProtocol

/// `gateway doctor`: looks whether a node could serve with a configuration.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a configuration and everything that it names, one line each.",
        discussion: "Ends with a status other than 0 where something is wrong.")

    @Option(help: "The configuration file (JSON).")
    var config: String

    func run() throws {
        var findings = Findings()
        let environment = ProcessInfo.processInfo.environment
        let configuration: ServeConfiguration
        do {
            configuration = try ServeConfiguration(path: config, environment: environment)
            findings.note(true, "configuration", "\(config) is usable")
        } catch {
            findings.note(false, "configuration", "\(error)")
            throw ExitCode.failure
        }
        let node = configuration.node
        for path in configuration.secretPaths.sorted() {
            let problem = SecretFiles.problem(of: path)
            findings.note(problem == nil, "key file", "\(path) \(problem ?? "is its owner's only")")
        }
        let limits = MachineLimits.raised()
        findings.note(true, "machine", "\(limits.openFileCount) files may be open")
        for advice in limits.advice(for: node) { findings.note(true, "machine", advice) }
        let box = FindingsBox(findings)
        try DatabaseCommand.run { loop in
            await RedisExamination(node, loop).run(box)
            await DatabaseExamination(node, loop).run(box)
        }
        guard box.findings.areGood else { throw ExitCode.failure }
    }
}

/// What was looked at; each is printed as it comes.
struct Findings {
    private(set) var areGood = true

    mutating func note(_ isGood: Bool, _ subject: String, _ text: String) {
        areGood = areGood && isGood
        print("\(isGood ? "ok   " : "WRONG") \(subject): \(text)")
    }
}

/// Findings that several steps add to. Confined to one thread.
final class FindingsBox {
    private(set) var findings: Findings

    init(_ findings: Findings) {
        self.findings = findings
    }

    func note(_ isGood: Bool, _ subject: String, _ text: String) {
        findings.note(isGood, subject, text)
    }

    /// Notes how far a server's clock is from this machine's.
    ///
    /// - Parameters:
    ///   - subject: whose clock.
    ///   - milliseconds: what it says, since the Unix epoch.
    ///   - window: when it was asked and when it answered, by this machine's clock.
    func noteClock(_ subject: String, _ milliseconds: Int64, window: (Int64, Int64)) {
        let skew = max(window.0 - milliseconds, milliseconds - window.1, 0)
        note(
            skew <= Self.skewMillisecondsMax, subject,
            skew == 0 ? "its clock is this machine's" : "its clock differs by \(skew) ms")
    }

    /// Sessions and tokens go by the clock; a second is more than any synchronized machine is off.
    private static let skewMillisecondsMax: Int64 = 1000
}

/// The files of a configuration that hold secrets.
enum SecretFiles {
    /// What is wrong with a file's permissions; nil where nothing is.
    static func problem(of path: String) -> String? {
        var entry = stat()
        // Safety: the path is read and the entry written during the call.
        guard unsafe stat(path, &entry) == 0 else { return "cannot be looked at" }
        guard entry.st_mode & 0o037 == 0 else {
            return "can be read or changed by others: chmod 600 it"
        }
        return nil
    }
}
