import Postgres
import Security

/// What one pass of batch re-sealing did.
package struct ResealReport: Sendable, Equatable {
    /// Tokens that the primary key seals now.
    package var resealedCount = 0
    /// Tokens that somebody else replaced at the same moment.
    package var skippedCount = 0
    /// Tokens that do not open: damaged, moved, or sealed with a key that is not in the keyring.
    package var unreadableCount = 0
    /// Tokens that another key than the primary one seals, after the pass.
    package var remainingCount = 0
}

extension AccountStore {
    /// Seals every token again that another key than the primary one has sealed. Nodes go on
    /// reading and writing meanwhile: each row is replaced only if it still is what was read.
    ///
    /// - Returns: what was done; once nothing remains, the former key can be removed.
    /// - Throws: `AccountError`; what was done until then stays.
    package func resealAll() async throws(AccountError) -> ResealReport {
        let vault = box.vault
        let keyID = PostgresValue.integer(Int64(vault.primaryKeyID.number))
        var report = ResealReport()
        var last: TokenPlace?
        while true {
            // In the order of the key, so that rows which do not open are passed by.
            let rows = try await query(
                """
                SELECT user_id, generation, account, kind, sealed FROM public.broker_tokens
                WHERE key_id <> $1 AND ($2 OR (user_id, generation, account, kind)
                    > ($3::uuid, $4, $5, $6))
                ORDER BY user_id, generation, account, kind LIMIT $7
                """, keyID, .boolean(last == nil), .text(last?.user.text ?? Self.noUser),
                .text(last?.generation ?? ""), .text(last?.account ?? ""),
                .text(last?.kind ?? ""), .integer(AccountLimits.resealBatchCount))
            for row in 0..<rows.count {
                guard let user = rows.text(row, 0).flatMap({ SubjectID($0) }),
                    let generation = rows.text(row, 1), let account = rows.text(row, 2),
                    let kind = rows.text(row, 3), let sealed = rows.bytes(row, 4)
                else { throw .vault(.unknownFormat) }
                let place = TokenPlace(
                    user: user, generation: generation, account: account, kind: kind)
                last = place
                guard let secret = try? place.open(sealed, with: vault) else {
                    report.unreadableCount += 1
                    continue
                }
                if try await reseal(place, sealed, secret, vault) {
                    report.resealedCount += 1
                } else {
                    report.skippedCount += 1
                }
            }
            if rows.count < Int(AccountLimits.resealBatchCount) { break }
        }
        let rest = try await query(
            "SELECT count(*) FROM public.broker_tokens WHERE key_id <> $1", keyID)
        report.remainingCount = Int(clamping: rest.integer(0, 0) ?? 0)
        return report
    }

    private static let noUser = "00000000-0000-0000-0000-000000000000"

    /// Replaces a row that still is what was read.
    ///
    /// - Returns: false where it is another one by now.
    func reseal(
        _ place: TokenPlace, _ sealed: [UInt8], _ secret: SecretBytes, _ vault: Vault
    ) async throws(AccountError) -> Bool {
        let again = try place.seal(secret, with: vault)
        let rows = try await query(
            """
            UPDATE public.broker_tokens SET sealed = $1, key_id = $2
            WHERE user_id = $3 AND generation = $4 AND account = $5 AND kind = $6 AND sealed = $7
            """, .bytes(again), .integer(Int64(vault.primaryKeyID.number)), .uuid(place.user.text),
            .text(place.generation), .text(place.account), .text(place.kind), .bytes(sealed))
        return rows.affectedCount == 1
    }
}
