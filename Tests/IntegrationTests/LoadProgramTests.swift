import Foundation
import Glibc
import TestSupport
import Testing

/// What `gateway-load` says where it cannot begin.
@Suite(
    "gateway-load", .timeLimit(.minutes(10)),
    .enabled(if: BuiltProgram("gateway-load") != nil, "the program `gateway-load` is not built"))
struct LoadProgramTests {
    @Test func `an echo server does not share the port of another program`() throws {
        let program = try #require(BuiltProgram("gateway-load"))
        // As a gateway's loops listen: of the same user, ready to share.
        let other = TestProcess()
        let folder = try TemporaryFolder()
        other.executableURL = URL(fileURLWithPath: program.path)
        other.arguments = ["echo", "--port", "0"]
        other.environment = BuiltProgram.environment([:])
        other.standardInput = FileHandle.nullDevice
        other.standardOutput = try folder.fileToWrite("out")
        other.standardError = FileHandle.nullDevice
        try other.run()
        defer { kill(other.processIdentifier, SIGKILL) }
        try waitUntil("its port") { try folder.text("out").contains("listening on ") }
        let port = try #require(try folder.text("out").split(separator: ":").last)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let outcome = try program.run(["echo", "--port", port])
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains("cannot listen on 127.0.0.1:\(port)"), "\(outcome.errors)")
    }

    @Test func `without a gateway it says how to name one`() throws {
        let program = try #require(BuiltProgram("gateway-load"))
        let folder = try TemporaryFolder()
        let path = folder.url("dev.json").path
        let missing = try program.run(["churn", "--dev-json", path])
        #expect(missing.status != 0)
        #expect(missing.errors.contains("\(path) is missing: start `gateway dev`"))
        try Data("{}".utf8).write(to: folder.url("dev.json"))
        let strange = try program.run(["churn", "--dev-json", path])
        #expect(strange.errors.contains("is not what gateway dev writes"), "\(strange.errors)")
    }
}
