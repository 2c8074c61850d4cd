import Security
import Synchronization

/// What a node knows of revoked tokens; any of its threads may ask, and none waits for Redis.
final class NodeRevocations: Sendable {
    /// Entries beyond which those are forgotten that concern expired tokens only.
    private static let pruneCount = 1024

    private struct State {
        var list = RevocationList()
        var isKnown = false
        var pruneAt = NodeRevocations.pruneCount
    }

    private let state = Mutex(State())

    /// Whether all that Redis has was read once.
    var isKnown: Bool { state.withLock { $0.isKnown } }

    /// All that Redis has was read.
    func becameKnown() {
        state.withLock { $0.isKnown = true }
    }

    /// Adds revocations; `now` is in milliseconds since the epoch.
    func add(_ news: RevocationList, now: Int64) {
        state.withLock { state in
            state.list.add(news)
            guard state.list.count > state.pruneAt else { return }
            state.list.prune(now: now)
            state.pruneAt = max(Self.pruneCount, 2 * state.list.count)
        }
    }

    /// Whether a token is accepted no more.
    func isRevoked(subject: SubjectID, mark: TokenMark) -> Bool {
        state.withLock { $0.list.isRevoked(subject: subject, mark: mark) }
    }
}
