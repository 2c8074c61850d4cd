import JSONRPC
package import Security
package import WebSocketProtocol

/// Why Deriv's answer brings no grant; shows nothing of its body.
package enum OAuthReplyError: Error, Sendable, Equatable {
    /// An error code of RFC 6749 §5.2 (`invalid_grant` …), or `other`.
    case refused(String)
    /// The token is not valid, or not for this.
    case unauthorized
    /// Too many requests; seconds to wait, where the server says.
    case rateLimited(retryAfterSeconds: Int?)
    /// The server has a problem.
    case serverFailed(status: Int)
    /// The answer is not what is documented.
    case malformed
}

/// What the token endpoint grants.
package struct OAuthGrant: Sendable {
    /// For requests in the user's name.
    package let accessToken: SecretBytes
    /// For the next access token; nil where the server gives none.
    package let refreshToken: SecretBytes?
    /// How long the access token lives, in seconds.
    package let lifetimeSeconds: Int64
    /// What was granted; empty where it is what was asked for.
    package let scopes: [String]
}

/// Reads the answers of the token endpoint (RFC 6749 §5).
package enum TokenReply {
    private static let limits = JSONLimits(
        byteCountMax: 64 * 1024, depthMax: 4, tokenCountMax: 128)
    private static let knownErrors: Set<String> = [
        "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client",
        "unsupported_grant_type", "invalid_scope",
    ]

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - status: the answer's status.
    ///   - fields: its fields.
    ///   - body: its body.
    /// - Returns: what was granted.
    /// - Throws: ``OAuthReplyError``
    package static func read(
        status: HTTPStatus, fields: HTTPFields, body: [UInt8]
    ) throws(OAuthReplyError) -> OAuthGrant {
        try requireUsable(status, fields)
        var tape = JSONTape(limits: limits)
        // Safety: the array lives as long as the views into it.
        let text = unsafe body.span.bytes
        do throws(JSONError) {
            try tape.read(text)
        } catch {
            throw .malformed
        }
        let root = tape.root(in: text)
        guard root.kind == .object else { throw .malformed }
        guard status == .ok else {
            let code = root.member("error")?.string ?? "other"
            throw .refused(knownErrors.contains(code) ? code : "other")
        }
        guard let type = root.member("token_type")?.string, type.lowercased() == "bearer",
            let access = secret(root.member("access_token"))
        else { throw .malformed }
        var refresh: SecretBytes?
        if let member = root.member("refresh_token"), !member.isNull {
            guard let token = secret(member) else { throw .malformed }
            refresh = token
        }
        var lifetime = OAuthLimits.lifetimeSecondsDefault
        if let member = root.member("expires_in"), !member.isNull {
            guard let seconds = member.int64, (1...OAuthLimits.lifetimeSecondsMax).contains(seconds)
            else { throw .malformed }
            lifetime = seconds
        }
        let scopes = root.member("scope")?.string?.split(separator: " ").map(String.init) ?? []
        return OAuthGrant(
            accessToken: access, refreshToken: refresh, lifetimeSeconds: lifetime, scopes: scopes)
    }

    /// Refuses what says nothing of the request itself.
    static func requireUsable(
        _ status: HTTPStatus, _ fields: HTTPFields
    ) throws(OAuthReplyError) {
        switch status.rawValue {
        case 429:
            let seconds = fields.value(of: "Retry-After").flatMap { Int($0) }
            throw .rateLimited(retryAfterSeconds: seconds.map { min(max($0, 1), 3600) })
        case 500...: throw .serverFailed(status: status.rawValue)
        case 200, 400...499: return
        default: throw .malformed
        }
    }

    /// A token's bytes (RFC 6750 §2.1), copied from where they stand; nil for anything else.
    private static func secret(_ value: JSONValue?) -> SecretBytes? {
        guard let bytes = value?.unescapedBytes,
            (1...OAuthLimits.tokenByteCountMax).contains(bytes.byteCount)
        else { return nil }
        // Safety: any byte is a UInt8; the offsets are within the bytes.
        var isVisible = true
        let secret = SecretBytes(capacity: bytes.byteCount) { output in
            for offset in 0..<bytes.byteCount {
                let byte = unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
                isVisible = isVisible && byte > 0x20 && byte < 0x7F
                output.append(byte)
            }
        }
        return isVisible ? secret : nil
    }
}
