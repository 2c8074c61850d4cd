internal import JSONRPC

/// Verifies the tokens of the trusted issuers (RFC 7515 §5.2, RFC 7519 §7.2, RFC 8725).
///
/// The signature is verified before the claims are read, with a key that the issuer in the claims
/// must then own. A verifier keeps the storage of its JSON reader between tokens: one per event
/// loop, not to be shared between threads.
package struct TokenVerifier: ~Copyable {
    private var headerTape = JSONTape(limits: TokenHeader.limits)
    private var claimsTape = JSONTape(limits: TokenClaims.limits)
    private let leeway: Int64

    /// The issuers, of which key sets may be replaced.
    package var issuers: [TrustedIssuer]

    /// Makes a verifier.
    ///
    /// - Parameters:
    ///   - issuers: the issuers to trust, at most `SecurityLimits.trustedIssuerCountMax`.
    ///   - leewayMilliseconds: how far clocks may differ, cut to 0 and
    ///     `SecurityLimits.leewayMillisecondsMax`.
    package init(issuers: [TrustedIssuer], leewayMilliseconds: Int64 = 30_000) {
        precondition(
            issuers.count <= SecurityLimits.trustedIssuerCountMax,
            "more issuers than SecurityLimits.trustedIssuerCountMax")
        self.issuers = issuers
        leeway = min(max(leewayMilliseconds, 0), SecurityLimits.leewayMillisecondsMax)
    }

    /// Verifies a token.
    ///
    /// - Parameters:
    ///   - token: the bytes of the compact form.
    ///   - now: milliseconds since the epoch.
    /// - Returns: what the token proves.
    /// - Throws: `TokenError` with the first fault.
    package mutating func verify(
        _ token: Span<UInt8>, now: Int64
    ) throws(TokenError) -> VerifiedToken {
        let signed = try verifySignature(token, now: now)
        // Safety: the elements are bytes, and any bytes may be read as bytes.
        let claims = unsafe try TokenClaims(signed.payload.span.bytes, tape: &claimsTape)
        return try signed.issuer.check(claims, now: now, leeway: leeway, keyID: signed.key.id)
    }

    /// Verifies the signature alone, whatever the payload is (RFC 7515 §5.2).
    mutating func verifySignature(
        _ token: Span<UInt8>, now: Int64
    ) throws(TokenError) -> (issuer: TrustedIssuer, key: TokenKey, payload: [UInt8]) {
        let parts = try SignedToken(token)
        guard let headerText = Base64URL.decode(token.extracting(parts.headerRange)) else {
            throw .malformed(.header)
        }
        // Safety: the elements are bytes, and any bytes may be read as bytes.
        let header = unsafe try TokenHeader(headerText.span.bytes, tape: &headerTape)
        guard let signature = Base64URL.decode(token.extracting(parts.signatureRange)) else {
            throw .malformed(.signature)
        }
        let (issuer, key) = try signer(
            of: token.extracting(parts.signedRange), header: header, signature: signature.span,
            now: now)
        guard let payload = Base64URL.decode(token.extracting(parts.payloadRange)) else {
            throw .malformed(.claims)
        }
        return (issuer, key, payload)
    }

    /// The issuer and key that signed, or the reason why none did.
    private func signer(
        of message: Span<UInt8>, header: TokenHeader, signature: Span<UInt8>, now: Int64
    ) throws(TokenError) -> (TrustedIssuer, TokenKey) {
        var fault = TokenError.unknownKey
        for issuer in issuers {
            switch issuer.keys.match(header, now: now) {
            case .key(let key):
                // Two issuers may use one name for their keys, so the next one gets its turn.
                if key.isValid(signature, for: message) { return (issuer, key) }
                fault = .invalidSignature
            case .otherAlgorithm:
                if fault == .unknownKey { fault = .algorithmMismatch }
            case .none:
                break
            }
        }
        throw fault
    }
}
