internal import COpenSSL

/// A private key for ECDSA on P-256 with SHA-256 (`ES256` of RFC 7518 §3.4).
package final class ECDSAP256SigningKey: Sendable {
    private let key: AsymmetricKey
    /// The coordinates of the public point, 32 big-endian bytes each.
    package let publicCoordinates: (x: [UInt8], y: [UInt8])
    /// The key with which others verify.
    package let publicKey: ECDSAP256PublicKey

    /// Makes a key from its private number. Uniform random bytes are one, but for a chance of
    /// 2^-32.
    ///
    /// - Parameter privateNumber: 32 big-endian bytes.
    /// - Throws: `KeyError.invalidPrivateNumber` if it is zero or not less than the order.
    package init(privateNumber: SecretBytes) throws(KeyError) {
        guard privateNumber.byteCount == ECDSAP256PublicKey.coordinateByteCount else {
            throw .invalidPrivateNumber
        }
        let point = try Self.publicPoint(privateNumber)
        let x = [UInt8](point[1..<33])
        let y = [UInt8](point[33..<65])
        let key = AsymmetricKey.make(
            type: "EC", selection: .keyPair,
            parts: [
                KeyPart("group", .text, [UInt8]("P-256".utf8).span),
                KeyPart("pub", .octets, point.span),
                KeyPart("priv", .number, privateNumber),
            ])
        guard let key else { throw .invalidPrivateNumber }
        self.key = key
        publicCoordinates = (x, y)
        publicKey = try ECDSAP256PublicKey(x: x.span, y: y.span)
    }

    /// The uncompressed public point: the private number times the generator.
    private static func publicPoint(_ privateNumber: SecretBytes) throws(KeyError) -> [UInt8] {
        // Safety: group, point and number belong to this function and are freed by it; OpenSSL
        // writes at most the 65 bytes of `octets`, which say how many they are.
        let number = unsafe privateNumber.withSpan { bytes in
            unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe BN_bin2bn(buffer.baseAddress, Int32(buffer.count), nil)
            }
        }
        guard let number = unsafe number else { throw .libraryFailure }
        defer { unsafe BN_clear_free(number) }
        guard let group = unsafe EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1) else {
            throw .libraryFailure
        }
        defer { unsafe EC_GROUP_free(group) }
        guard unsafe BN_is_zero(number) == 0,
            unsafe BN_cmp(number, EC_GROUP_get0_order(group)) < 0
        else { throw .invalidPrivateNumber }
        guard let point = unsafe EC_POINT_new(group) else { throw .libraryFailure }
        defer { unsafe EC_POINT_free(point) }
        var octets = [UInt8](repeating: 0, count: 65)
        let isComputed = unsafe octets.withUnsafeMutableBufferPointer { buffer in
            unsafe EC_POINT_mul(group, point, number, nil, nil, nil) == 1
                && EC_POINT_point2oct(
                    group, point, POINT_CONVERSION_UNCOMPRESSED, buffer.baseAddress, buffer.count,
                    nil) == buffer.count
        }
        guard isComputed else {
            ERR_clear_error()
            throw .libraryFailure
        }
        return octets
    }

    /// Signs a message.
    ///
    /// - Parameter message: the bytes to sign.
    /// - Returns: r and s, 32 big-endian bytes each, or nil if OpenSSL has no memory.
    package func signature(of message: Span<UInt8>) -> [UInt8]? {
        // Safety: contexts and the decoded pair are freed here; the buffers are valid until their
        // closures return and OpenSSL is told how long they are; r and s belong to the pair.
        guard let context = unsafe EVP_MD_CTX_new() else { return nil }
        defer { unsafe EVP_MD_CTX_free(context) }
        // A DER encoding of two 256-bit numbers has at most 72 bytes.
        var encoding = [UInt8](repeating: 0, count: 80)
        var byteCount = encoding.count
        let isSigned =
            unsafe EVP_DigestSignInit_ex(
                context, nil, "SHA256", nil, nil, key.pointer, nil) == 1
            && message.withUnsafeBufferPointer { message in
                unsafe encoding.withUnsafeMutableBufferPointer { output in
                    unsafe EVP_DigestSign(
                        context, output.baseAddress, &byteCount, message.baseAddress, message.count)
                        == 1
                }
            }
        guard isSigned else {
            ERR_clear_error()
            return nil
        }
        let pair = unsafe encoding.withUnsafeBufferPointer { buffer in
            var next = buffer.baseAddress
            return unsafe d2i_ECDSA_SIG(nil, &next, byteCount)
        }
        guard let pair = unsafe pair else { return nil }
        defer { unsafe ECDSA_SIG_free(pair) }
        let half = Int32(ECDSAP256PublicKey.coordinateByteCount)
        var signature = [UInt8](repeating: 0, count: 2 * Int(half))
        let isWritten = unsafe signature.withUnsafeMutableBufferPointer { output in
            unsafe BN_bn2binpad(ECDSA_SIG_get0_r(pair), output.baseAddress, half) == half
                && BN_bn2binpad(
                    ECDSA_SIG_get0_s(pair), output.baseAddress?.advanced(by: Int(half)), half)
                    == half
        }
        return isWritten ? signature : nil
    }
}
