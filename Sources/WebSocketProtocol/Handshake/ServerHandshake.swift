/// What a server takes in an opening handshake.
package struct ServerHandshakeConfiguration: Sendable {
    /// The subprotocols that the server speaks, the one it likes best first.
    package var subprotocols: [String]

    /// Whether a client that offers none of them is refused; otherwise it goes on without one.
    package var requiresSubprotocol: Bool

    /// What the server wants of compression.
    package var deflate: DeflateConfiguration

    /// A configuration from its parts; by default no subprotocol and the gateway's compression.
    package init(
        subprotocols: [String] = [], requiresSubprotocol: Bool = false,
        deflate: DeflateConfiguration = DeflateConfiguration()
    ) {
        self.subprotocols = subprotocols
        self.requiresSubprotocol = requiresSubprotocol
        self.deflate = deflate
    }
}

/// Why an upgrade was refused, and the answer that says so.
package struct HandshakeRefusal: Error, Sendable, Equatable {
    /// The status to answer with.
    package var status: HTTPStatus

    /// A sentence for the answer's body and for logs; shows nothing of what the peer sent.
    package var reason: String

    /// Fields that the answer must have.
    package var fields: [HTTPField] = []

    /// RFC 6455 §4.4: names the version that is spoken here.
    static let version = HandshakeRefusal(
        status: .upgradeRequired, reason: "Only version 13 of WebSocket is spoken here.",
        fields: [
            HTTPField("Sec-WebSocket-Version", "13"), HTTPField("Upgrade", "websocket"),
            HTTPField("Connection", "Upgrade"),
        ])

    /// A request that is no valid handshake.
    static func badRequest(_ reason: String) -> HandshakeRefusal {
        HandshakeRefusal(status: .badRequest, reason: reason)
    }
}

/// The server's side of the opening handshake (RFC 6455 §4.2): a request that was accepted.
///
/// Origin, path and credentials are the caller's to check, before or after.
package struct ServerHandshake: Sendable {
    /// What proves to the client that its key was read.
    private let acceptKey: [UInt8]

    /// The subprotocol that was chosen; nil if there is none in common.
    package let subprotocol: String?

    /// What was agreed on compression; nil without.
    package let deflate: DeflateParameters?

    /// The answer's Sec-WebSocket-Extensions.
    private let extensions: String?

    /// Checks a request and chooses.
    ///
    /// - Parameters:
    ///   - head: the request.
    ///   - configuration: what the server takes.
    /// - Throws: ``HandshakeRefusal`` if the request cannot be upgraded.
    package init(
        accepting head: HTTPRequestHead, configuration: ServerHandshakeConfiguration
    ) throws(HandshakeRefusal) {
        try Self.checkUpgrade(head)
        guard let key = head.fields.rawValues(of: "Sec-WebSocket-Key").first,
            Base64.isSixteenBytes(key)
        else { throw .badRequest("Sec-WebSocket-Key is missing or not 16 bytes in Base64.") }
        guard
            let entries = try? ExtensionListParser.parse(
                head.fields.rawValues(of: "Sec-WebSocket-Extensions"))
        else { throw .badRequest("Sec-WebSocket-Extensions is malformed.") }
        subprotocol = try Self.chosenSubprotocol(head, configuration: configuration)
        let negotiated = DeflateNegotiation.accept(entries, configuration: configuration.deflate)
        deflate = negotiated?.parameters
        extensions = negotiated?.response
        acceptKey = HandshakeKey.accept(for: key)
    }

    /// RFC 6455 §4.2.1 items 1 to 6, without the key.
    private static func checkUpgrade(_ head: HTTPRequestHead) throws(HandshakeRefusal) {
        guard head.method == .get else {
            throw HandshakeRefusal(
                status: .methodNotAllowed, reason: "An upgrade is asked for with GET.",
                fields: [HTTPField("Allow", "GET")])
        }
        guard head.minorVersion >= 1 else { throw .badRequest("An upgrade needs HTTP/1.1.") }
        guard !head.authority.isEmpty else { throw .badRequest("Host is empty.") }
        guard head.isWebSocketUpgrade, head.fields.hasToken("upgrade", in: "Connection") else {
            throw HandshakeRefusal(
                status: .upgradeRequired, reason: "The request does not ask for WebSocket.",
                fields: [HTTPField("Upgrade", "websocket"), HTTPField("Connection", "Upgrade")])
        }
        // A body would be read as frames.
        guard head.contentLength ?? 0 == 0 else { throw .badRequest("An upgrade has no body.") }
        switch head.fields.value(of: "Sec-WebSocket-Version") {
        case "13": break
        case nil: throw .badRequest("Sec-WebSocket-Version is missing.")
        default: throw .version
        }
    }

    private static func chosenSubprotocol(
        _ head: HTTPRequestHead, configuration: ServerHandshakeConfiguration
    ) throws(HandshakeRefusal) -> String? {
        let offered = head.fields.tokens(of: "Sec-WebSocket-Protocol")
        guard offered.allSatisfy({ HTTPSyntax.isToken($0.utf8) }),
            Set(offered).count == offered.count
        else { throw .badRequest("Sec-WebSocket-Protocol is malformed.") }
        let chosen = configuration.subprotocols.first(where: offered.contains)
        if chosen == nil && configuration.requiresSubprotocol {
            throw .badRequest("None of the subprotocols that are spoken here is offered.")
        }
        return chosen
    }

    /// The response that opens the connection; frames may follow it at once.
    ///
    /// - Parameter extraFields: further fields, such as cookies.
    /// - Returns: the bytes to send.
    package func response(extraFields: [HTTPField] = []) -> [UInt8] {
        var fields = [
            HTTPField("Upgrade", "websocket"), HTTPField("Connection", "Upgrade"),
            HTTPField("Sec-WebSocket-Accept", String(decoding: acceptKey, as: UTF8.self)),
        ]
        if let subprotocol { fields.append(HTTPField("Sec-WebSocket-Protocol", subprotocol)) }
        if let extensions { fields.append(HTTPField("Sec-WebSocket-Extensions", extensions)) }
        return HTTPHeadWriter.response(.switchingProtocols, fields: fields + extraFields)
    }
}
