/// Where a sealed value belongs. It opens there and nowhere else.
///
/// The context is authenticated with the value but not stored in it, so a value that was moved to
/// another user, account or field does not open.
package struct VaultContext: Sendable, Equatable {
    /// What kind of record holds the value, such as `broker_tokens`.
    package let domain: String
    /// The user whose value it is.
    package let user: SubjectID
    /// The broker's account, such as `CR123456`.
    package let account: String
    /// The field, such as `access_token`.
    package let field: String

    /// Names a place.
    ///
    /// - Parameters:
    ///   - domain: the kind of record.
    ///   - user: the owner.
    ///   - account: the broker's account.
    ///   - field: the field.
    /// - Throws: `VaultError.contextTooLong` if a text is too long.
    package init(
        domain: String, user: SubjectID, account: String, field: String
    ) throws(VaultError) {
        let max = SecurityLimits.vaultContextByteCountMax
        guard domain.utf8.count <= max, account.utf8.count <= max, field.utf8.count <= max else {
            throw .contextTooLong(byteCountMax: max)
        }
        self.domain = domain
        self.user = user
        self.account = account
        self.field = field
    }

    /// The bytes to authenticate beside the header. Each text has its length in front of it, so
    /// no two contexts have the same bytes.
    func additionalData(header: some Sequence<UInt8>) -> [UInt8] {
        var data = Array(header)
        func append(_ text: String) {
            data.append(UInt8(truncatingIfNeeded: text.utf8.count >> 8))
            data.append(UInt8(truncatingIfNeeded: text.utf8.count))
            data.append(contentsOf: text.utf8)
        }
        append(domain)
        data.append(contentsOf: user.bytes)
        append(account)
        append(field)
        return data
    }
}
