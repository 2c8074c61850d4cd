import Foundation
import Glibc
import TestSupport
import Testing

/// `gateway dev` from start to end, as someone meets it who has just built it.
@Suite(
    "gateway dev", .timeLimit(.minutes(10)), .serialized,
    .enabled(if: BuiltProgram("gateway") != nil, "the program `gateway` is not built"),
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"))
struct DevProgramTests {
    static let python = ProcessInfo.processInfo.environment["TRADERMIND_TEST_PYTHON"] ?? ""

    /// Runs a script of the folder Python with dev.json.
    static func runScript(_ name: String, _ gateway: DevGateway) throws -> (Int32, String) {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Python/\(name).py")
        let process = TestProcess()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [script.path, gateway.folder.url("dev.json").path]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try gateway.folder.fileToWrite("script")
        process.standardError = process.standardOutput
        try process.run()
        do {
            try waitUntil("the end of \(name)", within: 60) { !process.isRunning }
        } catch {
            kill(process.processIdentifier, SIGKILL)
            throw error
        }
        return (process.terminationStatus, try gateway.folder.text("script"))
    }

    static func blocking(_ body: @Sendable () async throws -> Void) async throws {
        try await withTaskExecutorPreference(BlockingExecutor()) { try await body() }
    }

    @Test(
        .enabled(if: !python.isEmpty, "TRADERMIND_TEST_PYTHON names no interpreter"))
    func `an independent client gets live ticks in order, and refusals are as documented`()
        async throws
    {
        try await Self.blocking {
            let gateway = try DevGateway(in: TemporaryFolder())
            let (status, said) = try Self.runScript("live_ticks", gateway)
            #expect(status == 0, "\(said)")
            try gateway.end(by: SIGTERM)
        }
    }

    @Test func `it is ready, tells where, and keeps its files to itself`() async throws {
        try await Self.blocking {
            let folder = try TemporaryFolder()
            let gateway = try DevGateway(in: folder)
            #expect(try DevGateway.status(gateway.report.internal_url, "/readyz") == 200)
            #expect(try DevGateway.status(gateway.report.http_url, "/") == 200)
            for token in [
                gateway.report.tokens.user, gateway.report.tokens.admin,
                gateway.report.tokens.service,
            ] {
                #expect(try gateway.handshakeStatus(token: token) == 101)
            }
            #expect(try gateway.handshakeStatus(token: "x") == 401)
            for name in ["dev.json", "token-keys"] {
                let attributes = try FileManager.default.attributesOfItem(
                    atPath: folder.url(name).path)
                #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
            }
            let second = try DevGateway.start(in: folder)
            try waitUntil("the refusal of a second one") { !second.isRunning }
            #expect(second.terminationStatus != 0)
            #expect(try folder.text("err").contains("another gateway dev runs in"))
            #expect(try DevGateway.status(gateway.report.internal_url, "/readyz") == 200)
            try gateway.end(by: SIGTERM)
        }
    }

    @Test("a signal ends all that it started, in order", arguments: [SIGINT, SIGTERM, SIGHUP])
    func signal(number: Int32) async throws {
        try await Self.blocking {
            let folder = try TemporaryFolder()
            let gateway = try DevGateway(in: folder)
            #expect(try DevGateway.processes(naming: folder).count == 3)
            #expect(try gateway.end(by: number) == 0, "\(folder.errors)")
            #expect(try DevGateway.processes(naming: folder).isEmpty)
            #expect(!FileManager.default.fileExists(atPath: folder.url("dev.json").path))
        }
    }

    @Test func `a signal while it starts ends it without a complaint`() async throws {
        try await Self.blocking {
            let folder = try TemporaryFolder()
            let process = try DevGateway.start(in: folder)
            try waitUntil("its redis-server") {
                try DevGateway.processes(naming: folder).count > 1
            }
            kill(process.processIdentifier, SIGINT)
            try waitUntil("the end") { !process.isRunning }
            #expect(process.terminationStatus == 0)
            #expect(try folder.text("err").isEmpty)
            #expect(try DevGateway.processes(naming: folder).isEmpty)
        }
    }

    @Test("a signal in the moment in which it becomes ready is not lost", arguments: 1...4)
    func earlySignal(attempt: Int) async throws {
        try await Self.blocking {
            let folder = try TemporaryFolder()
            let process = try DevGateway.start(in: folder)
            let path = folder.url("dev.json").path
            try waitUntil("dev.json") { FileManager.default.fileExists(atPath: path) }
            kill(process.processIdentifier, SIGINT)
            defer { kill(process.processIdentifier, SIGKILL) }
            try waitUntil("the end of attempt \(attempt)", within: 12) { !process.isRunning }
            #expect(process.terminationStatus == 0, "\(folder.errors)")
            #expect(try DevGateway.processes(naming: folder).isEmpty)
        }
    }

    @Test func `a second start finds its keys again, also after a kill`() async throws {
        try await Self.blocking {
            let folder = try TemporaryFolder()
            let first = try DevGateway(in: folder)
            let token = first.report.tokens.user
            try first.end(by: SIGKILL)
            #expect(try DevGateway.processes(naming: folder).count == 2, "its servers are left")
            let second = try DevGateway(in: folder)
            #expect(try second.handshakeStatus(token: token) == 101)
            #expect(try folder.text("out").contains("left over from an earlier start"))
            #expect(try second.end(by: SIGINT) == 0)
            #expect(try DevGateway.processes(naming: folder).isEmpty)
            let third = try DevGateway(in: folder)
            #expect(try third.handshakeStatus(token: token) == 101)
            try third.end(by: SIGTERM)
        }
    }

    @Test func `its redis-server comes back when it is killed`() async throws {
        try await Self.blocking {
            let folder = try TemporaryFolder()
            let gateway = try DevGateway(in: folder)
            let redis = try DevGateway.processes(naming: folder).first {
                $0 != gateway.report.pid
            }
            kill(try #require(redis), SIGKILL)
            let url = gateway.report.internal_url
            try waitUntil("the loss") { try DevGateway.status(url, "/readyz") == 503 }
            try waitUntil("readiness") { try DevGateway.status(url, "/readyz") == 200 }
            #expect(try gateway.end(by: SIGINT) == 0)
            #expect(try DevGateway.processes(naming: folder).isEmpty)
        }
    }

    @Test(
        "what cannot work is said in a sentence",
        arguments: [
            (["--feed", "/nowhere.ndjson"], "cannot read /nowhere.ndjson"),
            (["--speed", "2"], "--speed is for recordings"),
            (["--loops", "0"], "--loops takes at least 1"),
            (["--host", "not.an.address"], "not.an.address"),
        ])
    func refusal(arguments: [String], sentence: String) async throws {
        try await Self.blocking {
            let folder = try TemporaryFolder()
            let process = try DevGateway.start(in: folder, arguments)
            try waitUntil("the end") { !process.isRunning }
            #expect(process.terminationStatus != 0)
            #expect(folder.errors.contains(sentence), "\(folder.errors)")
            #expect(try DevGateway.processes(naming: folder).isEmpty)
        }
    }
}
