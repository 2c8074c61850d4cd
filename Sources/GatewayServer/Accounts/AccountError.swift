package import Postgres
package import Security

/// Why the store of accounts did not do what it was asked.
package enum AccountError: Error, Equatable {
    /// PostgreSQL cannot be reached or is too busy; nothing was changed.
    case unavailable
    /// Whether something was changed is unknown.
    case unknownOutcome
    /// There is no such user.
    case unknownUser
    /// The broker's user is another user here.
    case identityOfAnotherUser
    /// The user is connected with another user of the broker in the same generation.
    case hasOtherIdentity
    /// An account, currency, token or scope is longer than the store takes, or malformed.
    case invalidValue
    /// A sealed value cannot be made or opened.
    case vault(VaultError)
    /// PostgreSQL refused for another reason.
    case refused(PostgresServerError)

    /// Translates what PostgreSQL said.
    init(_ error: PostgresError) {
        switch error {
        case .unavailable, .overloaded, .closed: self = .unavailable
        case .lost, .timedOut, .resultTooLarge: self = .unknownOutcome
        case .invalidStatement: self = .invalidValue
        case .refused(let refusal): self = Self.refusal(refusal)
        }
    }

    private static func refusal(_ error: PostgresServerError) -> AccountError {
        switch (error.sqlState, error.constraint) {
        case ("23505", "broker_identities_pkey"): .identityOfAnotherUser
        case ("23505", "broker_identities_user_id_generation_key"): .hasOtherIdentity
        case ("23503", _): .unknownUser
        // A check, a text that is no UTF-8 for the server, a text that is too long.
        case ("23514", _), ("22021", _), ("22001", _): .invalidValue
        default: error.isTemporary ? .unavailable : .refused(error)
        }
    }

    /// After how many milliseconds it is worth another try; nil where it is not.
    package var retryAfterMilliseconds: Int? {
        switch self {
        case .unavailable, .unknownOutcome: 2000
        default: nil
        }
    }
}

/// The bounds of the store of accounts.
package enum AccountLimits {
    /// Accounts of one identity. 64: Deriv gives a handful, and its `authorize` takes 25 tokens.
    package static let accountsPerIdentityMax = 64
    /// Tokens stored at a time: two for each account.
    package static let tokensPerConnectMax = 128
    /// Rows that batch re-sealing takes at a time. 100: well below a tenth of a second.
    package static let resealBatchCount: Int64 = 100
}
