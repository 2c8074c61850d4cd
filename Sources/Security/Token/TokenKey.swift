/// A key that verifies tokens, bound to its one algorithm.
///
/// The header of a token can only choose among keys. It cannot make a public key serve as a shared
/// secret (CVE-2015-9235, CVE-2016-10555), for there is no way from one to the other.
package struct TokenKey: Sendable {
    /// What verifies.
    package enum Material: Sendable {
        /// `HS256`.
        case sharedSecret(HMACSHA256Key)
        /// `ES256`.
        case ecdsaP256(ECDSAP256PublicKey)
        /// `RS256`.
        case rsa(RSAPublicKey)
    }

    /// The name that a token's `kid` gives. A key without a name serves tokens whose `kid` is
    /// missing, or no key's name: legacy Supabase projects sign so with their one secret.
    package let id: String?
    /// What verifies.
    package let material: Material
    /// Milliseconds since the epoch from which the key verifies nothing any longer, or nil.
    package let acceptedUntilMilliseconds: Int64?

    /// Names a key.
    ///
    /// - Parameters:
    ///   - id: the name, or nil.
    ///   - material: what verifies.
    ///   - acceptedUntilMilliseconds: when a replaced key ends, in milliseconds since the epoch.
    package init(id: String?, material: Material, acceptedUntilMilliseconds: Int64? = nil) {
        self.id = id
        self.material = material
        self.acceptedUntilMilliseconds = acceptedUntilMilliseconds
    }

    /// The only algorithm of this key.
    package var algorithm: TokenAlgorithm {
        switch material {
        case .sharedSecret: .hs256
        case .ecdsaP256: .es256
        case .rsa: .rs256
        }
    }

    func isAccepted(now: Int64) -> Bool {
        acceptedUntilMilliseconds.map { now < $0 } ?? true
    }

    func isValid(_ signature: Span<UInt8>, for message: Span<UInt8>) -> Bool {
        switch material {
        case .sharedSecret(let key): key.isValid(signature, for: message)
        case .ecdsaP256(let key): key.isValid(signature, for: message)
        case .rsa(let key): key.isValid(signature, for: message)
        }
    }
}

/// The keys of one issuer: the current one, those before it until their end, and the next one.
package struct TokenKeySet: Sendable {
    /// Why keys make no set.
    package enum SetError: Error, Equatable {
        /// More keys than `SecurityLimits.keyCountMax`.
        case tooManyKeys(max: Int)
        /// Two keys have the same name, or two have none for the same algorithm.
        case duplicateKeyID(String?)
    }

    /// What a token's header finds.
    enum Match {
        case key(TokenKey)
        /// The key of that name is for another algorithm.
        case otherAlgorithm
        case none
    }

    /// The keys.
    package let keys: [TokenKey]

    /// Checks that each key can be told from the others.
    ///
    /// - Parameter keys: the keys, in any order.
    /// - Throws: `SetError` naming the first key that cannot.
    package init(_ keys: [TokenKey]) throws(SetError) {
        guard keys.count <= SecurityLimits.keyCountMax else {
            throw .tooManyKeys(max: SecurityLimits.keyCountMax)
        }
        for (index, key) in keys.enumerated() {
            let hasDouble = keys[..<index].contains { other in
                other.id == key.id && (key.id != nil || other.algorithm == key.algorithm)
            }
            guard !hasDouble else { throw .duplicateKeyID(key.id) }
        }
        self.keys = keys
    }

    func match(_ header: TokenHeader, now: Int64) -> Match {
        if let keyID = header.keyID {
            for key in keys where key.id == keyID {
                guard key.isAccepted(now: now) else { return .none }
                return key.algorithm == header.algorithm ? .key(key) : .otherAlgorithm
            }
        }
        for key in keys where key.id == nil && key.algorithm == header.algorithm {
            return key.isAccepted(now: now) ? .key(key) : .none
        }
        return .none
    }
}
