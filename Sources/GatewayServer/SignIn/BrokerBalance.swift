import Deriv
import GatewayAPI
import Security

/// Asks the broker how much money a user has, for joining a session that wants some. Confined to
/// its loop.
///
/// What counts is the account that the user has chosen; of a user who has chosen none the richest
/// one with real money, or of all where none has.
struct BrokerBalance {
    /// Questions under way at the same time, per loop. 64: the broker takes five a second of one
    /// address in the long run, and more that wait would be refused after all.
    static let questionCountMax = 64

    let accounts: AccountStore
    let confirmation: BrokerConfirmation
    let generation: OAuthGeneration

    /// A user's balance, as the broker says it now.
    ///
    /// - Parameter user: the user.
    /// - Returns: nil where no account is known: none is connected, or its token has ended or was
    ///   taken back.
    /// - Throws: `unavailable` where the broker or the database cannot be asked.
    func amount(of user: SubjectID) async throws(GatewayError) -> DecimalText? {
        let chosen: String?
        let tokens: [(account: String, token: SecretBytes)]
        do throws(AccountError) {
            chosen = try await accounts.profile(of: user)?.activeAccount
            tokens = try await accounts.accessTokens(
                of: user, generation: BrokerGeneration(generation))
        } catch {
            throw GatewayError(
                .unavailable, reason: "database_unavailable", retryAfterMilliseconds: 2000)
        }
        guard !tokens.isEmpty else { return nil }
        do throws(OAuthError) {
            return Self.amount(of: try await listed(tokens, chosen: chosen), chosen: chosen)
        } catch {
            if error.isRefusedToken { return nil }
            throw GatewayError(
                .unavailable, reason: "broker_unavailable", retryAfterMilliseconds: 5000)
        }
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
    /// Whether the broker does not know the token, so that the account is not open to anybody here.
    fileprivate var isRefusedToken: Bool {
        switch self {
        case .answered(.unauthorized), .socket(.invalidToken): true
        case .socket(.refused(let refusal)): refusal.code == .invalidToken
        default: false
        }
    }
}
