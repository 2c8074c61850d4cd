import Postgres
import Security

extension AccountStore {
    /// Whether any token of a user is stored, be it one that has ended.
    ///
    /// - Parameters:
    ///   - user: the user.
    ///   - generation: the system at the broker.
    /// - Returns: whether there is one.
    /// - Throws: `AccountError`.
    func hasTokens(
        of user: SubjectID, generation: BrokerGeneration
    ) async throws(AccountError) -> Bool {
        let rows = try await query(
            "SELECT 1 FROM public.broker_tokens WHERE user_id = $1 AND generation = $2 LIMIT 1",
            .uuid(user.text), .text(generation.rawValue))
        return rows.count > 0
    }

    /// The access tokens of a user that have not ended, opened, by the account that each is for;
    /// those that do not open are left out, since nobody can use them.
    ///
    /// - Parameters:
    ///   - user: the user.
    ///   - generation: the system at the broker.
    /// - Returns: at most `AccountLimits.tokensPerConnectMax`; none where no account is connected.
    /// - Throws: `AccountError`.
    func accessTokens(
        of user: SubjectID, generation: BrokerGeneration
    ) async throws(AccountError) -> [(account: String, token: SecretBytes)] {
        let rows = try await query(
            """
            SELECT account, sealed FROM public.broker_tokens
            WHERE user_id = $1 AND generation = $2 AND kind = 'access'
                AND (expires_at IS NULL OR expires_at > now())
            ORDER BY account LIMIT $3
            """, .uuid(user.text), .text(generation.rawValue),
            .integer(Int64(AccountLimits.tokensPerConnectMax)))
        var tokens: [(account: String, token: SecretBytes)] = []
        for row in 0..<rows.count {
            guard let account = rows.text(row, 0), let sealed = rows.bytes(row, 1) else { continue }
            let place = TokenPlace(
                user: user, generation: generation.rawValue, account: account,
                kind: BrokerTokenKind.access.rawValue)
            if let token = try? place.open(sealed, with: box.vault) {
                tokens.append((account, token))
            }
        }
        return tokens
    }
}
