/// What a token proves, once its signature and its claims are verified.
package struct VerifiedToken: Sendable, Equatable {
    /// Whose token it is.
    package let subject: SubjectID
    /// What its owner may do.
    package let role: TokenRole
    /// Who issued it.
    package let issuer: String
    /// When it was issued, in milliseconds since the epoch, where it says so.
    package let issuedAtMilliseconds: Int64?
    /// When its owner signed in, in milliseconds since the epoch, where it says so.
    package let signedInAtMilliseconds: Int64?
    /// Until when it is valid, in milliseconds since the epoch, without any leeway.
    package let expiresAtMilliseconds: Int64
    /// Its own name (`jti`), where it has one.
    package let tokenID: String?
    /// The name of the key that verified it, where that has one.
    package let keyID: String?

    /// What was proved before, and kept since in a place that only the gateway writes.
    ///
    /// - Parameters:
    ///   - subject: whose token it is.
    ///   - role: what its owner may do.
    ///   - issuer: who issued it.
    ///   - issuedAtMilliseconds: when it was issued.
    ///   - signedInAtMilliseconds: when its owner signed in.
    ///   - expiresAtMilliseconds: until when it is valid.
    ///   - tokenID: its own name.
    ///   - keyID: the name of the key that verified it.
    package init(
        subject: SubjectID, role: TokenRole, issuer: String, issuedAtMilliseconds: Int64?,
        signedInAtMilliseconds: Int64? = nil, expiresAtMilliseconds: Int64, tokenID: String?,
        keyID: String?
    ) {
        self.subject = subject
        self.role = role
        self.issuer = issuer
        self.issuedAtMilliseconds = issuedAtMilliseconds
        self.signedInAtMilliseconds = signedInAtMilliseconds
        self.expiresAtMilliseconds = expiresAtMilliseconds
        self.tokenID = tokenID
        self.keyID = keyID
    }
}
