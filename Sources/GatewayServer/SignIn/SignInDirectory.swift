package import Deriv
package import Security

/// Who Deriv says that somebody is.
package struct SignInIdentity: Sendable {
    /// Which of Deriv's generations says so; their users are not the same.
    package let generation: OAuthGeneration
    /// The user's name at Deriv: its user id, or of the current generation the oldest account.
    package let brokerUserID: String
    /// The accounts.
    package let accounts: [DerivAccount]

    /// An identity from its parts.
    package init(
        generation: OAuthGeneration, brokerUserID: String, accounts: [DerivAccount]
    ) {
        self.generation = generation
        self.brokerUserID = brokerUserID
        self.accounts = accounts
    }
}

/// A token that Deriv has confirmed, to be sealed and stored.
package struct ConfirmedToken: Sendable {
    /// What a token is for.
    package enum Kind: String, Sendable {
        /// Requests in the user's name.
        case access
        /// The next access token.
        case refresh
    }

    /// The account that it is for; nil for all accounts of its user.
    package let account: String?
    /// What it is for.
    package let kind: Kind
    /// The token.
    package let token: SecretBytes
    /// When it ends, milliseconds since the epoch; nil where nobody says.
    package let expiresAt: Int64?
    /// What it allows.
    package let scopes: [String]

    /// A token from its parts.
    package init(
        account: String?, kind: Kind, token: SecretBytes, expiresAt: Int64?, scopes: [String]
    ) {
        self.account = account
        self.kind = kind
        self.token = token
        self.expiresAt = expiresAt
        self.scopes = scopes
    }
}

/// Why the directory does not do what was asked.
package enum DirectoryError: Error, Sendable, Equatable {
    /// The database does not answer; nothing was changed, or a repetition changes nothing more.
    case unavailable
    /// Deriv's user is connected with another user of the gateway.
    case identityTaken
    /// The user is connected with another of Deriv's users.
    case otherIdentity
    /// There is no such user.
    case unknownUser
    /// The database or the vault refuses; nothing was changed.
    case failed
}

/// What signing in needs of the stored users. Confined to a loop.
package protocol SignInDirectory: AnyObject {
    /// Whether a sign-in would find the database.
    var isReady: Bool { get }

    /// The role of a user; nil where there is no such user.
    func role(of user: SubjectID) async throws(DirectoryError) -> TokenRole?

    /// The user whose identity it is; a new one at the first time.
    func signIn(_ identity: SignInIdentity) async throws(DirectoryError) -> SubjectID

    /// Stores an identity and its tokens with a user, in one step, in place of those before.
    func connect(
        _ user: SubjectID, _ identity: SignInIdentity, _ tokens: [ConfirmedToken]
    ) async throws(DirectoryError)

    /// Deletes a user's tokens of a generation.
    ///
    /// - Returns: the tokens that were stored, to give them back to Deriv.
    func disconnect(
        _ user: SubjectID, _ generation: OAuthGeneration
    ) async throws(DirectoryError) -> [SecretBytes]
}

/// Whose a token of Deriv's first generation is.
package struct LegacyAuthorization: Sendable {
    /// The account that the token is for.
    package let account: DerivAccount
    /// The user's id at Deriv.
    package let userID: String
    /// What the token allows.
    package let scopes: [String]

    /// An authorization from its parts.
    package init(account: DerivAccount, userID: String, scopes: [String]) {
        self.account = account
        self.userID = userID
        self.scopes = scopes
    }
}

/// Asks Deriv's socket about tokens of the first generation. Confined to a loop.
package protocol LegacyTokenAuthority: AnyObject {
    /// Asks whose each token is (`authorize`), one after the other.
    ///
    /// - Returns: one authorization for each token, in the same order.
    func authorize(
        _ tokens: [SecretBytes]
    ) async throws(OAuthError) -> [LegacyAuthorization]
}
