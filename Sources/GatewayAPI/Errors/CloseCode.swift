/// Every close code with which the gateway ends a connection (RFC 6455 §7.4).
///
/// 4000–4499: connect again. 4500–4999: do not, until something has changed. The reason of the
/// close frame is the code's symbol.
public enum CloseCode: UInt16, Sendable, CaseIterable {
    // RFC 6455 §7.4.1.
    case normal = 1000
    case goingAway = 1001
    case protocolError = 1002
    case unsupportedData = 1003
    case invalidPayload = 1007
    case messageTooBig = 1009
    case internalError = 1011

    // Connect again.
    case slowConsumer = 4000
    case draining = 4001
    case nodeShutdown = 4002
    case tokenExpired = 4003
    case heartbeatTimeout = 4004
    case overloaded = 4005
    case bufferOverflow = 4006

    // Do not connect again.
    case tokenRevoked = 4500
    case forbidden = 4501
    case protocolMisuse = 4502
    case tooManyErrors = 4503
    case blocked = 4504
    case connectionLimit = 4505
    case rateLimitAbuse = 4506
    case disconnected = 4507

    /// What a client does after such a close.
    public enum Reconnect: String, Sendable, CaseIterable {
        /// Nothing: it was wanted.
        case never
        /// Connects again at once, to another node where there is one.
        case immediately
        /// Connects again after a random pause that grows with each attempt.
        case backoff
        /// Gets a new token first.
        case afterRefresh = "after_refresh"
    }

    /// The stable name, which is also the reason of the close frame.
    public var symbol: String {
        switch self {
        case .normal: "normal"
        case .goingAway: "going_away"
        case .protocolError: "protocol_error"
        case .unsupportedData: "unsupported_data"
        case .invalidPayload: "invalid_payload"
        case .messageTooBig: "message_too_big"
        case .internalError: "internal_error"
        case .slowConsumer: "slow_consumer"
        case .draining: "draining"
        case .nodeShutdown: "node_shutdown"
        case .tokenExpired: "token_expired"
        case .heartbeatTimeout: "heartbeat_timeout"
        case .overloaded: "overloaded"
        case .bufferOverflow: "buffer_overflow"
        case .tokenRevoked: "token_revoked"
        case .forbidden: "forbidden"
        case .protocolMisuse: "protocol_misuse"
        case .tooManyErrors: "too_many_errors"
        case .blocked: "blocked"
        case .connectionLimit: "connection_limit"
        case .rateLimitAbuse: "rate_limit_abuse"
        case .disconnected: "disconnected"
        }
    }

    /// What has happened, in one sentence.
    public var meaning: String {
        switch self {
        case .normal: "Either side has ended the connection in order."
        case .goingAway: "The peer goes away."
        case .protocolError: "A frame breaks RFC 6455."
        case .unsupportedData: "A binary message came; the protocol is text only."
        case .invalidPayload: "A text message or close reason is not UTF-8."
        case .messageTooBig: "A message is larger than hello's message_byte_count_max."
        case .internalError: "The gateway has failed on this connection."
        case .slowConsumer: "The client reads too slowly for what it has subscribed to."
        case .draining: "The node drains; server.draining came before."
        case .nodeShutdown: "The node stops at once."
        case .tokenExpired: "The token has expired and auth.refresh has not come in time."
        case .heartbeatTimeout: "Nothing, not even a pong, has come within hello's timeout_ms."
        case .overloaded: "The node sheds connections to keep serving the others."
        case .bufferOverflow: "A subscription with policy buffer or close has overflown."
        case .tokenRevoked: "The token or the user's sign-in has been revoked."
        case .forbidden: "The user has lost the right to be connected."
        case .protocolMisuse: "Messages that are no JSON-RPC 2.0 came time and again."
        case .tooManyErrors: "Too many requests in a row were refused."
        case .blocked: "An operator has blocked the user."
        case .connectionLimit: "The user has opened a newer connection beyond the limit."
        case .rateLimitAbuse: "The client went on sending although it was told to wait."
        case .disconnected: "An admin has ended the user's connections."
        }
    }

    /// What a client does after such a close.
    public var reconnect: Reconnect {
        switch self {
        case .normal, .tokenRevoked, .forbidden, .protocolMisuse, .tooManyErrors, .blocked,
            .connectionLimit, .rateLimitAbuse, .disconnected, .protocolError, .unsupportedData,
            .invalidPayload, .messageTooBig:
            .never
        case .draining: .immediately
        case .tokenExpired: .afterRefresh
        case .goingAway, .internalError, .slowConsumer, .nodeShutdown, .heartbeatTimeout,
            .overloaded, .bufferOverflow:
            .backoff
        }
    }
}
