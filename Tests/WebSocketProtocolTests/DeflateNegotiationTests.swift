import Testing

@testable import WebSocketProtocol

@Suite("RFC 7692 §7.1: negotiation of permessage-deflate")
struct DeflateNegotiationTests {
    private static let dedicated = DeflateConfiguration(
        mode: .dedicated, allowsClientContextTakeover: true)
    private static let small = DeflateConfiguration(
        mode: .dedicated, serverWindowBitsMax: 11, clientWindowBitsMax: 10,
        allowsClientContextTakeover: true)

    private func accept(
        _ offers: String, _ configuration: DeflateConfiguration
    ) throws -> (parameters: DeflateParameters, response: String)? {
        DeflateNegotiation.accept(
            try ExtensionListParser.parse([Array(offers.utf8)[...]]), configuration: configuration)
    }

    /// Offers, and the answers of a server with dedicated compressors and all windows.
    @Test(arguments: [
        ("permessage-deflate", ""),
        ("permessage-deflate; client_max_window_bits", ""),
        ("permessage-deflate; client_max_window_bits=15", ""),
        ("permessage-deflate; client_max_window_bits=9", "; client_max_window_bits=9"),
        ("permessage-deflate; client_max_window_bits=8", "; client_max_window_bits=8"),
        ("permessage-deflate; server_max_window_bits=15", "; server_max_window_bits=15"),
        ("permessage-deflate; server_max_window_bits=9", "; server_max_window_bits=9"),
        ("permessage-deflate; server_max_window_bits=\"10\"", "; server_max_window_bits=10"),
        ("permessage-deflate; server_max_window_bits=\"1\\0\"", "; server_max_window_bits=10"),
        ("permessage-deflate; server_no_context_takeover", "; server_no_context_takeover"),
        ("permessage-deflate; client_no_context_takeover", "; client_no_context_takeover"),
        (
            "permessage-deflate;server_no_context_takeover ;\tserver_max_window_bits = 12",
            "; server_no_context_takeover; server_max_window_bits=12"
        ),
        ("Permessage-Deflate", ""),
        ("x-webkit-deflate-frame, permessage-deflate", ""),
        (", ,permessage-deflate,", ""),
        // The first offer that can be honoured is taken.
        (
            "permessage-deflate; unknown, permessage-deflate; client_no_context_takeover",
            "; client_no_context_takeover"
        ),
        ("permessage-deflate; server_max_window_bits=8, permessage-deflate", ""),
        (
            "permessage-deflate; server_no_context_takeover, permessage-deflate",
            "; server_no_context_takeover"
        ),
    ])
    func `An offer is answered with what it asks for`(offers: String, answer: String) throws {
        let accepted = try #require(try accept(offers, Self.dedicated))
        #expect(accepted.response == "permessage-deflate" + answer)
    }

    @Test(arguments: [
        "", "other", "permessage-deflate; unknown", "permessage-deflate; unknown=1",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=010",
        "permessage-deflate; server_max_window_bits=+9",
        "permessage-deflate; server_max_window_bits=abc",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=\"\\1\\6\"",
        "permessage-deflate; client_no_context_takeover=1",
        "permessage-deflate; server_no_context_takeover=true",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_max_window_bits; Client_Max_Window_Bits=10",
    ])
    func `An offer that cannot be honoured is declined`(offers: String) throws {
        #expect(try accept(offers, Self.dedicated) == nil)
    }

    @Test(arguments: [
        "permessage-deflate;", "permessage-deflate; =1", "permessage-deflate; a=", "a b",
        "permessage-deflate; a=\"b", "permessage-deflate; a=\"\"", "permessage-deflate; a=\"b c\"",
        "permessage-deflate; a=\"b\\", "permessage-deflate; a=b c", "\u{E9}", "; a",
    ])
    func `A field that is not in the grammar fails`(offers: String) {
        #expect(throws: ExtensionListParser.Malformed.self) {
            try ExtensionListParser.parse([Array(offers.utf8)[...]])
        }
    }

    @Test
    func `Smaller windows are asked for where the client allows it`() throws {
        let plain = try #require(try accept("permessage-deflate", Self.small))
        #expect(plain.response == "permessage-deflate; server_max_window_bits=11")
        #expect(plain.parameters == DeflateParameters(serverWindowBits: 11))
        let open = try #require(
            try accept("permessage-deflate; client_max_window_bits", Self.small))
        #expect(open.parameters.clientWindowBits == 10)
        #expect(open.response.hasSuffix("; server_max_window_bits=11; client_max_window_bits=10"))
        let smaller = try #require(
            try accept("permessage-deflate; server_max_window_bits=9", Self.small))
        #expect(smaller.parameters.serverWindowBits == 9)
    }

    @Test
    func `A shared compressor keeps no context and asks for none`() throws {
        let accepted = try #require(
            try accept("permessage-deflate", DeflateConfiguration(mode: .shared)))
        #expect(
            accepted.response
                == "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
        #expect(!accepted.parameters.inboundTakesOverContext(for: .server))
        #expect(!accepted.parameters.outboundTakesOverContext(for: .server))
        #expect(try accept("permessage-deflate", DeflateConfiguration(mode: .off)) == nil)
    }

    /// Configurations of a client with what a server answers, and whether that is allowed.
    @Test(arguments: [
        ("", true), ("; server_no_context_takeover", true), ("; client_no_context_takeover", true),
        ("; server_max_window_bits=11", true), ("; server_max_window_bits=8", true),
        ("; server_max_window_bits=12", false), ("; server_max_window_bits", false),
        ("; client_max_window_bits=10", true), ("; client_max_window_bits=11", false),
        ("; client_max_window_bits", false), ("; client_max_window_bits=7", false),
    ])
    func `A client takes answers within its offer`(answer: String, isAllowed: Bool) throws {
        #expect(
            DeflateNegotiation.offer(Self.small)
                == "permessage-deflate; server_max_window_bits=11; client_max_window_bits=10")
        // The server answers server_max_window_bits wherever the offer bounds it.
        let bound = answer.contains("server_max") ? "" : "; server_max_window_bits=11"
        let entries = try ExtensionListParser.parse(
            [Array(("permessage-deflate" + bound + answer).utf8)[...]])
        if isAllowed {
            #expect(
                try DeflateNegotiation.check(entries, configuration: Self.small) != nil)
        } else {
            #expect(throws: ClientHandshakeError.invalidExtensions) {
                try DeflateNegotiation.check(entries, configuration: Self.small)
            }
        }
    }

    @Test
    func `A client that asks for no takeover insists on it`() throws {
        let configuration = DeflateConfiguration(mode: .shared)
        #expect(
            DeflateNegotiation.offer(configuration)
                == "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                + "client_max_window_bits")
        #expect(throws: ClientHandshakeError.invalidExtensions) {
            try DeflateNegotiation.check(
                [ExtensionEntry(name: "permessage-deflate")], configuration: configuration)
        }
        #expect(try DeflateNegotiation.check([], configuration: configuration) == nil)
        #expect(DeflateNegotiation.offer(DeflateConfiguration(mode: .off)) == nil)
    }
}
