import Streams

/// A user's part in a session, on which subscriptions hang.
struct WatchedParticipation: Hashable {
    let user: String
    let session: String
}

/// Which subscriptions to `signals:<session>` last only while their user takes part.
struct ParticipationWatch {
    /// User → session → connections.
    private var users: [String: [String: Set<OutboundID>]] = [:]

    /// Whether nobody is watched.
    var isEmpty: Bool { users.isEmpty }

    /// Whether a user is watched.
    func contains(user: String) -> Bool { users[user] != nil }

    /// Whether a user is watched in a session.
    func contains(_ part: WatchedParticipation) -> Bool { users[part.user]?[part.session] != nil }

    /// The sessions in which a user is watched.
    func sessions(of user: String) -> [String] { Array((users[user] ?? [:]).keys) }

    /// Adds a subscription.
    ///
    /// - Returns: whether it was not there.
    mutating func add(_ connection: OutboundID, user: String, session: String) -> Bool {
        users[user, default: [:]][session, default: []].insert(connection).inserted
    }

    /// Removes a subscription.
    mutating func remove(_ connection: OutboundID, user: String, session: String) {
        users[user]?[session]?.remove(connection)
        prune(user, session)
    }

    /// Removes every subscription of a connection.
    mutating func remove(_ connection: OutboundID, user: String) {
        for session in sessions(of: user) { remove(connection, user: user, session: session) }
    }

    /// Takes the subscriptions of a user to a session out.
    mutating func takeAll(user: String, session: String) -> Set<OutboundID> {
        let connections = users[user]?[session] ?? []
        users[user]?[session] = nil
        prune(user, session)
        return connections
    }

    private mutating func prune(_ user: String, _ session: String) {
        if users[user]?[session]?.isEmpty ?? false { users[user]?[session] = nil }
        if users[user]?.isEmpty ?? false { users[user] = nil }
    }
}
