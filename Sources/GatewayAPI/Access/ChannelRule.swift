/// Who may subscribe to the channels of one form: a line of the access table.
public struct ChannelRule: Sendable, Hashable {
    /// What lets in those whose role alone does not suffice.
    public enum Condition: Sendable, Hashable {
        /// Nothing.
        case none
        /// That the user takes part in the session that the channel names.
        case participation
        /// That the channel names the user.
        case ownership
    }

    /// The roles that may, whatever the channel names.
    public let roles: RoleSet
    /// What lets in the others.
    public let condition: Condition
}

extension ChannelName {
    /// Who may subscribe to a channel, in one word.
    public enum Access: String, Sendable {
        /// Everyone who has signed in.
        case everyone
        /// Admins and services, and users who participate in the session.
        case participants
        /// Only the user whose identifier is in the name, whatever the role.
        case owner
    }

    /// The line of the access table that holds for the channel.
    public var rule: ChannelRule {
        switch self {
        case .ticks: ChannelRule(roles: .everyone, condition: .none)
        case .session: ChannelRule(roles: .everyone, condition: .none)
        case .sessions: ChannelRule(roles: .everyone, condition: .none)
        case .signals: ChannelRule(roles: [.admin, .service], condition: .participation)
        case .user: ChannelRule(roles: [], condition: .ownership)
        case .system: ChannelRule(roles: .everyone, condition: .none)
        }
    }

    /// Who may subscribe, as the documents say it.
    public var access: Access {
        switch rule.condition {
        case .none: .everyone
        case .participation: .participants
        case .ownership: .owner
        }
    }

    /// Whether a client may subscribe, or `nil` when that depends on whether its user
    /// participates in the session, which only the session's record can tell.
    ///
    /// - Parameters:
    ///   - role: The client's role.
    ///   - userID: The client's user.
    /// - Returns: Whether the client may, or `nil`.
    public func isOpen(to role: Role, userID: String) -> Bool? {
        let rule = rule
        if rule.roles.contains(role) { return true }
        switch rule.condition {
        case .none: return false
        case .participation: return nil
        case .ownership: return self == .user(id: userID)
        }
    }
}
