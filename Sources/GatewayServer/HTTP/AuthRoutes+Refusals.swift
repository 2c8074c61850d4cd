import Deriv
import GatewayAPI
import HTTPFetch
import Redis
import WebSocketProtocol

extension Refusal {
    /// A sign-in that is refused; `reason` is a stable word.
    static func signIn(_ reason: String, _ detail: String) -> Refusal {
        Refusal(GatewayError(.signInRefused, reason: reason), detail: detail)
    }

    /// Something behind the gateway that a sign-in needs does not answer.
    static func unavailable(_ reason: String, seconds: Int64 = 2) -> Refusal {
        Refusal(
            GatewayError(
                .unavailable, reason: reason, retryAfterMilliseconds: seconds * 1000),
            detail: "Nothing was changed; ask again later.")
    }

    init(_ error: RedisError) {
        // Each step in Redis can be repeated, so an unknown outcome is no different here.
        self = .unavailable("store_unavailable")
    }

    init(_ error: DirectoryError) {
        switch error {
        case .unavailable: self = .unavailable("database_unavailable")
        case .unknownUser:
            self = .unauthorized(
                GatewayError(.unauthorized, reason: "user_unknown"),
                detail: "There is no such user.", challengeError: "invalid_token")
        case .identityTaken:
            self = Refusal(
                GatewayError(.brokerAccountTaken),
                detail: "This account of Deriv is connected with another user.")
        case .otherIdentity:
            self = Refusal(
                GatewayError(.brokerAccountTaken, reason: "other_identity_connected"),
                detail: "This user is connected with another user of Deriv.")
        case .failed:
            self = Refusal(GatewayError(.internalError), detail: "The gateway failed.")
        }
    }

    init(_ error: ConfirmationError) {
        switch error {
        case .broker(let error): self.init(error)
        case .accountMismatch:
            self = .signIn("account_mismatch", "A token is for another account than it says.")
        case .mixedUsers:
            self = .signIn("mixed_users", "The tokens are not of one user's accounts.")
        case .oneTokenOnly:
            self = .signIn("one_token_only", "One token is for all accounts of its user.")
        }
    }

    init(_ error: OAuthError) {
        switch error {
        case .unavailable: self = .unavailable("broker_unavailable", seconds: 5)
        case .notOffered: self = .unavailable("broker_not_configured", seconds: 60)
        case .answered(.rateLimited(let seconds)):
            self = .unavailable("broker_busy", seconds: Int64(seconds ?? 10))
        case .answered(.serverFailed), .answered(.malformed):
            self = .unavailable("broker_unavailable", seconds: 5)
        case .answered(.unauthorized):
            self = .signIn("broker_token_refused", "Deriv does not accept the token.")
        case .socket(let error): self.init(error)
        case .answered(.refused(let code)):
            self = .signIn("broker_\(code)", "Deriv has refused.")
        }
    }

    init(_ error: SocketError) {
        switch error {
        case .refused(let refusal) where refusal.code == .invalidToken:
            self = .signIn("broker_token_refused", "Deriv does not accept the token.")
        case .invalidToken:
            self = .signIn("broker_token_refused", "The token is none of Deriv's.")
        case .refused(let refusal) where refusal.code == .rateLimit:
            self = .unavailable("broker_busy", seconds: 10)
        case .refused: self = .signIn("broker_other", "Deriv has refused.")
        case .notSpoken: self = .unavailable("broker_not_configured", seconds: 60)
        case .timedOut, .linkLost, .malformedReply, .tooManyRequests:
            self = .unavailable("broker_unavailable", seconds: 5)
        }
    }
}
