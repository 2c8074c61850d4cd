import TestSupport
import Testing

@Suite(
    "Other stacks as clients of our server",
    .enabled(if: InteropPeer.isAvailable, "\(InteropPeer.unavailableReason)"),
    .timeLimit(.minutes(10)))
struct ServerInteropTests {
    /// What our server is told, what the peer offers, and what has to be agreed.
    struct Case: Sendable, CustomTestStringConvertible {
        let server: [String]
        let offer: String
        let agreed: String

        var testDescription: String { "\(server.joined(separator: " ")), peer \(offer)" }
    }

    private static let dedicated = ["--deflate", "dedicated", "--client-takeover"]
    static let cases = [
        Case(server: ["--deflate", "off"], offer: "takeover", agreed: ""),
        Case(server: ["--deflate", "shared"], offer: "off", agreed: ""),
        Case(
            server: ["--deflate", "shared"], offer: "takeover",
            agreed: "permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
        Case(
            server: ["--deflate", "shared"], offer: "10",
            agreed: """
                permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
                server_max_window_bits=10
                """),
        // The peer refers to earlier messages: our inflater keeps its window.
        Case(server: dedicated, offer: "takeover", agreed: "permessage-deflate"),
        Case(
            server: dedicated, offer: "shared",
            agreed: "permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
        // The peer inflates with the window that it asked for: a larger one would fail there.
        Case(server: dedicated, offer: "9", agreed: "permessage-deflate; server_max_window_bits=9"),
        Case(
            server: dedicated, offer: "12",
            agreed: "permessage-deflate; server_max_window_bits=12"),
    ]

    @Test(arguments: InteropPeer.available, cases)
    func `Messages of every length come back unchanged`(peer: InteropPeer, given: Case) throws {
        try Self.check(peer, given, certificate: nil)
    }

    @Test(arguments: InteropPeer.available, [cases[0], cases[2], cases[4]])
    func `So they do over TLS`(peer: InteropPeer, given: Case) throws {
        try Self.check(peer, given, certificate: TestCertificate(names: ["127.0.0.1"]))
    }

    @Test(.enabled(if: InteropPeer.node != nil, "\(InteropPeer.noNodeReason)"))
    func `Node's ws is one of the peers`() {
        #expect(InteropPeer.available.contains(.ws))
    }

    private static func check(
        _ peer: InteropPeer, _ given: Case, certificate: TestCertificate?
    ) throws {
        let files = certificate.map {
            ["--certificate", $0.certificatePath, "--key", $0.keyPath]
        }
        let server = try InteropPeer.startEcho(given.server + (files ?? []))
        let result = try peer.runClient(
            port: server.port(), deflate: given.offer, certificate: certificate)
        #expect(
            Self.parameters(result.agreed) == Self.parameters(given.agreed),
            "agreed on \(result.agreed)")
        #expect(result.messages == 29)
        #expect(result.close == 1000)
    }

    /// The order of parameters has no meaning.
    private static func parameters(_ field: String) -> Set<String> {
        Set(field.split(separator: ";").map { $0.filter { $0 != " " } })
    }
}
