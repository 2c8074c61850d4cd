internal import JSONRPC

/// Issues the gateway's own session tokens.
package struct TokenIssuer: Sendable {
    /// Why no token is issued.
    package enum IssueError: Error, Equatable {
        /// The time, or the time at which the token would end, is out of range.
        case invalidTime
        /// OpenSSL has no memory.
        case libraryFailure
    }

    /// Random bytes that a token's name needs: enough that no two are ever alike.
    package static let tokenIDByteCount = 16

    private let name: String
    private let audience: String
    private let key: TokenSigningKey

    /// Describes an issuer.
    ///
    /// - Parameters:
    ///   - name: written as `iss`.
    ///   - audience: written as `aud`.
    ///   - key: signs, and is named as `kid`.
    package init(name: String, audience: String, key: TokenSigningKey) {
        self.name = name
        self.audience = audience
        self.key = key
    }

    /// The algorithm with which it signs.
    package var algorithm: TokenAlgorithm { key.algorithm }

    /// Issues a token.
    ///
    /// - Parameters:
    ///   - subject: whose token it is.
    ///   - role: what its owner may do.
    ///   - now: milliseconds since the epoch. Tokens carry whole seconds; `iat` is rounded down.
    ///   - signedInAt: when the user signed in, written as `auth_time`, milliseconds since the
    ///     epoch; nil for a token that comes of no sign-in.
    ///   - lifetimeMilliseconds: how long it is valid.
    ///   - randomBytes: `tokenIDByteCount` random bytes, from which `jti` is made.
    /// - Returns: the bytes of the compact form.
    /// - Throws: `IssueError` if a time is out of range or OpenSSL fails.
    package func issue(
        subject: SubjectID, role: TokenRole, now: Int64, signedInAt: Int64? = nil,
        lifetimeMilliseconds: Int64, randomBytes: [UInt8]
    ) throws(IssueError) -> [UInt8] {
        precondition(randomBytes.count == Self.tokenIDByteCount, "a token's name takes 16 bytes")
        let (expiresAt, isTooLate) = now.addingReportingOverflow(lifetimeMilliseconds)
        guard now >= 0, lifetimeMilliseconds >= 1000, !isTooLate,
            expiresAt <= SecurityLimits.timeMillisecondsMax
        else { throw .invalidTime }
        var token: [UInt8] = []
        Base64URL.append(header().span, to: &token)
        token.append(UInt8(ascii: "."))
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("iss", name)
        writer.member("aud", audience)
        writer.member("sub", subject.text)
        writer.member("user_role", role.rawValue)
        writer.member("iat", now / 1000)
        if let signedInAt { writer.member("auth_time", signedInAt / 1000) }
        writer.member("exp", expiresAt / 1000)
        writer.member("jti", Base64URL.encode(randomBytes.span))
        writer.endObject()
        Base64URL.append(writer.byteArray.span, to: &token)
        guard let signature = key.signature(of: token.span) else { throw .libraryFailure }
        token.append(UInt8(ascii: "."))
        Base64URL.append(signature.span, to: &token)
        return token
    }

    private func header() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("alg", key.algorithm.rawValue)
        writer.member("kid", key.id)
        writer.member("typ", "JWT" as String)
        writer.endObject()
        return writer.byteArray
    }
}
