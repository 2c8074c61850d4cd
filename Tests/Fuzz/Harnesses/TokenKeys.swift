import Security

/// Keys that are the same in every run, so that a kept input means the same later.
struct TokenKeys: Sendable {
    /// Milliseconds since the epoch: 2026-01-01.
    static let now: Int64 = 1_767_225_600_000

    /// nil only if OpenSSL cannot make the keys.
    static let shared = TokenKeys()

    /// Trusted under both keys.
    let issuer: TrustedIssuer
    /// The key `h`.
    let secret: HMACSHA256Key
    /// The one token that was issued, under the key `h`.
    let issued: [UInt8]
    /// Its header with the dot behind it.
    let head: [UInt8]

    private init?() {
        let name = "https://gateway.test"
        let secretBytes = SecretBytes(copying: Array(1...32).span)
        guard let secret = try? HMACSHA256Key(secret: secretBytes),
            let elliptic = try? ECDSAP256SigningKey(privateNumber: secretBytes),
            let keys = try? TokenKeySet([
                TokenKey(id: "h", material: .sharedSecret(secret)),
                TokenKey(id: "e", material: .ecdsaP256(elliptic.publicKey)),
            ]),
            let issued = try? TokenIssuer(
                name: name, audience: "gateway",
                key: TokenSigningKey(id: "h", material: .sharedSecret(secret))
            ).issue(
                subject: SubjectID(high: 1, low: 2), role: .user, now: Self.now,
                lifetimeMilliseconds: 60_000, randomBytes: Array(1...16))
        else { return nil }
        issuer = TrustedIssuer(
            name: name, audiences: ["gateway"], kind: .gateway, keys: keys)
        self.secret = secret
        self.issued = issued
        head = issued.prefix { $0 != UInt8(ascii: ".") } + [UInt8(ascii: ".")]
    }
}
