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

    @Test(arguments: InteropPeer.allCases, cases)
    func `Messages of every length come back unchanged`(peer: InteropPeer, given: Case) throws {
        let server = try InteropPeer.startEcho(given.server)
        let result = try peer.runClient(port: server.port(), deflate: given.offer)
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
