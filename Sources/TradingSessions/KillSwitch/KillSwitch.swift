/// What a kill switch covers (domain: Kill switch).
package enum KillScope: Hashable, Sendable, CustomStringConvertible {
    /// Everything.
    case global
    /// One session.
    case session(String)
    /// One user.
    case user(String)
    /// One market.
    case market(Market)

    /// Reads `global`, `session:<id>`, `user:<id>` or `market:<symbol>`; nil for anything else.
    package init?(_ text: String) {
        if text == "global" {
            self = .global
            return
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let name = String(parts[1])
        switch parts[0] {
        case "session" where Identifier.isValid(name): self = .session(name)
        case "user" where Identifier.isValid(name): self = .user(name)
        case "market":
            guard let market = Market(name) else { return nil }
            self = .market(market)
        default: return nil
        }
    }

    /// The scope on the wire.
    package var description: String {
        switch self {
        case .global: "global"
        case .session(let id): "session:\(id)"
        case .user(let id): "user:\(id)"
        case .market(let market): "market:\(market)"
        }
    }
}

/// One engaged kill switch: who, when, why.
package struct KillSwitch: Equatable, Sendable {
    /// What it covers.
    package let scope: KillScope
    /// Why, in the words of the admin.
    package let reason: String
    /// The admin.
    package let engagedBy: String
    /// When, in milliseconds since the Unix epoch.
    package let engagedAt: Int64

    /// A switch that was engaged just now.
    package init(scope: KillScope, reason: String, engagedBy: String, engagedAt: Int64) {
        self.scope = scope
        self.reason = reason
        self.engagedBy = engagedBy
        self.engagedAt = engagedAt
    }
}

/// The engaged kill switches and what they forbid.
///
/// | scope | refuses | ends |
/// |---|---|---|
/// | `global` | start, resume, join, signal, claim | every live session |
/// | `session:<id>` | the same in that session | that session |
/// | `user:<id>` | that user's joins | that user's participations |
/// | `market:<symbol>` | signals and claims for that market | its waiting signals |
package struct KillSwitches: Equatable, Sendable {
    private var switches: [KillScope: KillSwitch] = [:]

    /// No switch engaged.
    package init() {}

    /// All engaged switches in the order of their scopes' names.
    package var engaged: [KillSwitch] {
        switches.values.sorted { $0.scope.description < $1.scope.description }
    }

    /// Engages a switch; false when that scope was engaged already, which changes nothing.
    package mutating func engage(_ killSwitch: KillSwitch) -> Bool {
        guard switches[killSwitch.scope] == nil else { return false }
        switches[killSwitch.scope] = killSwitch
        return true
    }

    /// Releases a scope; false when it was not engaged.
    package mutating func release(_ scope: KillScope) -> Bool {
        switches.removeValue(forKey: scope) != nil
    }

    /// The first of the scopes, widest first, that forbids a step in that session, by that user or
    /// for that market.
    package func check(
        session: String, user: String? = nil, market: Market? = nil
    ) throws(SessionRefusal) {
        var scopes: [KillScope] = [.global, .session(session)]
        if let user { scopes.append(.user(user)) }
        if let market { scopes.append(.market(market)) }
        for scope in scopes where switches[scope] != nil { throw .killSwitchEngaged(scope) }
    }
}
