import Foundation
import TestSupport
import Testing

/// The settings of compression and of what frames may cost, with the program itself.
@Suite(
    "Settings of compression and frames", .timeLimit(.minutes(10)),
    .enabled(if: BuiltProgram("gateway") != nil, "the program `gateway` is not built"))
struct CompressionSettingsTests {
    /// Checks a configuration with a section `compression` and members of `limits`.
    private func check(
        compression: String = "{}", limits: String = "", environment: [String: String] = [:]
    ) throws -> BuiltProgram.Outcome {
        let site = try CheckConfigurationTests.Site()
        return try site.check(
            site.configuration([
                #""limits": {"#: #""compression": \#(compression), "limits": {\#(limits)"#
            ]), environment: environment)
    }

    @Test(
        "what is on is told",
        arguments: [
            ("{}", "deflate    shared, window 15, memory level 8, level 1, from 256 bytes on"),
            (#"{"mode": "off"}"#, "deflate    off"),
            (
                #"{"mode": "dedicated", "window_bits": 11, "memory_level": 4, "level": 6, "#
                    + #""minimum_bytes": 64, "budget_bytes": 1048576, "client_window_bits": 10, "#
                    + #""client_takeover": true}"#,
                "deflate    dedicated, window 11, memory level 4, level 6, from 64 bytes on"
            ),
        ])
    func told(compression: String, words: String) throws {
        let outcome = try check(compression: compression)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains(words), "\(outcome.output)")
    }

    @Test(
        "what is out of range, or no setting, is refused",
        arguments: [
            (#"{"mode": "on"}"#, "compression.mode has to be shared, dedicated or off"),
            (#"{"window_bits": 8}"#, "compression.window_bits has to be a whole number from 9 to"),
            (#"{"window_bits": 16}"#, "compression.window_bits has to be"),
            (#"{"client_window_bits": 8}"#, "compression.client_window_bits has to be"),
            (#"{"memory_level": 10}"#, "compression.memory_level has to be"),
            (#"{"level": 0}"#, "compression.level has to be"),
            (#"{"client_takeover": 1}"#, "compression.client_takeover has to be true or false"),
            (#"{"minimum_bytes": -1}"#, "compression.minimum_bytes has to be"),
            (#"{"budget_bytes": -1}"#, "compression.budget_bytes has to be"),
            (#"{"windowbits": 9}"#, "did you mean window_bits?"),
        ])
    func refused(compression: String, words: String) throws {
        let outcome = try check(compression: compression)
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }

    /// Every bound on handshakes, frames and inflating, with its range.
    static let bounds: [(name: String, least: Int, most: Int)] = [
        ("handshakes_per_address", 1, 1_000_000), ("tls_handshakes_per_thread", 1, 1_000_000),
        ("close_seconds", 1, 300), ("message_fragments", 1, 65_536), ("message_seconds", 1, 3600),
        ("inflation_factor", 1, 1100), ("inflation_free_bytes", 0, 16_777_216),
        ("inflating_messages_per_loop", 1, 1_000_000), ("ping_burst", 1, 100_000),
        ("ping_interval_milliseconds", 0, 60_000),
    ]

    @Test(arguments: bounds.indices)
    func `a bound is taken at its ends, and not beyond`(index: Int) throws {
        let (name, least, most) = Self.bounds[index]
        for (value, isTaken) in [
            (least - 1, false), (least, true), (most, true), (most + 1, false),
        ] {
            let outcome = try check(limits: #""\#(name)": \#(value), "#)
            #expect((outcome.status == 0) == isTaken, "\(value): \(outcome.errors)")
            #expect(isTaken || outcome.errors.contains("limits.\(name) has to be"))
        }
    }

    @Test func `the environment sets it too`() throws {
        let outcome = try check(environment: [
            "TRADERMIND_COMPRESSION_MODE": "dedicated", "TRADERMIND_COMPRESSION_WINDOW_BITS": "12",
            "TRADERMIND_LIMITS_INFLATION_FACTOR": "100",
        ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("deflate    dedicated, window 12"))
    }

    @Test(
        "gateway dev refuses what zlib does not have",
        arguments: [
            ["--compression", "on"], ["--compression-window", "8"], ["--compression-memory", "0"],
            ["--compression-minimum", "-1"], ["--compression-budget", "-1"],
        ])
    func dev(arguments: [String]) throws {
        let program = try BuiltProgram("gateway").orThrow("the program")
        let outcome = try program.run(["dev", "--data", "/nowhere/at/all"] + arguments)
        #expect(outcome.status == 64, "\(outcome.errors)")
    }
}
