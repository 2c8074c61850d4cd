@testable import Security

/// Makes tokens of any kind, with the faults that a test wants, and verifies them.
enum TestTokens {
    static let now: Int64 = 1_800_000_000_000
    static let issuerName = "https://gateway.tradermind.example"
    static let supabaseName = "https://abcdefgh.supabase.co/auth/v1"
    static let subject = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"

    /// Keys of the tests: 32 bytes each, the same in every run.
    static let secret = [UInt8](1...32)
    static let otherSecret = [UInt8](101...132)

    static func sharedKey(_ secret: [UInt8] = secret) throws -> HMACSHA256Key {
        try HMACSHA256Key(secret: SecretBytes(secret))
    }

    static func ellipticKey() throws -> ECDSAP256SigningKey {
        try ECDSAP256SigningKey(privateNumber: SecretBytes(secret))
    }

    static let header = #"{"alg":"HS256","kid":"k1","typ":"JWT"}"#

    /// Valid claims of the gateway's own, with members replaced, added, or removed by nil.
    static func claims(_ changes: [String: String?] = [:]) -> String {
        var members: [String: String] = [
            "iss": "\"\(issuerName)\"", "aud": "\"gateway\"", "sub": "\"\(subject)\"",
            "user_role": "\"admin\"", "iat": "1799999000", "exp": "1800003600", "jti": "\"t1\"",
        ]
        for (name, value) in changes { members[name] = value }
        let texts = members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
        return "{" + texts.joined(separator: ",") + "}"
    }

    /// Valid claims of a Supabase user.
    static func supabaseClaims(_ changes: [String: String?] = [:]) -> String {
        var all: [String: String?] = [
            "iss": "\"\(supabaseName)\"", "aud": "\"authenticated\"", "role": "\"authenticated\"",
            "user_role": nil, "jti": nil, "is_anonymous": "false", "aal": "\"aal1\"",
            "user_metadata": #"{"role":"admin","user_role":"admin"}"#, "email": "\"a@b.example\"",
            "app_metadata": #"{"provider":"email"}"#,
        ]
        for (name, value) in changes { all.updateValue(value, forKey: name) }
        return claims(all)
    }

    static func encode(_ text: String) -> String { Base64URL.encode(Array(text.utf8)) }

    /// A token whose parts are given as texts and signed as they are.
    static func token(
        header: String = header, claims: String = claims(), key: HMACSHA256Key? = nil
    ) throws -> [UInt8] {
        try token(encodedHeader: encode(header), encodedClaims: encode(claims), key: key)
    }

    static func token(
        encodedHeader: String, encodedClaims: String, key: HMACSHA256Key? = nil
    ) throws -> [UInt8] {
        let message = Array((encodedHeader + "." + encodedClaims).utf8)
        let code = try key ?? sharedKey()
        return message + Array(".".utf8)
            + Array(Base64URL.encode(code.authenticationCode(of: message) ?? []).utf8)
    }

    /// The gateway with a shared and an elliptic key, and Supabase with a legacy secret.
    static func issuers(acceptsAnonymousUsers: Bool = false) throws -> [TrustedIssuer] {
        let elliptic = try ellipticKey()
        return [
            TrustedIssuer(
                name: issuerName, audiences: ["gateway", "gateway-2"], kind: .gateway,
                keys: try TokenKeySet([
                    TokenKey(id: "k1", material: .sharedSecret(try sharedKey())),
                    TokenKey(id: "e1", material: .ecdsaP256(elliptic.publicKey)),
                ])),
            TrustedIssuer(
                name: supabaseName, audiences: ["authenticated"],
                kind: .supabase(acceptsAnonymousUsers: acceptsAnonymousUsers),
                keys: try TokenKeySet([
                    TokenKey(id: nil, material: .sharedSecret(try sharedKey(otherSecret)))
                ])),
        ]
    }

    /// Made once: the check of an elliptic key costs more than many verifications.
    private static let defaultIssuers = Result { try issuers() }

    /// The gateway alone.
    static func gateway() throws -> [TrustedIssuer] { Array(try issuers().prefix(1)) }

    static func verify(
        _ token: [UInt8], issuers: [TrustedIssuer]? = nil, now: Int64 = now,
        leeway: Int64 = 30_000
    ) throws -> VerifiedToken {
        var verifier = TokenVerifier(
            issuers: try issuers ?? defaultIssuers.get(), leewayMilliseconds: leeway)
        return try verifier.verify(token.span, now: now)
    }

    /// The fault of a token, or nil if it is accepted.
    static func fault(
        _ token: [UInt8], issuers: [TrustedIssuer]? = nil, now: Int64 = now,
        leeway: Int64 = 30_000
    ) throws -> TokenError? {
        do {
            _ = try verify(token, issuers: issuers, now: now, leeway: leeway)
            return nil
        } catch let error as TokenError {
            return error
        }
    }
}
