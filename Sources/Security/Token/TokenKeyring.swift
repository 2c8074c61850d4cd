/// The gateway's own token keys: one signs, one may be next, and those before verify until their
/// end.
///
/// A key is replaced in two steps, so that no node meets a token that it cannot verify: `prepare`
/// a key and let every node read the file, then `promote` it. The old key goes on verifying for as
/// long as the tokens that it signed may live.
package struct TokenKeyring: Sendable {
    /// What a key does.
    package enum Role: Sendable, Equatable {
        /// Verifies, and will sign later.
        case next
        /// Signs and verifies.
        case current
        /// Verifies until the given time, in milliseconds since the epoch.
        case previous(acceptedUntilMilliseconds: Int64)
    }

    /// A key, its name and what it does.
    package struct Entry: Sendable {
        /// Written as `kid`.
        package let id: String
        /// `HS256` or `ES256`.
        package let algorithm: TokenAlgorithm
        /// What it does.
        package fileprivate(set) var role: Role
        /// The shared secret, or the private number.
        let secret: SecretBytes
        /// The key made of the secret.
        let key: TokenSigningKey
    }

    /// Random bytes of a new key, for either algorithm.
    package static let secretByteCount = 32
    /// Random bytes of which a new key's name is made.
    package static let idByteCount = 6

    /// The keys in the order of the file.
    package private(set) var entries: [Entry] = []

    /// A keyring with one new key, which signs.
    ///
    /// - Parameters:
    ///   - secret: `secretByteCount` random bytes.
    ///   - algorithm: `HS256` or `ES256`.
    ///   - idBytes: `idByteCount` random bytes, which are no secret.
    /// - Throws: `KeyringError` if the secret cannot be a key.
    package init(
        newKey secret: SecretBytes, algorithm: TokenAlgorithm, idBytes: [UInt8]
    ) throws(KeyringError) {
        try append(
            id: Base64URL.encode(idBytes.span), algorithm: algorithm, role: .current, secret: secret
        )
    }

    /// An empty keyring, for a file's lines.
    init() {}

    mutating func append(
        id: String, algorithm: TokenAlgorithm, role: Role, secret: SecretBytes
    ) throws(KeyringError) {
        guard entries.count < SecurityLimits.keyCountMax else {
            throw .tooManyKeys(max: SecurityLimits.keyCountMax)
        }
        for other in entries {
            guard other.id != id, !other.secret.isEqual(to: secret) else {
                throw .duplicateKey(id: id)
            }
        }
        guard !secret.isUniform, let key = Self.key(id, algorithm, secret) else {
            throw .unusableKey(id: id)
        }
        entries.append(Entry(id: id, algorithm: algorithm, role: role, secret: secret, key: key))
    }

    private static func key(
        _ id: String, _ algorithm: TokenAlgorithm, _ secret: SecretBytes
    ) -> TokenSigningKey? {
        switch algorithm {
        case .hs256:
            (try? HMACSHA256Key(secret: secret)).map {
                TokenSigningKey(id: id, material: .sharedSecret($0))
            }
        case .es256:
            (try? ECDSAP256SigningKey(privateNumber: secret)).map {
                TokenSigningKey(id: id, material: .ecdsaP256($0))
            }
        case .rs256:
            nil
        }
    }

    /// The key that signs.
    package var signingKey: TokenSigningKey {
        guard let entry = entries.first(where: { $0.role == .current }) else {
            preconditionFailure("a keyring has a current key from its init on")
        }
        return entry.key
    }

    /// Whether a key waits for `promote`.
    package var hasNextKey: Bool { entries.contains { $0.role == .next } }

    /// The keys that verify.
    package var verificationKeys: TokenKeySet {
        let keys = entries.map { entry in
            switch entry.role {
            case .next, .current:
                entry.key.verificationKey()
            case .previous(let acceptedUntil):
                entry.key.verificationKey(acceptedUntilMilliseconds: acceptedUntil)
            }
        }
        do throws(TokenKeySet.SetError) {
            return try TokenKeySet(keys)
        } catch {
            preconditionFailure("a keyring's keys have different names, at most as many as a set")
        }
    }

    /// Adds a key that verifies at once and signs after `promote`.
    ///
    /// - Parameters:
    ///   - secret: `secretByteCount` random bytes.
    ///   - algorithm: `HS256` or `ES256`.
    ///   - idBytes: `idByteCount` random bytes.
    /// - Throws: `KeyringError` if there is a next key already, or no room.
    package mutating func prepare(
        newKey secret: SecretBytes, algorithm: TokenAlgorithm, idBytes: [UInt8]
    ) throws(KeyringError) {
        if let next = entries.first(where: { $0.role == .next }) {
            throw .keyIsInUse(id: next.id)
        }
        try append(
            id: Base64URL.encode(idBytes.span), algorithm: algorithm, role: .next, secret: secret)
    }

    /// Lets the next key sign, and drops the keys whose time is over.
    ///
    /// - Parameters:
    ///   - now: milliseconds since the epoch.
    ///   - overlapMilliseconds: how long the tokens of the current key may still live.
    /// - Throws: `KeyringError.noPrimaryKey` if no next key has been prepared.
    package mutating func promote(now: Int64, overlapMilliseconds: Int64) throws(KeyringError) {
        guard hasNextKey else { throw .noPrimaryKey }
        let (sum, overflows) = now.addingReportingOverflow(max(0, overlapMilliseconds))
        let end = overflows ? SecurityLimits.timeMillisecondsMax : sum
        for index in entries.indices {
            switch entries[index].role {
            case .next: entries[index].role = .current
            case .current: entries[index].role = .previous(acceptedUntilMilliseconds: end)
            case .previous: break
            }
        }
        entries.removeAll { entry in
            if case .previous(let acceptedUntil) = entry.role {
                acceptedUntil <= now
            } else {
                false
            }
        }
    }
}
