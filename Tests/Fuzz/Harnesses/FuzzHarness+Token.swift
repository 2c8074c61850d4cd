import Security

extension FuzzHarness {
    /// JSON Web Tokens: nothing verifies but what was issued, and signed claims are judged.
    ///
    /// First byte: whether the rest is a whole token, or claims that are signed here with a good
    /// key, so that the reader of claims is reached.
    static let token = FuzzHarness(name: "token", byteCountMax: 1024) {
        bytes throws(PropertyFailure) in
        guard let keys = TokenKeys.shared else { throw PropertyFailure("no keys") }
        var input = FuzzInput(bytes)
        if input.takeByte() & 1 == 0 {
            try verifyWhole(Array(input.rest), keys)
        } else {
            try verifyClaims(Array(input.rest), keys)
        }
    }

    private static func verifyWhole(
        _ token: [UInt8], _ keys: TokenKeys
    ) throws(PropertyFailure) {
        var verifier = TokenVerifier(issuers: [keys.issuer])
        let verified: VerifiedToken
        do throws(TokenError) {
            verified = try verifier.verify(token.span, now: TokenKeys.now)
        } catch {
            return
        }
        // The elliptic key signs nothing, and a message has one HMAC only.
        try require(token == keys.issued, "forged: \(verified)")
    }

    private static func verifyClaims(
        _ claims: [UInt8], _ keys: TokenKeys
    ) throws(PropertyFailure) {
        var token = keys.head
        Base64URL.append(claims.span, to: &token)
        guard let code = keys.secret.authenticationCode(of: token.span) else { return }
        token.append(UInt8(ascii: "."))
        Base64URL.append(code.span, to: &token)
        var verifier = TokenVerifier(issuers: [keys.issuer], leewayMilliseconds: 0)
        let verified: VerifiedToken
        do throws(TokenError) {
            verified = try verifier.verify(token.span, now: TokenKeys.now)
        } catch {
            return
        }
        try require(
            verified.expiresAtMilliseconds > TokenKeys.now
                && (verified.issuedAtMilliseconds ?? 0) <= TokenKeys.now
                && verified.issuer == "https://gateway.test",
            "accepted: \(verified)")
    }
}
