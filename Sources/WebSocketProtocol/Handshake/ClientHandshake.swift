/// Why a client cannot use a server's answer (RFC 6455 §4.1).
package enum ClientHandshakeError: Error, Sendable, Equatable {
    /// The server did not switch protocols; the status says why.
    case refused(HTTPStatus)
    /// Upgrade or Connection is missing or names something else.
    case notUpgraded
    /// Sec-WebSocket-Accept is not what follows from the key: the answer may be a cached one.
    case wrongAcceptKey
    /// A subprotocol that was not offered.
    case invalidSubprotocol
    /// An extension, or parameters of one, that were not offered.
    case invalidExtensions
}

/// The client's side of the opening handshake (RFC 6455 §4.1).
package struct ClientHandshake: Sendable {
    /// What a valid answer agreed on.
    package struct Agreement: Sendable, Equatable {
        /// The subprotocol that the server chose; nil if it chose none.
        package var subprotocol: String?
        /// What was agreed on compression; nil without.
        package var deflate: DeflateParameters?
    }

    private let key: [UInt8]
    private let host: String
    private let target: String
    private let subprotocols: [String]
    private let deflate: DeflateConfiguration
    private let extraFields: [HTTPField]

    /// A handshake that has not begun.
    ///
    /// - Parameters:
    ///   - randomBytes: 16 bytes that nobody can foresee; fresh ones for each connection.
    ///   - host: `host[:port]` of the server.
    ///   - target: path and query, percent-encoded.
    ///   - subprotocols: those offered; must be tokens.
    ///   - deflate: what the client wants of compression.
    ///   - extraFields: further fields, such as Authorization.
    package init(
        randomBytes: [UInt8], host: String, target: String, subprotocols: [String] = [],
        deflate: DeflateConfiguration, extraFields: [HTTPField] = []
    ) {
        precondition(randomBytes.count == 16, "the key is made of 16 bytes")
        precondition(
            target.first == "/" && target.utf8.allSatisfy { (0x21...0x7E).contains($0) },
            "a target is a percent-encoded path")
        key = Base64.encode(randomBytes)
        self.host = host
        self.target = target
        self.subprotocols = subprotocols
        self.deflate = deflate
        self.extraFields = extraFields
    }

    /// The request to send.
    package var request: [UInt8] {
        var fields = [
            HTTPField("Host", host), HTTPField("Upgrade", "websocket"),
            HTTPField("Connection", "Upgrade"),
            HTTPField("Sec-WebSocket-Key", String(decoding: key, as: UTF8.self)),
            HTTPField("Sec-WebSocket-Version", "13"),
        ]
        if !subprotocols.isEmpty {
            fields.append(
                HTTPField("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", ")))
        }
        if let offer = DeflateNegotiation.offer(deflate) {
            fields.append(HTTPField("Sec-WebSocket-Extensions", offer))
        }
        return HTTPHeadWriter.head(
            startLine: "GET \(target) HTTP/1.1", fields: fields + extraFields)
    }

    /// Checks the server's answer.
    ///
    /// - Parameter head: the answer's head.
    /// - Returns: what was agreed.
    /// - Throws: ``ClientHandshakeError``
    package func validate(
        _ head: HTTPResponseHead
    ) throws(ClientHandshakeError) -> Agreement {
        guard head.status == .switchingProtocols else { throw .refused(head.status) }
        guard head.minorVersion >= 1, head.fields.hasToken("websocket", in: "Upgrade"),
            head.fields.hasToken("upgrade", in: "Connection")
        else { throw .notUpgraded }
        guard let accept = head.fields.rawValues(of: "Sec-WebSocket-Accept").first,
            accept.elementsEqual(HandshakeKey.accept(for: key))
        else { throw .wrongAcceptKey }
        let chosen = head.fields.values(of: "Sec-WebSocket-Protocol")
        guard chosen.count <= 1, chosen.allSatisfy(subprotocols.contains) else {
            throw .invalidSubprotocol
        }
        guard
            let entries = try? ExtensionListParser.parse(
                head.fields.rawValues(of: "Sec-WebSocket-Extensions"))
        else { throw .invalidExtensions }
        return Agreement(
            subprotocol: chosen.first,
            deflate: try DeflateNegotiation.check(entries, configuration: deflate))
    }
}
