package import EventLoop
package import WebSocketProtocol

/// Is told what happens to a client connection. Called on the connection's loop only.
package protocol ClientConnectionDelegate: AnyObject {
    /// The opening handshake is done; messages can be sent.
    func connectionOpened(_ connection: ClientConnection)
    /// A message came; its bytes are valid during the call.
    func connection(
        _ connection: ClientConnection, received kind: MessageKind, _ bytes: BorrowedBytes)
    /// The connection has ended; called once, and nothing follows.
    func connectionEnded(_ connection: ClientConnection, _ end: ClientConnectionEnd)
}

/// An answer to the opening handshake that is not an upgrade.
package struct ClientRefusal: Sendable, Equatable {
    /// The HTTP status.
    package var status: Int
    /// The Retry-After field, where it is a number of seconds (RFC 9110 §10.2.3).
    package var retryAfterSeconds: Int?
    /// The body, as far as it is kept.
    package var body: [UInt8]

    /// A refusal from its parts.
    package init(status: Int, retryAfterSeconds: Int? = nil, body: [UInt8]) {
        self.status = status
        self.retryAfterSeconds = retryAfterSeconds
        self.body = body
    }
}

/// How a client connection ended.
package enum ClientConnectionEnd: Sendable, Equatable {
    /// There was no connection, or it broke before the handshake was done; nil: closed by the peer.
    case connectFailed(SystemError?)
    /// The TLS handshake failed: the certificate was refused, or the server speaks no TLS.
    case tlsFailed(TLSError)
    /// The connection was not open in time.
    case openTimedOut
    /// The server refused the upgrade.
    case refused(ClientRefusal)
    /// The server's answer is no valid handshake.
    case invalidHandshake(String)
    /// A Close frame came, or ours was answered; 1005 where there was no code in it.
    case closed(CloseCode, reason: String, isByPeer: Bool)
    /// The link broke without a Close frame; nil where the peer closed it.
    case lost(SystemError?)
    /// The server broke the protocol.
    case violation(WebSocketViolation)
    /// This side ended it without a handshake.
    case aborted
}
