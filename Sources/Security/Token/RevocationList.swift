/// The tokens that are valid by themselves and accepted no more: single ones, those of a user, and
/// all that were issued before a time. A value without IO: its owner adds what it learns and asks.
package struct RevocationList: Sendable {
    /// One revocation.
    package enum Entry: Sendable, Equatable {
        /// The token with this `jti`.
        case token(id: String)
        /// The user's tokens with an `iat` before the time, in milliseconds since the epoch.
        case user(SubjectID, issuedBefore: Int64)
        /// All tokens with an `iat` before the time, in milliseconds since the epoch.
        case everyone(issuedBefore: Int64)
    }

    private struct UserEntry {
        var issuedBefore: Int64
        var until: Int64
    }

    /// Fingerprint of `jti` → when the entry may be forgotten.
    private var tokens: [UInt64: Int64] = [:]
    private var users: [SubjectID: UserEntry] = [:]
    private var everyoneIssuedBefore: Int64 = 0

    /// An empty list.
    package init() {}

    /// Tokens and users on the list.
    package var count: Int { tokens.count + users.count }

    /// Whether nothing is revoked.
    package var isEmpty: Bool { count == 0 && everyoneIssuedBefore == 0 }

    /// Adds a revocation; one that is there already keeps the later of both times.
    ///
    /// - Parameters:
    ///   - entry: what is revoked.
    ///   - until: when every token that it can concern has expired, in milliseconds since the
    ///     epoch. The time of `everyone` is kept for good: it takes no room.
    package mutating func add(_ entry: Entry, until: Int64) {
        switch entry {
        case .token(let id):
            let fingerprint = TokenMark.fingerprint(of: id)
            tokens[fingerprint] = max(tokens[fingerprint] ?? 0, until)
        case .user(let user, let issuedBefore):
            let known = users[user]
            users[user] = UserEntry(
                issuedBefore: max(known?.issuedBefore ?? 0, issuedBefore),
                until: max(known?.until ?? 0, until))
        case .everyone(let issuedBefore):
            everyoneIssuedBefore = max(everyoneIssuedBefore, issuedBefore)
        }
    }

    /// Adds what another list has.
    package mutating func add(_ other: RevocationList) {
        tokens.merge(other.tokens) { max($0, $1) }
        users.merge(other.users) { known, new in
            UserEntry(
                issuedBefore: max(known.issuedBefore, new.issuedBefore),
                until: max(known.until, new.until))
        }
        everyoneIssuedBefore = max(everyoneIssuedBefore, other.everyoneIssuedBefore)
    }

    /// Forgets what concerns expired tokens only.
    ///
    /// - Parameter now: milliseconds since the epoch.
    package mutating func prune(now: Int64) {
        tokens = tokens.filter { $0.value > now }
        users = users.filter { $0.value.until > now }
    }

    /// Whether a token is revoked.
    ///
    /// - Parameters:
    ///   - subject: whose token it is.
    ///   - mark: what is known of it. Tokens name whole seconds, rounded down, so one that was
    ///     issued in the second of a revocation counts as issued before it.
    /// - Returns: whether it is accepted no more.
    package func isRevoked(subject: SubjectID, mark: TokenMark) -> Bool {
        let issuedAt = Int64(mark.issuedAtSecond) * 1000
        if issuedAt < everyoneIssuedBefore { return true }
        if mark.fingerprint != 0, tokens[mark.fingerprint] != nil { return true }
        return users[subject].map { issuedAt < $0.issuedBefore } ?? false
    }
}
