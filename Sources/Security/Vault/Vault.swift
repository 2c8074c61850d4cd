/// Seals broker tokens for storage (AES-256-GCM).
///
/// A sealed value is
///
///     version 1 byte | algorithm 1 byte | key id 4 bytes big-endian | nonce 12 bytes
///     | ciphertext | tag 16 bytes
///
/// and everything in front of the ciphertext is authenticated together with the context. Nonces
/// are random: NIST SP 800-38D §8.3 allows 2^32 of them per key, which a million seals a day reach
/// in eleven years.
package struct Vault: Sendable {
    /// The only format so far.
    static let formatVersion: UInt8 = 1
    /// AES-256-GCM with a random 96-bit nonce and a 128-bit tag.
    static let algorithm: UInt8 = 1
    static let headerByteCount = 6
    /// Bytes that sealing adds to a value.
    package static let overheadByteCount =
        headerByteCount + AES256GCMKey.nonceByteCount + AES256GCMKey.tagByteCount

    private let keyring: VaultKeyring
    private let keys: [VaultKeyID: AES256GCMKey]

    /// Makes a vault of the keys of a keyring.
    ///
    /// - Parameter keyring: the key to seal with, and those that may open.
    /// - Throws: `KeyError` if a key has the wrong length.
    package init(keyring: VaultKeyring) throws(KeyError) {
        self.keyring = keyring
        var keys: [VaultKeyID: AES256GCMKey] = [:]
        for entry in keyring.entries {
            keys[entry.id] = try AES256GCMKey(secret: entry.secret)
        }
        self.keys = keys
    }

    /// The key that seals.
    package var primaryKeyID: VaultKeyID { keyring.primaryID }

    /// Whether the vault can open what a key has sealed.
    ///
    /// - Parameter id: the key.
    /// - Returns: whether it is in the keyring.
    package func hasKey(_ id: VaultKeyID) -> Bool { keys[id] != nil }

    /// Seals a value with the primary key and a fresh random nonce.
    ///
    /// - Parameters:
    ///   - plaintext: the secret.
    ///   - context: where the value belongs.
    /// - Returns: the sealed value, `overheadByteCount` longer than the secret.
    /// - Throws: `VaultError` if it is too long or OpenSSL fails.
    package func seal(
        _ plaintext: SecretBytes, context: VaultContext
    ) throws(VaultError) -> [UInt8] {
        // Drawn here and not passed in: a nonce used twice gives the key away.
        try seal(
            plaintext, context: context,
            nonce: RandomBytes.make(byteCount: AES256GCMKey.nonceByteCount))
    }

    /// Seals with a given nonce: for tests of the format.
    func seal(
        _ plaintext: SecretBytes, context: VaultContext, nonce: [UInt8]
    ) throws(VaultError) -> [UInt8] {
        let max = SecurityLimits.sealedPlaintextByteCountMax
        guard plaintext.byteCount <= max else { throw .plaintextTooLong(byteCountMax: max) }
        guard let key = keys[keyring.primaryID] else { throw .unknownKey(keyring.primaryID) }
        var sealed: [UInt8] = [Self.formatVersion, Self.algorithm]
        sealed.append(contentsOf: keyring.primaryID.bytes)
        let additionalData = context.additionalData(header: sealed)
        sealed.append(contentsOf: nonce)
        let isSealed = plaintext.withSpan { plaintext in
            key.seal(
                plaintext, nonce: nonce.span, additionalData: additionalData.span,
                appendingTo: &sealed)
        }
        guard isSealed else { throw .libraryFailure }
        return sealed
    }

    /// Opens a sealed value, or fails: there is no way in which a value that is not authentic
    /// comes out.
    ///
    /// - Parameters:
    ///   - sealed: what `seal` returned.
    ///   - context: where the value was found.
    /// - Returns: the secret.
    /// - Throws: `VaultError` that says whether the format, the key or the value is at fault.
    package func open(
        _ sealed: Span<UInt8>, context: VaultContext
    ) throws(VaultError) -> SecretBytes {
        let id = try Self.keyID(of: sealed)
        guard let key = keys[id] else { throw .unknownKey(id) }
        let nonceEnd = Self.headerByteCount + AES256GCMKey.nonceByteCount
        let header = (0..<Self.headerByteCount).map { sealed[$0] }
        let plaintext = key.open(
            sealed.extracting(nonceEnd..<sealed.count),
            nonce: sealed.extracting(Self.headerByteCount..<nonceEnd),
            additionalData: context.additionalData(header: header).span)
        guard let plaintext else { throw .notAuthentic }
        return plaintext
    }

    /// Whether a value should be opened and sealed again, because the keyring has moved on.
    ///
    /// - Parameter sealed: what `seal` returned.
    /// - Returns: false as well for a value that this vault cannot read.
    package func needsResealing(_ sealed: Span<UInt8>) -> Bool {
        guard let id = try? Self.keyID(of: sealed) else { return false }
        return id != keyring.primaryID && keys[id] != nil
    }

    /// The key that a value names, after a check of its form.
    private static func keyID(of sealed: Span<UInt8>) throws(VaultError) -> VaultKeyID {
        let max = SecurityLimits.sealedPlaintextByteCountMax + overheadByteCount
        guard (overheadByteCount...max).contains(sealed.count), sealed[0] == formatVersion,
            sealed[1] == algorithm
        else { throw .unknownFormat }
        var number: UInt32 = 0
        for index in 2..<6 { number = number << 8 | UInt32(sealed[index]) }
        return VaultKeyID(number: number)
    }
}
