/// What a signed-in client may do, from a claim that only a server writes.
public enum Role: String, Sendable, CaseIterable, WordList {
    /// Trades by its own hand: joins and watches sessions.
    case user
    /// Creates and controls sessions and kill switches.
    case admin
    /// An engine or executor: publishes signals and ticks, settles trades.
    case service
}

/// Several roles.
public struct RoleSet: OptionSet, Sendable, Hashable {
    /// One bit per role.
    public let rawValue: UInt8

    /// A set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Users.
    public static let user = RoleSet(rawValue: 1)
    /// Admins.
    public static let admin = RoleSet(rawValue: 2)
    /// Services.
    public static let service = RoleSet(rawValue: 4)
    /// Everyone who has signed in.
    public static let everyone: RoleSet = [.user, .admin, .service]

    /// Whether `role` is among them.
    public func contains(_ role: Role) -> Bool {
        switch role {
        case .user: contains(RoleSet.user)
        case .admin: contains(RoleSet.admin)
        case .service: contains(RoleSet.service)
        }
    }

    /// The roles in the order of ``Role``.
    public var roles: [Role] { Role.allCases.filter { contains($0) } }
}
