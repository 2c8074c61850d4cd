import DerivStandIn
import Foundation
import GatewayAPI
import GatewayClient
import TestSupport
import Testing

@Suite(
    "gateway dev --feed deriv", .timeLimit(.minutes(10)),
    .enabled(if: BuiltProgram("gateway") != nil, "the program `gateway` is not built"),
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"))
struct DevBrokerTests {
    @Test func `the ticks of the broker come to a client`() async throws {
        try await DevProgramTests.blocking {
            let certificate = try TestCertificate(names: ["127.0.0.1"])
            let deriv = try await DerivStandIn(.options, certificate: certificate)
            defer { deriv.stop() }
            let gateway = try DevGateway(
                in: TemporaryFolder(),
                [
                    "--feed", "deriv", "--deriv-url", deriv.url, "--deriv-ca-file",
                    certificate.certificatePath,
                ])
            try waitUntil("the markets are taken", within: 60) {
                deriv.subscribedSymbols == ["1HZ100V", "R_100"]
            }
            let client = try await GatewayClient.connect(
                to: gateway.report.ws_url, token: GatewayToken(gateway.report.tokens.user))
            let log = EventLog(client)
            _ = try await client.subscribe("ticks:R_100", "ticks:R_50")
            deriv.publish(
                StandInTick("512.5", at: 1_700_000_500, ask: "512.75", bid: "512.25"),
                of: "R_100")
            try await log.wait("the tick") { events in
                events.contains { event in
                    event.text
                        == #"{"market":"R_100","quote":"512.5","epoch_ms":1700000500000,"#
                        + #""bid":"512.25","ask":"512.75"}"#
                }
            }
            try waitUntil("what the client wants is taken too", within: 60) {
                deriv.subscribedSymbols == ["1HZ100V", "R_100", "R_50"]
            }
            _ = await client.close()
            try gateway.end(by: SIGTERM)
        }
    }
}
