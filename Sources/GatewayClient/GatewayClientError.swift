public import GatewayAPI

/// Why a call of the client failed.
///
/// `code` says what happened and is stable; `isOutcomeUnknown` says whether a request may have been
/// carried out all the same: repeat it with the same idempotency key, or ask for the state.
public struct GatewayClientError: Error, Sendable, CustomStringConvertible {
    /// What happened.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: String, Sendable {
            case invalidURL, tlsFailed, tokenUnavailable, nameNotFound, connectFailed
            case connectTimedOut, refused, invalidHandshake, protocolViolation, requestTimedOut
            case tooManyPendingRequests, requestTooLarge, notConnected, connectionLost, closed
            case serverError, invalidResponse, cancelled
        }

        private let value: Value

        /// The URL is no `ws://` or `wss://` URL.
        public static let invalidURL = Code(value: .invalidURL)
        /// `wss://`: the gateway's certificate is not trusted or not for the host, what answers
        /// does not speak TLS, or the file of authorities cannot be read.
        public static let tlsFailed = Code(value: .tlsFailed)
        /// The token's provider failed, or the token cannot go into a header field.
        public static let tokenUnavailable = Code(value: .tokenUnavailable)
        /// The host's name has no address.
        public static let nameNotFound = Code(value: .nameNotFound)
        /// No address of the host could be connected to.
        public static let connectFailed = Code(value: .connectFailed)
        /// The connection was not ready in time.
        public static let connectTimedOut = Code(value: .connectTimedOut)
        /// The gateway refused the upgrade; `refusal` has the HTTP status and the stable error.
        public static let refused = Code(value: .refused)
        /// What answered is no WebSocket server, or not one that speaks `tradermind.v1`.
        public static let invalidHandshake = Code(value: .invalidHandshake)
        /// The server sent what the protocol does not allow.
        public static let protocolViolation = Code(value: .protocolViolation)
        /// The answer did not come in time.
        public static let requestTimedOut = Code(value: .requestTimedOut)
        /// As many requests as the options allow wait for their answers.
        public static let tooManyPendingRequests = Code(value: .tooManyPendingRequests)
        /// The request is larger than the server takes, or than fits before what is unsent.
        public static let requestTooLarge = Code(value: .requestTooLarge)
        /// There is no connection now; nothing was sent.
        public static let notConnected = Code(value: .notConnected)
        /// The connection broke before the answer came.
        public static let connectionLost = Code(value: .connectionLost)
        /// The client is closed.
        public static let closed = Code(value: .closed)
        /// The gateway answered with an error; `serverError` has it.
        public static let serverError = Code(value: .serverError)
        /// The answer does not have the form that the contract gives.
        public static let invalidResponse = Code(value: .invalidResponse)
        /// The task was cancelled.
        public static let cancelled = Code(value: .cancelled)

        /// The name of the code.
        public var description: String { value.rawValue }
    }

    /// What happened.
    public let code: Code
    /// A sentence for a person; holds no token, message or address of a user.
    public let message: String
    /// Whether the request may have been carried out although there is no answer.
    public let isOutcomeUnknown: Bool
    /// The answer to the handshake, where the gateway refused it.
    public let refusal: HandshakeRefusal?
    /// The gateway's error, where it answered with one.
    public let serverError: ServerError?
    /// How the connection ended, where that is the cause.
    public let closeInformation: CloseInformation?

    init(
        _ code: Code, _ message: String, isOutcomeUnknown: Bool = false,
        refusal: HandshakeRefusal? = nil, serverError: ServerError? = nil,
        closeInformation: CloseInformation? = nil
    ) {
        self.code = code
        self.message = message
        self.isOutcomeUnknown = isOutcomeUnknown
        self.refusal = refusal
        self.serverError = serverError
        self.closeInformation = closeInformation
    }

    /// The code and the sentence; safe to log.
    public var description: String { "\(code): \(message)" }
}

extension GatewayClientError: Equatable {
    /// Two errors are the same where their codes are.
    public static func == (left: GatewayClientError, right: GatewayClientError) -> Bool {
        left.code == right.code
    }
}

/// How the gateway refused an upgrade.
public struct HandshakeRefusal: Sendable, Equatable {
    /// The HTTP status.
    public let status: Int
    /// The stable error of the body, where there is one.
    public let error: ServerError?
    /// When to try again at the earliest (Retry-After).
    public let retryAfter: Duration?
}

/// An error that the gateway answered with.
public struct ServerError: Sendable, Equatable {
    /// The number on the wire.
    public let code: Int
    /// One sentence for a person.
    public let message: String
    /// The error of the contract, nil for a code that this client does not know.
    public let known: GatewayError?

    /// What `known` says of repeating the request; `never` for an unknown code.
    public var retry: RetryClass { known?.code.entry.retry ?? .never }
}

/// How a connection ended.
public struct CloseInformation: Sendable, Equatable, CustomStringConvertible {
    /// Whether to connect again, and how.
    public enum Reconnect: Sendable, Equatable {
        /// Not: the same would happen.
        case never
        /// At once.
        case immediately
        /// After a delay that grows.
        case backoff
        /// With a new token.
        case afterRefresh
    }

    /// The code of the Close frame; 1005 for one without a code, 1006 without a Close frame
    /// (RFC 6455 §7.4.1).
    public let code: UInt16
    /// The reason in the Close frame, or what broke the link.
    public let reason: String
    /// Whether the gateway began the close.
    public let isByServer: Bool
    /// What the gateway's catalog of close codes says.
    public let reconnect: Reconnect

    /// The code and the reason.
    public var description: String { reason.isEmpty ? "\(code)" : "\(code) \(reason)" }

    init(code: UInt16, reason: String, isByServer: Bool) {
        self.code = code
        self.reason = reason
        self.isByServer = isByServer
        reconnect = Self.reconnect(after: code)
    }

    private static func reconnect(after code: UInt16) -> Reconnect {
        if let known = GatewayAPI.CloseCode(rawValue: code) {
            return switch known.reconnect {
            case .never: .never
            case .immediately: .immediately
            case .backoff: .backoff
            case .afterRefresh: .afterRefresh
            }
        }
        // The ranges of the contract hold for codes that came after this client.
        return switch code {
        case 1005, 1006, 1012, 1013, 4000...4499: .backoff
        default: .never
        }
    }
}
