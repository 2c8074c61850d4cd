/// A key that signs the gateway's own tokens.
package struct TokenSigningKey: Sendable {
    /// What signs.
    package enum Material: Sendable {
        /// `HS256`: whoever verifies can also sign.
        case sharedSecret(HMACSHA256Key)
        /// `ES256`: others verify with the public key.
        case ecdsaP256(ECDSAP256SigningKey)
    }

    /// The name, written as `kid`.
    package let id: String
    /// What signs.
    package let material: Material

    /// Names a key.
    ///
    /// - Parameters:
    ///   - id: the name.
    ///   - material: what signs.
    package init(id: String, material: Material) {
        self.id = id
        self.material = material
    }

    /// The algorithm with which it signs.
    package var algorithm: TokenAlgorithm {
        switch material {
        case .sharedSecret: .hs256
        case .ecdsaP256: .es256
        }
    }

    /// The key that verifies what this one signs.
    ///
    /// - Parameter acceptedUntilMilliseconds: its end, once it has been replaced.
    /// - Returns: a key of the same name.
    package func verificationKey(acceptedUntilMilliseconds: Int64? = nil) -> TokenKey {
        let verifying: TokenKey.Material =
            switch material {
            case .sharedSecret(let key): .sharedSecret(key)
            case .ecdsaP256(let key): .ecdsaP256(key.publicKey)
            }
        return TokenKey(
            id: id, material: verifying, acceptedUntilMilliseconds: acceptedUntilMilliseconds)
    }

    func signature(of message: Span<UInt8>) -> [UInt8]? {
        switch material {
        case .sharedSecret(let key): key.authenticationCode(of: message)
        case .ecdsaP256(let key): key.signature(of: message)
        }
    }
}
