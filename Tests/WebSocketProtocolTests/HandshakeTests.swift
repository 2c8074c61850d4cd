import Testing

@testable import WebSocketProtocol

@Suite("RFC 6455 §4: the opening handshake")
struct HandshakeTests {
    private static let fields: [HTTPField] = [
        HTTPField("Host", "server.example.com"), HTTPField("Upgrade", "websocket"),
        HTTPField("Connection", "keep-alive, Upgrade"),
        HTTPField("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        HTTPField("Sec-WebSocket-Version", "13"),
    ]

    private func head(
        line: String = "GET /v1 HTTP/1.1", replacing name: String? = nil, with value: String? = nil,
        adding extra: [HTTPField] = []
    ) throws -> HTTPRequestHead {
        var fields = Self.fields.filter { $0.name != name }
        if let name, let value { fields.append(HTTPField(name, value)) }
        let bytes = HTTPHeadWriter.head(startLine: line, fields: fields + extra)
        return try #require(try requestHead(String(decoding: bytes, as: UTF8.self)))
    }

    @Test
    func `The RFC's example is answered as in the RFC`() throws {
        let handshake = try ServerHandshake(
            accepting: head(adding: [HTTPField("Sec-WebSocket-Protocol", "superchat, chat")]),
            configuration: ServerHandshakeConfiguration(subprotocols: ["chat"]))
        #expect(handshake.subprotocol == "chat" && handshake.deflate == nil)
        #expect(
            String(decoding: handshake.response(), as: UTF8.self) == """
                HTTP/1.1 101 Switching Protocols\r
                Upgrade: websocket\r
                Connection: Upgrade\r
                Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r
                Sec-WebSocket-Protocol: chat\r
                \r

                """)
    }

