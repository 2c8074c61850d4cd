/// When to fetch an issuer's key set, and for how long to trust what was fetched.
///
/// A machine without IO and clock: its owner reports events, performs the actions and passes the
/// time. At most one fetch is under way; a flood of tokens with invented key names causes at most
/// one fetch per cooldown; while the provider cannot be reached, the last keys serve for a bounded
/// time.
package struct JSONWebKeyCache: Sendable {
    /// The times of a cache, in milliseconds.
    package struct Durations: Sendable, Equatable {
        /// How long a key set is fresh. Supabase's edge caches it for 10 minutes as well.
        package var fresh: Int64 = 600_000
        /// How long the last key set serves while it cannot be renewed, counted from its fetch.
        /// It bounds how long a revoked key can live behind a broken link.
        package var usable: Int64 = 3_600_000
        /// Between two fetches for keys that we do not know.
        package var unknownKeyCooldown: Int64 = 30_000
        /// Between a failed fetch and the next attempt.
        package var retry: Int64 = 5000
        /// How long one fetch may take.
        package var fetchTimeout: Int64 = 5000

        /// The defaults.
        package init() {}
    }

    /// What the owner has to do.
    package enum Action: Sendable, Equatable {
        /// Fetch the document, and report the end with this number.
        case fetch(FetchID)
        /// Give up the fetch with this number.
        case cancel(FetchID)
    }

    /// Tells one fetch from those before it.
    package struct FetchID: Sendable, Hashable {
        fileprivate let number: UInt64
    }

    /// What to do with a token whose key is unknown.
    package enum UnknownKeyAnswer: Sendable, Equatable {
        /// Fetch, then verify the token once more.
        case fetch(FetchID)
        /// A fetch is under way: wait for its end, then verify the token once more.
        case wait(FetchID)
        /// Refuse the token: the keys are as new as they may get.
        case refuse
    }

    private struct Fetch: Sendable {
        let id: FetchID
        let deadline: Int64
    }

    private let durations: Durations
    private var keySet: JSONWebKeySet?
    private var fetchedAt: Int64 = 0
    private var fetch: Fetch?
    private var lastNumber: UInt64 = 0
    /// When the next regular fetch is due.
    private var renewAt: Int64
    /// Before this time an unknown key causes no fetch.
    private var unknownKeyAllowedAt: Int64

    /// An empty cache, which asks for its first fetch at once.
    ///
    /// - Parameters:
    ///   - durations: the times.
    ///   - now: milliseconds since the epoch, or on any clock that does not go backwards.
    package init(durations: Durations = Durations(), now: Int64) {
        self.durations = durations
        renewAt = now
        unknownKeyAllowedAt = now
    }

    /// The keys to verify with: empty before the first fetch, and once they are too old.
    ///
    /// - Parameter now: the time.
    /// - Returns: the keys of the last good document.
    package func keys(now: Int64) -> TokenKeySet? {
        guard let keySet, now - fetchedAt < durations.usable else { return nil }
        return keySet.keys
    }

    /// How many keys of the last good document were passed over, for a warning.
    package var ignoredKeyCount: Int { keySet?.ignoredKeyCount ?? 0 }

    /// When to call `timerFired` at the latest.
    package var nextTimer: Int64 { fetch?.deadline ?? renewAt }

    /// Time has passed.
    ///
    /// - Parameter now: the time.
    /// - Returns: a fetch that is due, or one that took too long.
    package mutating func timerFired(now: Int64) -> Action? {
        if let fetch {
            guard now >= fetch.deadline else { return nil }
            fetchFailed(fetch.id, now: now)
            return .cancel(fetch.id)
        }
        return now >= renewAt ? .fetch(start(now: now)) : nil
    }

    /// A token names a key that is not in the set.
    ///
    /// - Parameter now: the time.
    /// - Returns: what to do with the token.
    package mutating func unknownKeySeen(now: Int64) -> UnknownKeyAnswer {
        if let fetch { return .wait(fetch.id) }
        guard now >= unknownKeyAllowedAt else { return .refuse }
        return .fetch(start(now: now))
    }

    /// The document has come.
    ///
    /// - Parameters:
    ///   - id: the number of the fetch; one that has been given up is not heeded.
    ///   - keySet: what was in the document.
    ///   - now: the time.
    package mutating func fetchSucceeded(_ id: FetchID, keySet: JSONWebKeySet, now: Int64) {
        guard fetch?.id == id else { return }
        fetch = nil
        self.keySet = keySet
        fetchedAt = now
        renewAt = now + durations.fresh
    }

    /// The document has not come, or is no key set.
    ///
    /// - Parameters:
    ///   - id: the number of the fetch; one that has been given up is not heeded.
    ///   - now: the time.
    package mutating func fetchFailed(_ id: FetchID, now: Int64) {
        guard fetch?.id == id else { return }
        fetch = nil
        renewAt = now + durations.retry
    }

    /// Keys have been revoked: forget all and fetch anew.
    ///
    /// - Parameter now: the time.
    /// - Returns: the fetch, unless one is under way; that one may bring the revoked keys and is
    ///   therefore given up, and the next timer starts another.
    package mutating func purge(now: Int64) -> Action {
        keySet = nil
        if let fetch {
            self.fetch = nil
            renewAt = now
            return .cancel(fetch.id)
        }
        return .fetch(start(now: now))
    }

    private mutating func start(now: Int64) -> FetchID {
        lastNumber += 1
        let id = FetchID(number: lastNumber)
        fetch = Fetch(id: id, deadline: now + durations.fetchTimeout)
        // Any fetch answers for unknown keys too.
        unknownKeyAllowedAt = now + durations.unknownKeyCooldown
        return id
    }
}
