package import Security

/// Which of Deriv's systems an account or token belongs to.
package enum BrokerGeneration: String, Sendable, CaseIterable {
    /// The WebSocket API v3, with one token for each account.
    case legacy
    /// The options API, with one token for all accounts.
    case options
}

/// An account at the broker, as the broker itself describes it.
package struct BrokerAccount: Sendable, Equatable {
    /// The broker's name of it, such as `CR123456`: 1 to 64 letters, digits, `_` and `-`.
    package let id: String
    /// The currency; nil where none is set yet.
    package let currency: String?
    /// Whether its money is play money.
    package let isVirtual: Bool

    /// Describes an account.
    ///
    /// - Parameters:
    ///   - id: the broker's name of it.
    ///   - currency: the currency, where there is one.
    ///   - isVirtual: whether its money is play money.
    package init(id: String, currency: String?, isVirtual: Bool) {
        self.id = id
        self.currency = currency
        self.isVirtual = isVirtual
    }
}

/// Who somebody is at the broker, from the broker's own answer and never from what a browser says.
package struct BrokerIdentity: Sendable, Equatable {
    /// The system that knows the user.
    package let generation: BrokerGeneration
    /// The broker's name of the user, at most 128 bytes.
    package let brokerUserID: String
    /// All accounts that the broker has told.
    package let accounts: [BrokerAccount]

    /// Describes an identity.
    ///
    /// - Parameters:
    ///   - generation: the system that knows the user.
    ///   - brokerUserID: the broker's name of the user.
    ///   - accounts: the accounts, at most `AccountLimits.accountsPerIdentityMax`.
    package init(generation: BrokerGeneration, brokerUserID: String, accounts: [BrokerAccount]) {
        self.generation = generation
        self.brokerUserID = brokerUserID
        self.accounts = accounts
    }
}

/// What a token of the broker is for.
package enum BrokerTokenKind: String, Sendable, CaseIterable {
    /// It opens an account.
    case access
    /// It gets a new access token.
    case refresh
}

/// A token of the broker on its way into the store.
package struct BrokerTokenRecord: Sendable {
    /// What stands for every account of the user.
    package static let allAccounts = "*"

    /// The account that it opens, or `allAccounts`.
    package let account: String
    /// What it is for.
    package let kind: BrokerTokenKind
    /// The token.
    package let secret: SecretBytes
    /// When it ends, in milliseconds since the Unix epoch; nil where the broker did not say.
    package let expiresAt: Int64?
    /// What it permits, separated by spaces.
    package let scopes: String

    /// Describes a token.
    ///
    /// - Parameters:
    ///   - account: the account that it opens, or `allAccounts`.
    ///   - kind: what it is for.
    ///   - secret: the token.
    ///   - expiresAt: when it ends, in milliseconds since the Unix epoch.
    ///   - scopes: what it permits, separated by spaces.
    package init(
        account: String, kind: BrokerTokenKind, secret: SecretBytes, expiresAt: Int64? = nil,
        scopes: String = ""
    ) {
        self.account = account
        self.kind = kind
        self.secret = secret
        self.expiresAt = expiresAt
        self.scopes = scopes
    }
}
