/// Why a token is refused. No case carries a byte of the token, so each is safe to log.
package enum TokenError: Error, Equatable {
    /// The token exceeds `SecurityLimits.tokenByteCountMax`.
    case tooLong(byteCountMax: Int)
    /// There are not exactly three parts, or one of them is not base64url or not a JSON object.
    case malformed(TokenPart)
    /// `alg` is missing, `none` or another one that we do not verify.
    case unsupportedAlgorithm
    /// A member of the header asks for something that we do not do.
    case unsupportedHeader(TokenHeaderMember)
    /// No trusted issuer has a key of that name for that algorithm. A key set may have to be
    /// fetched again.
    case unknownKey
    /// The key of that name belongs to another algorithm.
    case algorithmMismatch
    /// The signature is not the one of the key.
    case invalidSignature
    /// A claim that must be there is missing.
    case missingClaim(TokenClaim)
    /// A claim has the wrong type, or a value out of its range.
    case invalidClaim(TokenClaim)
    /// The token was valid until the given time, in milliseconds since the epoch.
    case expired(atMilliseconds: Int64)
    /// `nbf` or `iat` lies in the future.
    case notYetValid
    /// The key is not one of the issuer that the token names.
    case untrustedIssuer
    /// The token is meant for somebody else.
    case wrongAudience
    /// The token is an API key of a Supabase project (`anon`, `service_role`) and no user's.
    case isAPIKey
    /// The user is anonymous, and the issuer's anonymous users are not let in.
    case isAnonymous

    /// A stable word for the reason, for replies and metrics.
    package var reason: String {
        switch self {
        case .tooLong: "token_too_long"
        case .malformed: "token_malformed"
        case .unsupportedAlgorithm: "unsupported_algorithm"
        case .unsupportedHeader: "unsupported_header"
        case .unknownKey: "unknown_key"
        case .algorithmMismatch: "algorithm_mismatch"
        case .invalidSignature: "invalid_signature"
        case .missingClaim: "missing_claim"
        case .invalidClaim: "invalid_claim"
        case .expired: "token_expired"
        case .notYetValid: "token_not_yet_valid"
        case .untrustedIssuer: "untrusted_issuer"
        case .wrongAudience: "wrong_audience"
        case .isAPIKey: "api_key_refused"
        case .isAnonymous: "anonymous_refused"
        }
    }
}

/// The parts of a signed token (RFC 7515 §3.1).
package enum TokenPart: String, Sendable {
    /// The three parts as a whole.
    case structure
    /// The protected header.
    case header
    /// The payload.
    case claims
    /// The signature.
    case signature
}

/// Members of a header that can make us refuse a token.
package enum TokenHeaderMember: String, Sendable {
    /// Extensions that must be understood (RFC 7515 §4.1.11). We understand none.
    case crit
    /// An unencoded payload (RFC 7797).
    case b64
    /// Another type of token than a JWT (RFC 7519 §5.1).
    case typ
    /// A nested token (RFC 7519 §5.2).
    case cty
    /// Compression (RFC 7516 §4.1.3).
    case zip
    /// Encryption (RFC 7516 §4.1.2).
    case enc
    /// A key's name that is no string, empty or too long (RFC 7515 §4.1.4).
    case kid
}

/// The claims that we read.
package enum TokenClaim: String, Sendable {
    /// Who issued the token (RFC 7519 §4.1.1).
    case iss
    /// Whose token it is (§4.1.2).
    case sub
    /// For whom it is meant (§4.1.3).
    case aud
    /// Until when it is valid (§4.1.4).
    case exp
    /// From when it is valid (§4.1.5).
    case nbf
    /// When it was issued (§4.1.6).
    case iat
    /// When its owner signed in (OpenID Connect Core §2).
    case authTime = "auth_time"
    /// Its name (§4.1.7).
    case jti
    /// The role in the database, set by Supabase.
    case role
    /// The role in the gateway, set by the server.
    case userRole = "user_role"
    /// Facts that only the server writes, of which we read `role`.
    case appMetadata = "app_metadata"
    /// Whether the user signed in without an identity, set by Supabase.
    case isAnonymous = "is_anonymous"
}
