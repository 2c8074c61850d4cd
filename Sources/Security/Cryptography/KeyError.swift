/// Why a key is not usable.
package enum KeyError: Error, Equatable {
    /// A shared secret is shorter or longer than `SecurityLimits.sharedSecretByteCount`.
    case invalidSecretLength(byteCount: Int)
    /// A modulus is outside `SecurityLimits.modulusBitCount`.
    case invalidModulusLength(bitCount: Int)
    /// An RSA exponent is even, less than three or too long.
    case invalidExponent
    /// The private key can be computed from the modulus (CVE-2017-15361).
    case weakModulus
    /// The coordinates are no point of the curve P-256.
    case invalidPoint
    /// The private number is zero, or not less than the order of P-256.
    case invalidPrivateNumber
    /// OpenSSL could not make the key: no memory, or no such algorithm in its providers.
    case libraryFailure
}
