/// The bounds of tokens, keys and sealed values.
package enum SecurityLimits {
    /// Bytes of a token, checked before anything is split or decoded. A Supabase token with rich
    /// metadata has 2 KB; an HTTP head of ours holds no more.
    package static let tokenByteCountMax = 8192

    /// Bytes of a key identifier, ours or a peer's: a SHA-256 in hexadecimal, doubled.
    package static let keyIDByteCountMax = 128

    /// Bytes of a token's `jti`.
    package static let tokenIDByteCountMax = 128

    /// Milliseconds by which clocks may differ. RFC 7519 §4.1.4: "usually no more than a few
    /// minutes"; we allow one.
    package static let leewayMillisecondsMax: Int64 = 60_000

    /// The latest time that a claim may name, 2^53 − 1 milliseconds: exact in every peer's
    /// arithmetic and far from overflow in ours.
    package static let timeMillisecondsMax: Int64 = 9_007_199_254_740_991

    /// Bytes of an HS256 secret. RFC 7518 §3.2: a key of the size of the hash output or larger
    /// MUST be used. Longer than the maximum is a mistake, not a secret.
    package static let sharedSecretByteCount = 32...1024

    /// Bits of an RSA modulus. RFC 7518 §3.3: 2048 or larger MUST be used; above 8192 one
    /// verification costs a peer nothing and us a millisecond.
    package static let modulusBitCount = 2048...8192

    /// Bytes of an RSA public exponent: those in use have three.
    package static let exponentByteCountMax = 8

    /// Issuers that one verifier trusts: the gateway itself, Supabase and room for two more.
    package static let trustedIssuerCountMax = 4

    /// Bytes of a JWKS document; five keys with certificates have 16 KB.
    package static let keySetByteCountMax = 65_536

    /// Keys of a JWKS document, or of a keyring file. Providers publish two or three.
    package static let keyCountMax = 16

    /// Bytes of a keyring file: sixteen keys and as many comments.
    package static let keyringByteCountMax = 32_768

    /// Bytes of a value that the vault seals. A broker's token has 100; the bound keeps the
    /// length far below what one key and nonce may encrypt (NIST SP 800-38D §5.2.1.1).
    package static let sealedPlaintextByteCountMax = 16_384

    /// Bytes of one text of the context that a sealed value is bound to.
    package static let vaultContextByteCountMax = 256
}
