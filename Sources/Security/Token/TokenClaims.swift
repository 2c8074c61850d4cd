internal import JSONRPC

/// The roles of the gateway.
package enum TokenRole: String, Sendable, CaseIterable {
    /// A trader.
    case user
    /// One who creates and controls sessions.
    case admin
    /// An engine or an executor.
    case service
}

/// The claims of a token whose signature is verified, read but not yet judged.
struct TokenClaims {
    static let limits = JSONLimits(
        byteCountMax: SecurityLimits.tokenByteCountMax, depthMax: 16, tokenCountMax: 4096,
        memberCountMax: 128, stringByteCountMax: SecurityLimits.tokenByteCountMax)

    var issuer: String?
    var subject: SubjectID?
    var audiences: [String]?
    /// Milliseconds since the epoch, as all times here.
    var expiresAt: Int64?
    var notBefore: Int64?
    var issuedAt: Int64?
    var signedInAt: Int64?
    var tokenID: String?
    /// The role in the database.
    var databaseRole: String?
    var userRole: String?
    var metadataRole: String?
    var isAnonymous = false

    init(_ text: RawSpan, tape: inout JSONTape) throws(TokenError) {
        do throws(JSONError) {
            try tape.read(text)
        } catch {
            throw .malformed(.claims)
        }
        let root = tape.root(in: text)
        guard root.kind == .object else { throw .malformed(.claims) }
        var members = root.members
        while let member = members.next() {
            if let claim = Self.claim(named: member.key) { try read(claim, member.value) }
        }
    }

    /// Compared in place: a `String` for each name would make a verification an eighth slower.
    private static func claim(named key: JSONValue) -> TokenClaim? {
        if key.equals("iss") { return .iss }
        if key.equals("sub") { return .sub }
        if key.equals("aud") { return .aud }
        if key.equals("exp") { return .exp }
        if key.equals("iat") { return .iat }
        if key.equals("nbf") { return .nbf }
        if key.equals("auth_time") { return .authTime }
        if key.equals("jti") { return .jti }
        if key.equals("role") { return .role }
        if key.equals("user_role") { return .userRole }
        if key.equals("app_metadata") { return .appMetadata }
        if key.equals("is_anonymous") { return .isAnonymous }
        return nil
    }

    private mutating func read(_ claim: TokenClaim, _ value: JSONValue) throws(TokenError) {
        switch claim {
        case .iss: issuer = try Self.string(value, claim)
        case .sub:
            guard let id = SubjectID(try Self.string(value, claim)) else {
                throw .invalidClaim(.sub)
            }
            subject = id
        case .aud: audiences = try Self.audiences(value)
        case .exp: expiresAt = try Self.milliseconds(value, claim)
        case .nbf: notBefore = try Self.milliseconds(value, claim)
        case .iat: issuedAt = try Self.milliseconds(value, claim)
        case .authTime: signedInAt = try Self.milliseconds(value, claim)
        case .jti:
            let id = try Self.string(value, claim)
            guard !id.isEmpty, id.utf8.count <= SecurityLimits.tokenIDByteCountMax else {
                throw .invalidClaim(.jti)
            }
            tokenID = id
        case .role: databaseRole = try Self.string(value, claim)
        case .userRole:
            // Supabase's hook for custom claims writes null for a user without a role.
            userRole = value.isNull ? nil : try Self.string(value, claim)
        case .appMetadata:
            guard value.kind == .object else { throw .invalidClaim(.appMetadata) }
            if let role = value.member("role"), !role.isNull {
                metadataRole = try Self.string(role, claim)
            }
        case .isAnonymous:
            guard let isAnonymous = value.bool else { throw .invalidClaim(.isAnonymous) }
            self.isAnonymous = isAnonymous
        }
    }

    /// `user_role`, else `app_metadata.role`, both written by servers only. Never
    /// `user_metadata`, which users write themselves. A name that is none of ours is another
    /// system's and gives the least rights.
    var role: TokenRole {
        (userRole ?? metadataRole).flatMap(TokenRole.init(rawValue:)) ?? .user
    }

    private static func string(
        _ value: JSONValue, _ claim: TokenClaim
    ) throws(TokenError) -> String {
        guard let string = value.string else { throw .invalidClaim(claim) }
        return string
    }

    /// One string or an array of strings (RFC 7519 §4.1.3).
    private static func audiences(_ value: JSONValue) throws(TokenError) -> [String] {
        if let audience = value.string { return [audience] }
        guard value.kind == .array else { throw .invalidClaim(.aud) }
        var audiences: [String] = []
        var elements = value.elements
        while let element = elements.next() {
            audiences.append(try string(element, .aud))
        }
        guard !audiences.isEmpty else { throw .invalidClaim(.aud) }
        return audiences
    }

    /// A NumericDate (RFC 7519 §2), seconds with or without a fraction, in milliseconds.
    private static func milliseconds(
        _ value: JSONValue, _ claim: TokenClaim
    ) throws(TokenError) -> Int64 {
        if let seconds = value.int64 {
            let (milliseconds, isTooLarge) = seconds.multipliedReportingOverflow(by: 1000)
            guard !isTooLarge, (0...SecurityLimits.timeMillisecondsMax).contains(milliseconds)
            else { throw .invalidClaim(claim) }
            return milliseconds
        }
        guard let seconds = value.double else { throw .invalidClaim(claim) }
        let milliseconds = (seconds * 1000).rounded(.down)
        guard milliseconds >= 0, milliseconds <= Double(SecurityLimits.timeMillisecondsMax) else {
            throw .invalidClaim(claim)
        }
        return Int64(milliseconds)
    }
}
