import Deriv
import GatewayAPI
import Security

/// Asks the broker how much money a user has, for joining a session that wants some. Confined to
/// its loop.
///
/// What counts is the account that the user has chosen; of a user who has chosen none the richest
/// one with real money, or of all where none has.
struct BrokerBalance {
    let accounts: AccountStore
    let confirmation: BrokerConfirmation
    let generation: OAuthGeneration

    /// A user's balance, as the broker says it now.
    ///
    /// - Parameter user: the user.
    /// - Returns: nil where no account is known: none is connected.
    /// - Throws: `unavailable` where the broker or the database cannot be asked, and
    ///   `balance_too_low` with the reason `broker_sign_in_needed` where an account is known but no
    ///   token opens it any more.
    func amount(of user: SubjectID) async throws(GatewayError) -> DecimalText? {
        let chosen: String?
        let tokens: [(account: String, token: SecretBytes)]
        let isKnown: Bool
        do throws(AccountError) {
            chosen = try await accounts.profile(of: user)?.activeAccount
            tokens = try await accounts.accessTokens(
                of: user, generation: BrokerGeneration(generation))
            isKnown =
                if tokens.isEmpty {
                    try await accounts.hasTokens(
                        of: user, generation: BrokerGeneration(generation))
                } else {
                    true
                }
        } catch {
            throw GatewayError(
                .unavailable, reason: "database_unavailable", retryAfterMilliseconds: 2000)
        }
        guard isKnown else { return nil }
        guard !tokens.isEmpty else { throw Self.signInNeeded }
        do throws(OAuthError) {
            return Self.amount(of: try await listed(tokens, chosen: chosen), chosen: chosen)
        } catch {
            if error.isRefusedToken { throw Self.signInNeeded }
            throw GatewayError(
                .unavailable, reason: "broker_unavailable", retryAfterMilliseconds: 5000)
        }
    }

    private static var signInNeeded: GatewayError {
        GatewayError(.balanceTooLow, reason: "broker_sign_in_needed", field: "min_balance")
    }

    private func listed(
        _ tokens: [(account: String, token: SecretBytes)], chosen: String?
    ) async throws(OAuthError) -> [DerivAccount] {
        switch generation {
        case .options:
            return try await confirmation.client.accounts(accessToken: tokens[0].token)
        case .legacy:
            guard let authority = confirmation.authority else { throw .notOffered }
            let own = tokens.filter { $0.account == chosen }
            let asked = own.isEmpty ? tokens : own
            return try await authority.authorize(asked.map(\.token)).map(\.account)
        }
    }

    private static func amount(of accounts: [DerivAccount], chosen: String?) -> DecimalText? {
        let usable = accounts.filter { $0.isActive && $0.amount != nil }
        if let own = usable.first(where: { $0.id == chosen }) { return own.amount }
        let real = usable.filter { !$0.isDemo }
        return (real.isEmpty ? usable : real).compactMap(\.amount).max()
    }
}

extension DerivAccount {
    /// The balance as the contract has decimals; nil where the broker tells none.
    fileprivate var amount: DecimalText? { balance.flatMap { DecimalText($0) } }
}

extension OAuthError {
    /// Whether the broker does not know the token any more.
    fileprivate var isRefusedToken: Bool {
        switch self {
        case .answered(.unauthorized), .socket(.invalidToken): true
        case .socket(.refused(let refusal)): refusal.code == .invalidToken
        default: false
        }
    }
}
