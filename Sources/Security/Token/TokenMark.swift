/// What a connection keeps of its token to know whether it is revoked: a few bytes instead of the
/// token's name.
package struct TokenMark: Sendable, Equatable {
    /// A hash of `jti` under a key of this process, 0 where the token has none. Two names that meet
    /// are as unlikely as a guessed password of 64 bits, and the one that suffers has to sign in
    /// again.
    package let fingerprint: UInt64
    /// `iat`, or `auth_time` where that is earlier, in seconds since the epoch; 0 where the token
    /// has no `iat`: it then counts as issued before everything.
    package let issuedAtSecond: UInt32

    /// What is kept of a token. One that comes of a sign-in counts as issued when that was, so that
    /// a revocation of everything before a time holds for what a sign-in before it still brings,
    /// on a node that has not heard of the revocation yet.
    package init(of token: VerifiedToken) {
        let issuedAt = token.issuedAtMilliseconds
        self.init(
            tokenID: token.tokenID,
            issuedAtMilliseconds: issuedAt.map { min($0, token.signedInAtMilliseconds ?? $0) })
    }

    /// What is kept of a token that was judged before.
    ///
    /// - Parameters:
    ///   - tokenID: its `jti`, where it has one.
    ///   - issuedAtMilliseconds: when it counts as issued, in milliseconds since the epoch.
    package init(tokenID: String?, issuedAtMilliseconds: Int64?) {
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
