internal import JSONRPC

/// The algorithms of signatures that we verify (RFC 7518 §3.1).
package enum TokenAlgorithm: String, Sendable {
    /// HMAC with SHA-256 and a shared secret.
    case hs256 = "HS256"
    /// ECDSA on P-256 with SHA-256.
    case es256 = "ES256"
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    case rs256 = "RS256"
}

/// What a token's header says about its signature.
struct TokenHeader: Equatable {
    static let limits = JSONLimits(
        byteCountMax: SecurityLimits.tokenByteCountMax, depthMax: 8, tokenCountMax: 256,
        memberCountMax: 32)

    let algorithm: TokenAlgorithm
    let keyID: String?

    /// Reads a header strictly (RFC 7515 §4, RFC 8725 §3).
    ///
    /// Keys and addresses of keys in the header (`jwk`, `jku`, `x5u`, `x5c`) are not even looked
    /// at: a token does not choose the key that verifies it (CVE-2018-0114).
    init(_ text: RawSpan, tape: inout JSONTape) throws(TokenError) {
        do throws(JSONError) {
            try tape.read(text)
        } catch {
            throw .malformed(.header)
        }
        let root = tape.root(in: text)
        guard root.kind == .object else { throw .malformed(.header) }
        var algorithm: TokenAlgorithm?
        var keyID: String?
        var members = root.members
        while let member = members.next() {
            let key = member.key
            let value = member.value
            if key.equals("alg") {
                algorithm = Self.algorithm(value)
                guard algorithm != nil else { throw .unsupportedAlgorithm }
            } else if key.equals("kid") {
                keyID = value.string
                guard let keyID, !keyID.isEmpty,
                    keyID.utf8.count <= SecurityLimits.keyIDByteCountMax
                else { throw .unsupportedHeader(.kid) }
            } else if key.equals("typ") {
                guard value.equals("JWT") || value.string?.lowercased() == "jwt" else {
                    throw .unsupportedHeader(.typ)
                }
            } else if key.equals("b64") {
                guard value.bool == true else { throw .unsupportedHeader(.b64) }
            } else if let refused = Self.refusedMember(named: key) {
                throw .unsupportedHeader(refused)
            }
        }
        guard let algorithm else { throw .unsupportedAlgorithm }
        self.algorithm = algorithm
        self.keyID = keyID
    }
    /// `none` is as unknown here as any other word (CVE-2022-23540).
    private static func algorithm(_ value: JSONValue) -> TokenAlgorithm? {
        if value.equals("HS256") { return .hs256 }
        if value.equals("ES256") { return .es256 }
        if value.equals("RS256") { return .rs256 }
        return nil
    }

    /// Members whose presence alone asks for what we do not do.
    private static func refusedMember(named key: JSONValue) -> TokenHeaderMember? {
        if key.equals("crit") { return .crit }
        if key.equals("cty") { return .cty }
        if key.equals("zip") { return .zip }
        if key.equals("enc") { return .enc }
        return nil
    }
}
