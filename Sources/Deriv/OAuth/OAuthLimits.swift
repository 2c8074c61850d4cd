/// The bounds of what comes with a sign-in. Each is beyond what Deriv sends.
package enum OAuthLimits {
    /// Bytes of a callback's query. 25 accounts with tokens of the longest kind have 4500.
    package static let queryByteCountMax = 8000

    /// Parameters of a callback's query. 25 accounts have 75.
    package static let parameterCountMax = 100

    /// Accounts of one sign-in. Deriv's `authorize` takes as many tokens at once.
    package static let accountCountMax = 25

    /// Bytes of an authorization code. Those of Ory Hydra have 90.
    package static let codeByteCountMax = 1024

    /// Bytes of a token of the first generation (its schema: `^[\w\-]{1,128}$`).
    package static let legacyTokenByteCountMax = 128

    /// Bytes of an access or refresh token. Those of Ory Hydra have 90, signed ones 2 KB.
    package static let tokenByteCountMax = 8192

    /// Characters of an account's id. Deriv's have up to 12.
    package static let accountIDCharacterCountMax = 32

    /// Characters of a currency. Deriv's have up to 5 (`eUSDT`).
    package static let currencyCharacterCountMax = 16

    /// How long an access token lives where the server does not say, in seconds: what Deriv's own
    /// reference application assumes.
    package static let lifetimeSecondsDefault: Int64 = 3600

    /// How long an access token lives at most, in seconds: a year. Beyond it the answer is wrong.
    package static let lifetimeSecondsMax: Int64 = 31_536_000

    /// Tokens that one revocation of the first generation takes.
    package static let revokedTokenCountMax = 20
}
