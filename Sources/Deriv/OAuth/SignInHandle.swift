package import Security

/// The secret of one sign-in, kept in the browser's cookie and nowhere else.
///
/// Everything that a sign-in needs is derived from it, each under a label of its own: `state`, the
/// PKCE verifier, and the name under which the gateway remembers that the sign-in was begun. So
/// what the gateway stores opens nothing, and a `state` that was not made for this browser is
/// known without looking anything up.
package struct SignInHandle: Sendable {
    /// Bytes of the secret.
    package static let byteCount = 32

    /// Letters of the cookie's value, of `state` and of the verifier (base64url without padding;
    /// RFC 7636 §4.1 asks for 43 to 128).
    package static let textByteCount = 43

    private let secret: SecretBytes

    /// A new sign-in.
    ///
    /// - Parameter randomBytes: `byteCount` random bytes.
    package init(randomBytes: SecretBytes) {
        precondition(randomBytes.byteCount == Self.byteCount, "a handle takes 32 bytes")
        secret = randomBytes
    }

    /// The sign-in of a cookie; nil where the value is none that this type made.
    package init?(cookieValue: String) {
        guard cookieValue.utf8.count == Self.textByteCount,
            let secret = Base64URL.decodeSecret(Array(cookieValue.utf8).span),
            secret.byteCount == Self.byteCount
        else { return nil }
        self.secret = secret
    }

    /// What goes into the cookie.
    package var cookieValue: SecretBytes { Base64URL.encodeSecret(secret) }

    /// What Deriv sends back: not secret, for it travels in URLs, and of no use without the cookie.
    package var state: String { text("tradermind sign-in state") }

    /// The name of the sign-in's record on the gateway's side.
    package var recordName: String { text("tradermind sign-in record") }

    /// The PKCE verifier (RFC 7636 §4.1).
    package var codeVerifier: SecretBytes {
        Base64URL.encodeSecret(
            SHA256Digest.derive(from: secret, label: "tradermind sign-in verifier"))
    }

    /// The PKCE challenge, S256 (RFC 7636 §4.2).
    package var codeChallenge: String { PKCE.challenge(of: codeVerifier) }

    /// Whether a `state` is this sign-in's, in constant time.
    package func matches(state other: SecretBytes) -> Bool {
        other.withSpan { ConstantTime.areEqual($0, Array(state.utf8).span) }
    }

    private func text(_ label: String) -> String {
        SHA256Digest.derive(from: secret, label: label).withSpan { Base64URL.encode($0) }
    }
}

/// Proof Key for Code Exchange (RFC 7636).
enum PKCE {
    /// The challenge of a verifier, method S256 (§4.2).
    static func challenge(of verifier: SecretBytes) -> String {
        verifier.withSpan { Base64URL.encode(SHA256Digest.of($0).span) }
    }
}
