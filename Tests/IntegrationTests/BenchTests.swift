import Foundation
import TestSupport
import Testing

/// The comparisons of Scripts/bench, small: they start what they need, measure and print ratios.
@Suite(
    "Scripts/bench", .timeLimit(.minutes(10)), .serialized,
    .enabled(if: BuiltProgram("gateway") != nil, "the program `gateway` is not built"),
    .enabled(if: BuiltProgram("gateway-load") != nil, "the program `gateway-load` is not built"),
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .enabled(
        if: BuiltProgram(installed: DevProgramTests.python) != nil,
        "TRADERMIND_TEST_PYTHON names no interpreter"),
    .enabled(if: BuiltProgram(installed: "cc") != nil, "there is no C compiler named cc"))
struct BenchTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Builds the bare C loop and the client that counts.
    private func floor(in folder: TemporaryFolder) throws -> String {
        let compiler = try #require(BuiltProgram(installed: "cc"))
        let sources = Self.root.appendingPathComponent("LoadTests/Benchmarks/Sources")
        let programs = [
            ("fanout-floor", ["main.c", "peers.c", "server.c"]), ("drain-client", ["main.c"]),
        ]
        for (name, files) in programs {
            let paths = files.map { sources.appendingPathComponent("\(name)/\($0)").path }
            let outcome = try compiler.run(
                ["-std=gnu11", "-O2", "-o", folder.url(name).path] + paths, within: 60)
            try #require(outcome.status == 0, "\(outcome.errors)")
        }
        return folder.url("fanout-floor").path
    }

    @Test(
        "what is measured of the gateway and of the bare loop is compared",
        arguments: [
            (["fanout", "--pending", "1", "--messages", "40"], "µs per delivery"),
            (["fanout", "--pending", "10", "--messages", "40"], "µs per delivery"),
            (["ping"], "µs per answer"),
        ])
    func comparison(arguments: [String], figure: String) throws {
        let folder = try TemporaryFolder()
        let floor = try floor(in: folder)
        let gateway = try #require(BuiltProgram("gateway"))
        let python = try #require(BuiltProgram(installed: DevProgramTests.python))
        let outcome = try python.run(
            [
                Self.root.appendingPathComponent("Scripts/support/bench").path, "--programs",
                URL(fileURLWithPath: gateway.path).deletingLastPathComponent().path, "--floor",
                floor, "--rounds", "1", "--connections", "100",
            ] + arguments, within: 300)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n").map(String.init)
        let costs = lines.filter { $0.contains(figure) && !$0.contains("times") }
        #expect(costs.count == 2, "\(outcome.output)")
        let ratios = lines.filter { $0.hasSuffix("times that of bare C loop") }
        #expect(ratios.count == 1 && ratios[0].hasPrefix("gateway"), "\(outcome.output)")
    }
}
