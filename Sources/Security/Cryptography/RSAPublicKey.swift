internal import COpenSSL

/// A public key for RSASSA-PKCS1-v1_5 with SHA-256 (`RS256` of RFC 7518 §3.3).
package struct RSAPublicKey: Sendable {
    private let verification: SignatureVerification
    private let modulusByteCount: Int

    /// Makes a key from its numbers.
    ///
    /// - Parameters:
    ///   - modulus: big-endian bytes without leading zeros (RFC 7518 §2, Base64urlUInt).
    ///   - exponent: big-endian bytes without leading zeros.
    /// - Throws: `KeyError` if a length is out of range, or a number is not one of RSA.
    package init(modulus: Span<UInt8>, exponent: Span<UInt8>) throws(KeyError) {
        let modulusBitCount = Self.bitCount(modulus)
        guard let modulusBitCount, SecurityLimits.modulusBitCount.contains(modulusBitCount) else {
            throw .invalidModulusLength(bitCount: modulusBitCount ?? 0)
        }
        guard exponent.count <= SecurityLimits.exponentByteCountMax,
            let exponentBitCount = Self.bitCount(exponent), exponentBitCount > 1,
            exponent[exponent.count - 1] & 1 == 1
        else {
            throw .invalidExponent
        }
        guard !ROCA.isWeak(modulus: modulus) else { throw .weakModulus }
        let key = AsymmetricKey.make(
            type: "RSA", selection: .publicKey,
            parts: [KeyPart("n", .number, modulus), KeyPart("e", .number, exponent)])
        guard let key else { throw .libraryFailure }
        verification = try SignatureVerification(key: key)
        modulusByteCount = modulus.count
    }

    /// Whether a signature is the one of a message.
    ///
    /// - Parameters:
    ///   - signature: as many bytes as the modulus has.
    ///   - message: the bytes that were signed.
    /// - Returns: whether it is valid.
    package func isValid(_ signature: Span<UInt8>, for message: Span<UInt8>) -> Bool {
        guard signature.count == modulusByteCount else { return false }
        // Safety: the signature is valid until the closure returns.
        return unsafe signature.withUnsafeBufferPointer { buffer in
            unsafe verification.isValid(buffer, for: message)
        }
    }

    /// Bits of a number, or nil if it is empty or begins with a zero byte.
    private static func bitCount(_ bytes: Span<UInt8>) -> Int? {
        guard bytes.count > 0, bytes[0] != 0 else { return nil }
        return bytes.count * 8 - bytes[0].leadingZeroBitCount
    }
}
