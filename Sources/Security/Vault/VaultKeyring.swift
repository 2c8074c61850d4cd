/// The name of a vault key: part of each value that it sealed, and no secret.
package struct VaultKeyID: Sendable, Hashable, Comparable {
    /// The number that stands in the sealed value.
    package let number: UInt32

    /// Names a key.
    ///
    /// - Parameter number: any number that no other key of the keyring has.
    package init(number: UInt32) {
        self.number = number
    }

    /// Four big-endian bytes.
    var bytes: [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
    }

    /// Eight lower-case hexadecimal digits, as in the keyring file.
    package var text: String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// Orders keys by number.
    package static func < (left: VaultKeyID, right: VaultKeyID) -> Bool {
        left.number < right.number
    }
}

/// The keys of a vault: the primary one seals, every one opens.
///
/// A key is replaced in four steps, so that no node ever meets a value that it cannot open: add
/// the new key on every node, make it primary, seal the old values again, remove the old key.
package struct VaultKeyring: Sendable {
    /// Bytes of a key.
    package static let secretByteCount = AES256GCMKey.keyByteCount

    /// A key and its name.
    package struct Entry: Sendable {
        /// The name.
        package let id: VaultKeyID
        /// 32 random bytes.
        package let secret: SecretBytes
    }

    /// All keys, the primary one included, in the order of the file.
    package private(set) var entries: [Entry]

    /// The key that seals.
    package private(set) var primaryID: VaultKeyID

    /// A keyring with one new key.
    ///
    /// - Parameter secret: 32 random bytes.
    /// - Throws: `KeyringError` if the secret cannot be a key.
    package init(newKey secret: SecretBytes) throws(KeyringError) {
        primaryID = VaultKeyID(number: 1)
        entries = []
        try append(Entry(id: primaryID, secret: secret))
    }

    /// Checks the keys of a file.
    init(entries: [Entry], primaryID: VaultKeyID) throws(KeyringError) {
        self.primaryID = primaryID
        self.entries = []
        for entry in entries { try append(entry) }
        guard entries.contains(where: { $0.id == primaryID }) else { throw .noPrimaryKey }
    }

    private mutating func append(_ entry: Entry) throws(KeyringError) {
        guard entries.count < SecurityLimits.keyCountMax else {
            throw .tooManyKeys(max: SecurityLimits.keyCountMax)
        }
        guard entry.secret.byteCount == AES256GCMKey.keyByteCount, !entry.secret.isUniform else {
            throw .unusableKey(id: entry.id.text)
        }
        for other in entries {
            guard other.id != entry.id, !other.secret.isEqual(to: entry.secret) else {
                throw .duplicateKey(id: entry.id.text)
            }
        }
        entries.append(entry)
    }

    /// Adds a key that only opens, until `promote` makes it the primary one.
    ///
    /// - Parameter secret: 32 random bytes.
    /// - Returns: the name of the new key, the highest number so far plus one.
    /// - Throws: `KeyringError` if the keyring is full or the secret cannot be a key.
    package mutating func add(newKey secret: SecretBytes) throws(KeyringError) -> VaultKeyID {
        let last = entries.map(\.id).max()?.number ?? 0
        guard last < .max else { throw .tooManyKeys(max: SecurityLimits.keyCountMax) }
        let id = VaultKeyID(number: last + 1)
        try append(Entry(id: id, secret: secret))
        return id
    }

    /// Makes a key the one that seals.
    ///
    /// - Parameter id: a key of this keyring.
    /// - Throws: `KeyringError.noSuchKey` if it is not there.
    package mutating func promote(_ id: VaultKeyID) throws(KeyringError) {
        guard entries.contains(where: { $0.id == id }) else { throw .noSuchKey(id: id.text) }
        primaryID = id
    }

    /// Removes a key; what it sealed cannot be opened any longer.
    ///
    /// - Parameter id: a key other than the primary one.
    /// - Throws: `KeyringError` if it is the primary one or not there.
    package mutating func remove(_ id: VaultKeyID) throws(KeyringError) {
        guard id != primaryID else { throw .keyIsInUse(id: id.text) }
        guard let index = entries.firstIndex(where: { $0.id == id }) else {
            throw .noSuchKey(id: id.text)
        }
        entries.remove(at: index)
    }
}

extension SecretBytes {
    /// Whether all bytes are the same, as in memory that nobody filled.
    var isUniform: Bool {
        withSpan { bytes in
            var difference: UInt8 = 0
            for index in bytes.indices { difference |= bytes[index] ^ bytes[0] }
            return difference == 0
        }
    }
}
