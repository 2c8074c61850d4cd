internal import COpenSSL

/// A public key for ECDSA on P-256 with SHA-256 (`ES256` of RFC 7518 §3.4).
package struct ECDSAP256PublicKey: Sendable {
    /// Bytes of a coordinate, of a private number and of each half of a signature.
    package static let coordinateByteCount = 32

    private let verification: SignatureVerification

    /// Makes a key from its coordinates.
    ///
    /// - Parameters:
    ///   - x: the first coordinate, 32 big-endian bytes.
    ///   - y: the second coordinate, 32 big-endian bytes.
    /// - Throws: `KeyError.invalidPoint` if they are no point of the curve.
    package init(x: Span<UInt8>, y: Span<UInt8>) throws(KeyError) {
        guard x.count == Self.coordinateByteCount, y.count == Self.coordinateByteCount else {
            throw .invalidPoint
        }
        // SEC 1 §2.3.3: an uncompressed point.
        let point = SecretBytes(capacity: 1 + 2 * Self.coordinateByteCount) { output in
            output.append(4)
            for index in x.indices { output.append(x[index]) }
            for index in y.indices { output.append(y[index]) }
        }
        let key = AsymmetricKey.make(
            type: "EC", selection: .publicKey,
            parts: [
                KeyPart("group", .text, [UInt8]("P-256".utf8).span),
                KeyPart("pub", .octets, point),
            ])
        guard let key else { throw .invalidPoint }
        verification = try SignatureVerification(key: key)
    }

    /// Whether a signature is the one of a message.
    ///
    /// - Parameters:
    ///   - signature: r and s, 32 big-endian bytes each (IEEE P1363). Zero is refused for either
    ///     (CVE-2022-21449), and so is a number not less than the order of the curve.
    ///   - message: the bytes that were signed.
    /// - Returns: whether it is valid.
    package func isValid(_ signature: Span<UInt8>, for message: Span<UInt8>) -> Bool {
        guard signature.count == 2 * Self.coordinateByteCount else { return false }
        let r = signature.extracting(first: Self.coordinateByteCount)
        let s = signature.extracting(last: Self.coordinateByteCount)
        guard !Self.isZero(r), !Self.isZero(s) else { return false }
        // Safety: the numbers belong to the pair after ECDSA_SIG_set0, which cannot fail with
        // two numbers; the encoding is allocated by OpenSSL and freed here, after its last use.
        guard let pair = unsafe ECDSA_SIG_new() else { return false }
        defer { unsafe ECDSA_SIG_free(pair) }
        guard let rNumber = unsafe Self.number(r) else { return false }
        guard let sNumber = unsafe Self.number(s) else {
            unsafe BN_free(rNumber)
            return false
        }
        unsafe ECDSA_SIG_set0(pair, rNumber, sNumber)
        var encoding: UnsafeMutablePointer<UInt8>?
        let byteCount = unsafe i2d_ECDSA_SIG(pair, &encoding)
        guard byteCount > 0, let encoding = unsafe encoding else { return false }
        defer { unsafe CRYPTO_free(encoding, nil, 0) }
        return unsafe verification.isValid(
            UnsafeBufferPointer(start: encoding, count: Int(byteCount)), for: message)
    }

    private static func number(_ bytes: Span<UInt8>) -> OpaquePointer? {
        // Safety: BN_bin2bn reads the bytes until the closure returns; the caller owns the number.
        unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe BN_bin2bn(buffer.baseAddress, Int32(buffer.count), nil)
        }
    }

    private static func isZero(_ bytes: Span<UInt8>) -> Bool {
        bytes.indices.allSatisfy { bytes[$0] == 0 }
    }
}
