package import EventLoop
package import RedisProtocol

/// Why a command has no answer.
package enum RedisError: Error, Equatable, Sendable {
    /// There is no connection, or it went before the command was written: Redis has not seen it.
    case unavailable
    /// Too much is in flight already; Redis has not seen the command.
    case overloaded
    /// The connection went after the command was written: it may have been carried out or not.
    case connectionLost(RedisLinkFailure)
    /// No reply in time, and the connection was given up: it may have been carried out or not.
    case timedOut
    /// Redis answered with an error.
    case refused(RedisReplyError)

    /// Whether Redis may have carried the command out although there is no answer.
    package var isOutcomeUnknown: Bool {
        switch self {
        case .connectionLost, .timedOut: true
        case .unavailable, .overloaded, .refused: false
        }
    }
}

/// Why a link to Redis is not there. Safe to log: holds no secret and no payload.
package enum RedisLinkFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The host's name has no address, or the look-up failed.
    case nameNotFound
    /// No address took the connection; the error of the last one.
    case connectFailed(SystemError)
    /// Look-up, connection and sign-in took too long.
    case connectTimedOut
    /// Redis refused AUTH, SELECT or the first PING, with this error code.
    case signInRefused(code: String)
    /// Redis is a replica, which takes no writes: it was never the primary, or is it no more.
    case readOnly
    /// Redis closed the connection.
    case closedByPeer
    /// The socket failed.
    case socketFailed(SystemError)
    /// What came is no reply, or exceeds a bound.
    case protocolViolation(RESPError)
    /// A reply came that nobody asked for, so that no later one can be trusted.
    case outOfStep
    /// Redis refused a SUBSCRIBE, with this error code.
    case subscriptionRefused(code: String)
    /// A command had no reply in time.
    case commandTimedOut
    /// A silent link gave no sign of life when asked.
    case unresponsive
    /// This side closed the link.
    case closed
    /// There is no TLS with the server: its certificate is not trusted or not for the host, the
    /// file of authorities cannot be read, or the server does not speak TLS.
    case tlsFailed(TLSError)

    /// The reason in words.
    package var description: String {
        switch self {
        case .nameNotFound: "the host has no address"
        case .connectFailed(let error): "no connection: \(error)"
        case .connectTimedOut: "connecting took too long"
        case .signInRefused(let code): "sign-in was refused with \(code)"
        case .readOnly: "Redis is a replica"
        case .closedByPeer: "Redis closed the connection"
        case .socketFailed(let error): "the connection failed: \(error)"
        case .protocolViolation(let error): "\(error)"
        case .outOfStep: "an unexpected reply came"
        case .subscriptionRefused(let code): "a subscription was refused with \(code)"
        case .commandTimedOut: "a command had no reply in time"
        case .unresponsive: "no sign of life"
        case .closed: "closed by this side"
        case .tlsFailed(let error): "no TLS: \(error)"
        }
    }
}
