import Security

/// The one row that a sealed token belongs to.
struct TokenPlace: Sendable, Equatable {
    let user: SubjectID
    let generation: String
    let account: String
    let kind: String

    private func context() throws(VaultError) -> VaultContext {
        // The colon cannot stand in a generation, so no two pairs give the same text.
        try VaultContext(
            domain: "broker_tokens", user: user, account: "\(generation):\(account)", field: kind)
    }

    func seal(_ secret: SecretBytes, with vault: Vault) throws(AccountError) -> [UInt8] {
        do throws(VaultError) {
            return try vault.seal(secret, context: try context())
        } catch {
            throw .vault(error)
        }
    }

    func open(_ sealed: [UInt8], with vault: Vault) throws(AccountError) -> SecretBytes {
        do throws(VaultError) {
            return try vault.open(sealed.span, context: try context())
        } catch {
            throw .vault(error)
        }
    }
}
