import Foundation
import TestSupport
import Testing

/// What `gateway doctor` looks at on the machine itself.
@Suite(
    "gateway doctor: files and limits", .timeLimit(.minutes(10)),
    .enabled(
        if: BuiltProgram("gateway") != nil && PrivateRedisServer.isAvailable,
        "the program `gateway` or redis-server is missing"))
struct DoctorTests {
    /// What `gateway doctor` says with a soft and a hard limit.
    private func doctor(soft: Int, hard: Int) throws -> String {
        let site = try CheckConfigurationTests.Site()
        let redis = try PrivateRedisServer()
        defer { redis.kill() }
        let text = site.configuration(["redis://user:hunter2@127.0.0.1:6379/0": redis.url])
        _ = try site.check(text)
        let process = TestProcess()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c", "ulimit -Sn \(soft) && ulimit -Hn \(hard) && exec \"$@\"", "sh",
            site.program.path, "doctor", "--config", site.folder.url("c.json").path,
        ]
        process.environment = BuiltProgram.environment([:])
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try site.folder.fileToWrite("out")
        process.standardError = FileHandle.nullDevice
        try process.run()
        try waitUntil("the end of doctor") { !process.isRunning }
        return try site.folder.text("out")
    }

    @Test func `every file that holds a secret is looked at, that of an issuer too`() throws {
        let site = try CheckConfigurationTests.Site()
        let redis = try PrivateRedisServer()
        defer { redis.kill() }
        let secret = site.folder.url("legacy").path
        try Data("a-legacy-secret-of-forty-letters-or-so-1\n".utf8).write(
            to: site.folder.url("legacy"))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: secret)
        _ = try site.check(
            site.configuration([
                "redis://user:hunter2@127.0.0.1:6379/0": redis.url,
                #""audience": "a""#: #""audience": "a", "issuers": [{"kind": "supabase", "#
                    + #""issuer": "i2", "secret_file": "\#(secret)"}]"#,
            ]))
        let outcome = try site.program.run(["doctor", "--config", site.folder.url("c.json").path])
        #expect(outcome.status != 0)
        #expect(
            outcome.output.contains("WRONG key file: \(secret) can be read or changed by others"),
            "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("/keys is its owner's only"))
    }

    @Test func `the soft limit is raised to the hard one, and one that is low is told`() throws {
        let low = try doctor(soft: 200, hard: 500)
        #expect(low.contains("ok    machine: 500 files may be open"), "\(low)")
        #expect(low.contains("with 500 open files limits.connections_per_loop (100000) is out of"))
    }
}
