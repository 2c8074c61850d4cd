import Foundation
import TestSupport
import Testing

/// Hostile peers, through the programs themselves: what they can make the gateway hold.
@Suite(
    "A gateway under siege", .timeLimit(.minutes(10)), .serialized,
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .enabled(if: BuiltProgram("gateway") != nil, "the program `gateway` is not built"),
    .enabled(if: BuiltProgram("gateway-load") != nil, "the program `gateway-load` is not built"))
struct SiegeTests {
    /// What `gateway-load siege` reports, as far as it is judged here.
    private struct Report: Decodable {
        var connections: Int
        var resident_bytes_before: Int
        var resident_bytes_peak: Int
        var resident_bytes_after: Int
        var outcomes: [String: Int]
        var not_ended: Int
    }

    /// Far below what the attacks ask for, and above what the machine adds by itself: the address
    /// sanitizer keeps up to 256 MiB of what was freed.
    private static let growthMax =
        ProcessInfo.processInfo.environment["ASAN_OPTIONS"] == nil ? 64 << 20 : 320 << 20

    private func lay(
        _ attack: String, to gateway: DevGateway, _ arguments: [String] = []
    ) throws -> Report {
        let program = try #require(BuiltProgram("gateway-load"))
        let outcome = try program.run(
            [
                "siege", "--attack", attack, "--dev-json", gateway.folder.url("dev.json").path,
                "--json", gateway.folder.url("siege.json").path, "--quiet",
            ] + arguments, within: 120)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        print("\(attack): \(outcome.output)")
        let report = try JSONDecoder().decode(
            Report.self, from: Data(contentsOf: gateway.folder.url("siege.json")))
        #expect(report.not_ended == 0)
        #expect(report.resident_bytes_peak - report.resident_bytes_before < Self.growthMax)
        #expect(report.resident_bytes_after - report.resident_bytes_before < Self.growthMax)
        return report
    }

    @Test func `twenty messages of a megabyte that inflate to a gigabyte are closed with 1009`()
        throws
    {
        let gateway = try DevGateway(in: try TemporaryFolder())
        let report = try lay("inflate-bomb", to: gateway)
        #expect(report.outcomes == ["closed with 1009": 20])
        try gateway.end(by: SIGTERM)
    }

    @Test func `a thousand handshakes that do not go on end at the deadline`() throws {
        let gateway = try DevGateway(in: try TemporaryFolder())
        let report = try lay("slow-handshakes", to: gateway)
        #expect(report.outcomes == ["ended without an answer": 1000])
        try gateway.end(by: SIGTERM)
    }

    @Test func `so do a thousand of TLS, and a client of good will comes through`() throws {
        let certificate = try TestCertificate(names: ["127.0.0.1"])
        let gateway = try DevGateway(
            in: try TemporaryFolder(),
            ["--certificate", certificate.certificatePath, "--key", certificate.keyPath])
        #expect(gateway.report.ws_url.hasPrefix("wss://"))
        let report = try lay(
            "slow-handshakes", to: gateway, ["--ca", certificate.certificatePath])
        #expect(report.outcomes.values.reduce(0, +) == 1000)
        try gateway.end(by: SIGTERM)
    }
}
