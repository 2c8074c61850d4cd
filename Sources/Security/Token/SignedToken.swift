/// A token in its three parts, with nothing verified (RFC 7515 §7.1, the compact form).
struct SignedToken {
    /// The bytes that are signed: both encoded parts and the dot between them.
    let signedRange: Range<Int>
    /// The encoded parts.
    let headerRange: Range<Int>
    let payloadRange: Range<Int>
    let signatureRange: Range<Int>

    /// Finds the parts of a token. Its length is checked first, and a fourth part, such as those
    /// of an encrypted token, ends it (CVE-2025-30204).
    init(_ token: Span<UInt8>) throws(TokenError) {
        guard token.count <= SecurityLimits.tokenByteCountMax else {
            throw .tooLong(byteCountMax: SecurityLimits.tokenByteCountMax)
        }
        var firstDot: Int?
        var secondDot: Int?
        for index in token.indices where token[index] == UInt8(ascii: ".") {
            if firstDot == nil {
                firstDot = index
            } else if secondDot == nil {
                secondDot = index
            } else {
                throw .malformed(.structure)
            }
        }
        guard let firstDot, let secondDot else { throw .malformed(.structure) }
        headerRange = 0..<firstDot
        payloadRange = firstDot + 1..<secondDot
        signedRange = 0..<secondDot
        signatureRange = secondDot + 1..<token.count
    }
}
