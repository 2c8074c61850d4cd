/// An issuer whose tokens are accepted, under its own keys alone.
package struct TrustedIssuer: Sendable {
    /// Whose rules its claims follow.
    package enum Kind: Sendable, Equatable {
        /// The gateway's own session tokens.
        case gateway
        /// Access tokens of a Supabase project: `role` must be `authenticated`.
        case supabase(acceptsAnonymousUsers: Bool)
    }

    /// What `iss` must be, byte for byte.
    package let name: String
    /// `aud` must name at least one of these.
    package let audiences: [String]
    /// Whose rules its claims follow.
    package let kind: Kind
    /// Its keys; a key set that is fetched replaces them.
    package var keys: TokenKeySet

    /// Describes an issuer.
    ///
    /// - Parameters:
    ///   - name: what `iss` must be.
    ///   - audiences: what `aud` must name, at least one.
    ///   - kind: whose rules its claims follow.
    ///   - keys: its keys.
    package init(name: String, audiences: [String], kind: Kind, keys: TokenKeySet) {
        self.name = name
        self.audiences = audiences
        self.kind = kind
        self.keys = keys
    }

    /// Judges claims whose signature one of this issuer's keys has verified.
    func check(
        _ claims: TokenClaims, now: Int64, leeway: Int64, keyID: String?
    ) throws(TokenError) -> VerifiedToken {
        guard let issuer = claims.issuer else { throw .missingClaim(.iss) }
        guard issuer == name else { throw .untrustedIssuer }
        // Before everything that an API key lacks, so that its refusal says what it is.
        guard claims.databaseRole != "anon", claims.databaseRole != "service_role" else {
            throw .isAPIKey
        }
        guard let expiresAt = claims.expiresAt else { throw .missingClaim(.exp) }
        guard now < expiresAt + leeway else { throw .expired(atMilliseconds: expiresAt) }
        guard (claims.notBefore ?? 0) <= now + leeway, (claims.issuedAt ?? 0) <= now + leeway
        else { throw .notYetValid }
        guard let named = claims.audiences else { throw .missingClaim(.aud) }
        guard named.contains(where: audiences.contains) else { throw .wrongAudience }
        guard let subject = claims.subject else { throw .missingClaim(.sub) }
        switch kind {
        case .gateway:
            break
        case .supabase(let acceptsAnonymousUsers):
            guard claims.databaseRole != nil else { throw .missingClaim(.role) }
            guard claims.databaseRole == "authenticated" else { throw .invalidClaim(.role) }
            guard !claims.isAnonymous || acceptsAnonymousUsers else { throw .isAnonymous }
        }
        return VerifiedToken(
            subject: subject, role: claims.role, issuer: issuer,
            issuedAtMilliseconds: claims.issuedAt, signedInAtMilliseconds: claims.signedInAt,
            expiresAtMilliseconds: expiresAt, tokenID: claims.tokenID, keyID: keyID)
    }
}
