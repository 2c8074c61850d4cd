/// Why a value cannot be sealed or opened. No case carries a byte of the value.
package enum VaultError: Error, Equatable {
    /// The plaintext exceeds `SecurityLimits.sealedPlaintextByteCountMax`.
    case plaintextTooLong(byteCountMax: Int)
    /// A text of the context exceeds `SecurityLimits.vaultContextByteCountMax`.
    case contextTooLong(byteCountMax: Int)
    /// The value is too short, or of a format version or algorithm that this vault does not know.
    case unknownFormat
    /// The key that sealed the value is not in the keyring.
    case unknownKey(VaultKeyID)
    /// The value, its header or its context is not what was sealed.
    case notAuthentic
    /// OpenSSL has no memory or no AES-256-GCM.
    case libraryFailure
}
