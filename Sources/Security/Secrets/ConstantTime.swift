internal import COpenSSL

/// Comparison whose duration says nothing about where two values differ.
package enum ConstantTime {
    /// Whether both are equal. Only the lengths, which are no secret, can end it early.
    ///
    /// - Parameters:
    ///   - left: bytes.
    ///   - right: bytes.
    /// - Returns: whether all bytes are equal.
    package static func areEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        // Safety: both pointers are valid for `left.count` bytes until the closures return.
        return unsafe left.withUnsafeBytes { leftBytes in
            unsafe right.withUnsafeBytes { rightBytes in
                unsafe CRYPTO_memcmp(leftBytes.baseAddress, rightBytes.baseAddress, left.count) == 0
            }
        }
    }
}
