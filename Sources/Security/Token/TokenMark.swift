/// What a connection keeps of its token to know whether it is revoked: a few bytes instead of the
/// token's name.
package struct TokenMark: Sendable, Equatable {
    /// A hash of `jti` under a key of this process, 0 where the token has none. Two names that meet
    /// are as unlikely as a guessed password of 64 bits, and the one that suffers has to sign in
    /// again.
    package let fingerprint: UInt64
    /// `iat` in seconds since the epoch, 0 where the token has none: it then counts as issued
    /// before everything.
    package let issuedAtSecond: UInt32

    /// What is kept of a token.
    package init(of token: VerifiedToken) {
        self.init(tokenID: token.tokenID, issuedAtMilliseconds: token.issuedAtMilliseconds)
    }

    init(tokenID: String?, issuedAtMilliseconds: Int64?) {
        fingerprint = tokenID.map(Self.fingerprint) ?? 0
        issuedAtSecond = UInt32(clamping: (issuedAtMilliseconds ?? 0) / 1000)
    }

    /// The hash of a name, never 0.
    static func fingerprint(of tokenID: String) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(tokenID)
        let hash = UInt64(truncatingIfNeeded: hasher.finalize())
        return hash == 0 ? 1 : hash
    }
}
