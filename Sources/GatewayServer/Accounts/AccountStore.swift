package import GatewayAPI
package import Postgres
package import Security

/// What is stored of a user.
package struct Profile: Sendable, Equatable {
    /// What the user may do.
    package let role: Role
    /// The name that the user has chosen.
    package let displayName: String?
    /// The account at the broker that the user has chosen.
    package let activeAccount: String?
}

/// Users, their identities at the broker and their sealed tokens, in PostgreSQL
/// (Protocol/postgres). Confined to the loop of its pool.
///
/// A token is sealed for exactly one row: user, generation, account and kind are authenticated with
/// it, so a row that was moved or copied elsewhere does not open.
package final class AccountStore {
    private let pool: PostgresPool
    let box: VaultBox

    /// Tokens that were sealed again with the primary key when they were read.
    package private(set) var resealedCount = 0

    /// Makes a store.
    ///
    /// - Parameters:
    ///   - pool: connections whose role may do what `tradermind_gateway` may.
    ///   - vault: what seals and opens.
    package init(pool: PostgresPool, vault: VaultBox) {
        self.pool = pool
        box = vault
    }

    // MARK: - Users

    /// What is stored of a user.
    ///
    /// - Parameter user: the user.
    /// - Returns: nil where there is no such user.
    /// - Throws: `AccountError`.
    package func profile(of user: SubjectID) async throws(AccountError) -> Profile? {
        let rows = try await query(
            "SELECT role, display_name, active_account FROM public.profiles WHERE id = $1",
            .uuid(user.text))
        guard rows.count == 1, let role = rows.text(0, 0).flatMap(Role.init(rawValue:)) else {
            return nil
        }
        return Profile(
            role: role, displayName: rows.text(0, 1), activeAccount: rows.text(0, 2))
    }

    /// Finds the user of an identity, or makes one with a profile. Who calls has verified the
    /// identity with the broker.
    ///
    /// - Parameter identity: what the broker said.
    /// - Returns: the user; the same for two calls at once.
    /// - Throws: `AccountError`. After `unknownOutcome` another call finds or makes the same user.
    package func signIn(_ identity: BrokerIdentity) async throws(AccountError) -> SubjectID {
        let rows = try await query(
            "SELECT public.tradermind_sign_in($1, $2)", .text(identity.generation.rawValue),
            .text(identity.brokerUserID))
        guard rows.count == 1, let user = rows.text(0, 0).flatMap({ SubjectID($0) }) else {
            throw .unknownOutcome
        }
        return user
    }

    // MARK: - Tokens

    /// Connects a user with an identity at the broker: notes identity and accounts and stores the
    /// tokens, sealed, in one transaction. Tokens and accounts of the same generation that are not
    /// among them are removed.
    ///
    /// - Parameters:
    ///   - user: the user, who has a profile.
    ///   - identity: what the broker said.
    ///   - tokens: what the broker gave, each for an account of the identity or for all.
    /// - Throws: `AccountError`: `identityOfAnotherUser` where the identity belongs to somebody
    ///   else, `hasOtherIdentity` where the user has another one.
    package func connect(
        user: SubjectID, identity: BrokerIdentity, tokens: [BrokerTokenRecord]
    ) async throws(AccountError) {
        guard identity.accounts.count <= AccountLimits.accountsPerIdentityMax,
            tokens.count <= AccountLimits.tokensPerConnectMax,
            tokens.allSatisfy({ token in
                token.account == BrokerTokenRecord.allAccounts
                    || identity.accounts.contains { $0.id == token.account }
            })
        else { throw .invalidValue }
        let vault = box.vault
        var rows: [(token: BrokerTokenRecord, sealed: [UInt8])] = []
        for token in tokens {
            let place = TokenPlace(
                user: user, generation: identity.generation.rawValue, account: token.account,
                kind: token.kind.rawValue)
            rows.append((token, try place.seal(token.secret, with: vault)))
        }
        do throws(PostgresError) {
            let keyID = Int64(vault.primaryKeyID.number)
            try await pool.transaction { transaction throws(PostgresError) in
                try await Self.connect(transaction, user, identity, rows, keyID: keyID)
            }
        } catch {
            throw AccountError(error)
        }
    }

    private static func connect(
        _ transaction: PostgresTransaction, _ user: SubjectID, _ identity: BrokerIdentity,
        _ rows: [(token: BrokerTokenRecord, sealed: [UInt8])], keyID: Int64
    ) async throws(PostgresError) {
        let user = PostgresValue.uuid(user.text)
        let generation = PostgresValue.text(identity.generation.rawValue)
        // Serializes two connects of one user, whose rows would mix otherwise.
        try await transaction.query(
            "SELECT pg_advisory_xact_lock(hashtextextended('tradermind:connect:' || $1::text, 0))",
            user)
        // The same identity of the same user is there already; any other pair breaks one of the two
        // constraints, whose names tell which.
        try await transaction.query(
            """
            INSERT INTO public.broker_identities (generation, broker_user_id, user_id)
            SELECT $1, $2, $3 WHERE NOT EXISTS (
                SELECT FROM public.broker_identities
                WHERE generation = $1 AND broker_user_id = $2 AND user_id = $3)
            """, generation, .text(identity.brokerUserID), user)
        try await transaction.query(
            "DELETE FROM public.broker_tokens WHERE user_id = $1 AND generation = $2",
            user, generation)
        for account in identity.accounts {
            try await transaction.query(
                """
                INSERT INTO public.broker_accounts
                    (user_id, account, generation, currency, is_virtual)
                VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (user_id, account) DO UPDATE SET generation = excluded.generation,
                    currency = excluded.currency, is_virtual = excluded.is_virtual,
                    updated_at = now()
                """, user, .text(account.id), generation,
                account.currency.map { .text($0) } ?? .null, .boolean(account.isVirtual))
        }
        let names = identity.accounts.map(\.id).joined(separator: " ")
        try await transaction.query(
            """
            DELETE FROM public.broker_accounts WHERE user_id = $1 AND generation = $2
                AND account <> ALL (string_to_array($3, ' '))
            """, user, generation, .text(names))
        for (token, sealed) in rows {
            try await transaction.query(
                """
                INSERT INTO public.broker_tokens (user_id, generation, account, kind, sealed,
                    key_id, expires_at, scopes)
                VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7::bigint / 1000.0), $8)
                """, user, generation, .text(token.account), .text(token.kind.rawValue),
                .bytes(sealed), .integer(keyID), token.expiresAt.map { .integer($0) } ?? .null,
                .text(token.scopes))
        }
    }

    /// A token of a user, opened; sealed again where the vault has another primary key by now.
    ///
    /// - Parameters:
    ///   - user: the user.
    ///   - account: the account, or `BrokerTokenRecord.allAccounts`.
    ///   - kind: what the token is for.
    /// - Returns: nil where there is none, or where it has expired.
    /// - Throws: `AccountError`; `vault` for a row that is not what was sealed for its place.
    package func brokerToken(
        of user: SubjectID, account: String, kind: BrokerTokenKind
    ) async throws(AccountError) -> SecretBytes? {
        let rows = try await query(
            """
            SELECT generation, sealed FROM public.broker_tokens
            WHERE user_id = $1 AND account = $2 AND kind = $3
                AND (expires_at IS NULL OR expires_at > now())
            ORDER BY updated_at DESC LIMIT 1
            """, .uuid(user.text), .text(account), .text(kind.rawValue))
        guard rows.count == 1 else { return nil }
        guard let generation = rows.text(0, 0), let sealed = rows.bytes(0, 1) else {
            throw .vault(.unknownFormat)
        }
        let place = TokenPlace(
            user: user, generation: generation, account: account, kind: kind.rawValue)
        let vault = box.vault
        let secret = try place.open(sealed, with: vault)
        if vault.needsResealing(sealed.span) {
            // The token is good: where this fails, the next reader or the batch does it.
            if (try? await reseal(place, sealed, secret, vault)) == true { resealedCount += 1 }
        }
        return secret
    }

    /// Removes the tokens and accounts of a generation in one step, and hands out what was removed.
    /// The identity stays, so that the user finds the same profile at the next sign-in.
    ///
    /// - Parameters:
    ///   - user: the user.
    ///   - generation: the system at the broker.
    /// - Returns: the tokens, opened; those that do not open are left out, since nobody can use
    ///   them.
    /// - Throws: `AccountError`.
    package func disconnect(
        user: SubjectID, generation: BrokerGeneration
    ) async throws(AccountError) -> [SecretBytes] {
        let rows = try await query(
            """
            WITH accounts AS (
                DELETE FROM public.broker_accounts WHERE user_id = $1 AND generation = $2
            )
            DELETE FROM public.broker_tokens WHERE user_id = $1 AND generation = $2
            RETURNING account, kind, sealed
            """, .uuid(user.text), .text(generation.rawValue))
        let vault = box.vault
        return (0..<rows.count).compactMap { row in
            guard let account = rows.text(row, 0), let kind = rows.text(row, 1),
                let sealed = rows.bytes(row, 2)
            else { return nil }
            let place = TokenPlace(
                user: user, generation: generation.rawValue, account: account, kind: kind)
            return try? place.open(sealed, with: vault)
        }
    }

    // MARK: - For the facets of this store

    func query(
        _ statement: StaticString, _ parameters: PostgresValue...
    ) async throws(AccountError) -> PostgresRows {
        do throws(PostgresError) {
            return try await pool.query(statement, parameters)
        } catch {
            throw AccountError(error)
        }
    }
}