    @Test(
        arguments: [
            ("Upgrade", nil, 426), ("Upgrade", "h2c", 426), ("Connection", "keep-alive", 426),
            ("Sec-WebSocket-Key", nil, 400), ("Sec-WebSocket-Key", "short", 400),
            ("Sec-WebSocket-Version", nil, 400), ("Sec-WebSocket-Version", "8", 426),
            ("Sec-WebSocket-Version", "13, 8", 426), ("Host", "", 400),
            ("Content-Length", "5", 400), ("Sec-WebSocket-Extensions", "a;;b", 400),
            ("Sec-WebSocket-Extensions", "a; b=\"c", 400), ("Sec-WebSocket-Protocol", "a b", 400),
            ("Sec-WebSocket-Protocol", "a, a", 400), ("Sec-WebSocket-Protocol", "other", 400),
        ] as [(String, String?, Int)])
    func `What is no handshake is refused`(name: String, value: String?, status: Int) throws {
        let configuration = ServerHandshakeConfiguration(
            subprotocols: ["tradermind.v1"], requiresSubprotocol: name == "Sec-WebSocket-Protocol")
        let head = try head(replacing: name, with: value)
        let refusal = #expect(throws: HandshakeRefusal.self) {
            _ = try ServerHandshake(accepting: head, configuration: configuration)
        }
        #expect(refusal?.status.rawValue == status)
        #expect(refusal?.reason.isEmpty == false)
        if name == "Sec-WebSocket-Version" && value != nil {
            #expect(refusal?.fields.contains(HTTPField("Sec-WebSocket-Version", "13")) == true)
        }
    }

    @Test(arguments: [("POST /v1 HTTP/1.1", 405), ("GET /v1 HTTP/1.0", 400)])
    func `Only GET and HTTP-1.1 are upgraded`(line: String, status: Int) throws {
        let head = try head(line: line)
        let refusal = #expect(throws: HandshakeRefusal.self) {
            _ = try ServerHandshake(accepting: head, configuration: .init())
        }
        #expect(refusal?.status.rawValue == status)
    }

    @Test
    func `A token of 8 KiB fits, in a field or as a subprotocol`() throws {
        let token = String(repeating: "a.b-_", count: 8 * 1024 / 5)
        for field in [
            HTTPField("Authorization", "Bearer " + token),
            HTTPField("Sec-WebSocket-Protocol", "tradermind.v1, tradermind.bearer." + token),
        ] {
            let head = try head(adding: [field])
            #expect(head.fields.value(of: field.name) == field.value)
            _ = try ServerHandshake(accepting: head, configuration: .init())
        }
    }

    @Test
    func `A bearer subprotocol is never echoed`() throws {
        let handshake = try ServerHandshake(
            accepting: head(adding: [
                HTTPField("Sec-WebSocket-Protocol", "tradermind.bearer.abc.def-_"),
                HTTPField("Sec-WebSocket-Protocol", "tradermind.v1"),
            ]),
            configuration: ServerHandshakeConfiguration(
                subprotocols: ["tradermind.v1"], requiresSubprotocol: true))
        #expect(handshake.subprotocol == "tradermind.v1")
        #expect(!String(decoding: handshake.response(), as: UTF8.self).contains("bearer"))
    }

    private let client = ClientHandshake(
        randomBytes: Array("the sample nonce".utf8), host: "server.example.com", target: "/v1?a=b",
        subprotocols: ["tradermind.v1", "x"],
        deflate: DeflateConfiguration(mode: .dedicated, allowsClientContextTakeover: true),
        extraFields: [HTTPField("Authorization", "Bearer token")])

    private static let answer: [HTTPField] = [
        HTTPField("Upgrade", "WebSocket"), HTTPField("Connection", "upgrade"),
        HTTPField("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    ]

    private func validate(
        status: HTTPStatus = .switchingProtocols, replacing name: String? = nil,
        with value: String? = nil
    ) throws -> ClientHandshake.Agreement {
        var fields = Self.answer.filter { $0.name != name }
        if let name, let value { fields.append(HTTPField(name, value)) }
        let head = try HTTPResponseHead(parsing: HTTPHeadWriter.response(status, fields: fields))
        return try client.validate(head)
    }

    @Test(
        arguments: [
            ("Upgrade", nil, .notUpgraded), ("Upgrade", "h2c", .notUpgraded),
            ("Connection", "close", .notUpgraded), ("Sec-WebSocket-Accept", nil, .wrongAcceptKey),
            ("Sec-WebSocket-Accept", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=", .wrongAcceptKey),
            ("Sec-WebSocket-Protocol", "other", .invalidSubprotocol),
            ("Sec-WebSocket-Protocol", "tradermind.v1, x", .invalidSubprotocol),
            ("Sec-WebSocket-Extensions", "x-other", .invalidExtensions),
            ("Sec-WebSocket-Extensions", "a b", .invalidExtensions),
            (
                "Sec-WebSocket-Extensions", "permessage-deflate, permessage-deflate",
                .invalidExtensions
            ),
            (
                "Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits",
                .invalidExtensions
            ),
            ("Sec-WebSocket-Extensions", "permessage-deflate; unknown", .invalidExtensions),
        ] as [(String, String?, ClientHandshakeError)])
    func `A client refuses an answer that does not fit`(
        name: String, value: String?, error: ClientHandshakeError
    ) {
        #expect(throws: error) { try validate(replacing: name, with: value) }
    }

    @Test
    func `A client learns why it was refused`() {
        #expect(throws: ClientHandshakeError.refused(.unauthorized)) {
            try validate(status: .unauthorized)
        }
    }

    @Test(arguments: [DeflateMode.off, .shared, .dedicated])
    func `Both roles come to the same agreement`(mode: DeflateMode) throws {
        let head = try #require(
            try requestHead(String(decoding: client.request, as: UTF8.self)))
        #expect(head.path == "/v1" && head.fields.value(of: "Authorization") == "Bearer token")
        let server = try ServerHandshake(
            accepting: head,
            configuration: ServerHandshakeConfiguration(
                subprotocols: ["tradermind.v1"],
                deflate: DeflateConfiguration(mode: mode, serverWindowBitsMax: 12)))
        let answer = try HTTPResponseHead(parsing: server.response())
        let agreement = try client.validate(answer)
        #expect(agreement.subprotocol == server.subprotocol)
        #expect(agreement.deflate == server.deflate)
        #expect((agreement.deflate == nil) == (mode == .off))
    }
}
