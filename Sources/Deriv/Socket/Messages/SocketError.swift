/// An error that Deriv answered with.
package struct DerivError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Deriv's name of an error. The set is open: Deriv adds to it.
    package struct Code: RawRepresentable, Hashable, Sendable {
        /// The name as sent.
        package let rawValue: String

        /// A name.
        package init(rawValue: String) { self.rawValue = rawValue }

        /// The token is unknown, ended, or for another application.
        package static let invalidToken = Code(rawValue: "InvalidToken")
        /// The application's id is not valid.
        package static let invalidAppID = Code(rawValue: "InvalidAppID")
        /// The call needs a signed-in socket.
        package static let authorizationRequired = Code(rawValue: "AuthorizationRequired")
        /// Too many requests.
        package static let rateLimit = Code(rawValue: "RateLimit")
        /// There is such a subscription on this socket.
        package static let alreadySubscribed = Code(rawValue: "AlreadySubscribed")
        /// The market does not trade now.
        package static let marketIsClosed = Code(rawValue: "MarketIsClosed")
        /// There is no such market.
        package static let invalidSymbol = Code(rawValue: "InvalidSymbol")
        /// A field of the request is not what is documented.
        package static let inputValidationFailed = Code(rawValue: "InputValidationFailed")
    }

    /// Which error.
    package let code: Code
    /// Deriv's sentence, cut to a bound.
    package let message: String

    /// An error from its parts.
    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// The code alone: Deriv's sentence may name an account.
    package var description: String { code.rawValue }
}

/// Why there is no link to Deriv, or no longer.
package enum SocketLinkFailure: Error, Sendable, Equatable {
    /// The host's name has no address.
    case nameNotFound
    /// No address could be connected to, or the TLS handshake failed.
    case connectFailed(String)
    /// It was not open in time.
    case connectTimedOut
    /// The upgrade was refused with this HTTP status.
    case refused(status: Int, retryAfterSeconds: Int?)
    /// Deriv closed the link with this code.
    case closed(code: UInt16)
    /// The link broke.
    case lost(String)
    /// A ping was not answered in time.
    case pongTimedOut
    /// A message came that is not JSON, or breaks a bound.
    case malformedMessage
    /// This side closed it.
    case stopped
}

/// Why a request has no result.
package enum SocketError: Error, Sendable, Equatable {
    /// Deriv refused it.
    case refused(DerivError)
    /// The answer did not come in time.
    case timedOut
    /// The link went before the answer came: what was asked for may have happened.
    case linkLost(SocketLinkFailure)
    /// The answer is not what is documented.
    case malformedReply
    /// As many requests as allowed wait already.
    case tooManyRequests(max: Int)
    /// The generation has no such call.
    case notSpoken
    /// The token has characters that no token has.
    case invalidToken
}
