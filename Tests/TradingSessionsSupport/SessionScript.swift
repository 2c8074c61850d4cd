import TestSupport

/// One command to a set of trading sessions, as plain data: the pure rules and the Redis functions
/// are driven with the same scripts.
package enum SessionCommand: Sendable {
    /// Creates a session with a small capacity and tight limits.
    case create(session: String, maxParticipants: Int, profile: String, minutes: Int)
    /// `start`, `pause`, `resume`, `stop`, `terminate` or `delete`; `isStale` sends a version that
    /// is not the current one.
    case control(String, session: String, isStale: Bool)
    /// Replaces the configuration.
    case update(session: String, maxParticipants: Int)
    /// Lets a user join; an empty balance stands for an unknown one.
    case join(session: String, user: String, balance: String)
    /// `leave`, `opt_out`, `remove` or `fail`.
    case depart(String, session: String, user: String)
    /// Reports a feed as lost or as back.
    case feed(market: String, isLost: Bool)
    /// Publishes a signal, for one session or (nil) for all.
    case publish(market: String, confidence: String, session: String?, life: Int64)
    /// Claims signals.
    case claim(claimant: String, session: String?, max: Int)
    /// Acknowledges the signal of that number, the newest being 0.
    case acknowledge(number: Int, claimant: String, outcome: String)
    /// Cancels the signal of that number, the newest being 0.
    case cancel(number: Int)
    /// Settles a trade.
    case settle(trade: String, session: String, user: String, pnl: String)
    /// Engages or releases a kill switch.
    case kill(scope: String, isEngaged: Bool)
    /// Runs the timers.
    case tick
}

/// A seeded sequence of commands with the milliseconds that pass before each.
package struct SessionScript: Sendable {
    /// The sessions that scripts speak of.
    package static let sessions = ["s1", "s2", "s3"]
    /// The users that scripts speak of.
    package static let users = ["u1", "u2", "u3", "u4"]
    /// The markets that scripts speak of; sessions allow the first two.
    package static let markets = ["R_100", "R_50", "R_25"]

    private var generator: SeededGenerator

    /// The script of that seed.
    package init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// The next command and how long after the one before it comes.
    package mutating func next() -> (pause: Int64, command: SessionCommand) {
        let pauses: [Int64] = [0, 0, 1, 1, 50, 50, 700, 700, 2500, 12_000]
        return (pick(pauses), command())
    }

    private mutating func command() -> SessionCommand {
        let session = pick(Self.sessions)
        let user = pick(Self.users)
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<8:
            return .create(
                session: session, maxParticipants: pick([1, 2, 3]),
                profile: pick(["LOW", "MEDIUM", "HIGH"]), minutes: pick([1, 2, 60]))
        case 8..<26:
            let names = [
                "start", "start", "start", "start", "pause", "resume", "resume", "stop",
                "terminate", "delete",
            ]
            return .control(pick(names), session: session, isStale: chance(10))
        case 26..<28: return .update(session: session, maxParticipants: pick([1, 2, 5]))
        case 28..<43: return .join(session: session, user: user, balance: pick(["", "5", "10"]))
        case 43..<47:
            let ways = ["leave", "opt_out", "remove", "fail", "fail"]
            return .depart(pick(ways), session: session, user: user)
        case 47..<52: return .feed(market: pick(Self.markets), isLost: chance(50))
        case 52..<66:
            return .publish(
                market: pick(Self.markets), confidence: pick(["0.5", "0.65", "0.8", "1"]),
                session: chance(50) ? session : nil, life: pick([1000, 5000, 60_000]))
        case 66..<75:
            return .claim(
                claimant: pick(["e1", "e2"]), session: chance(30) ? session : nil,
                max: pick([1, 3]))
        case 75..<83:
            return .acknowledge(
                number: Int.random(in: 0..<4, using: &generator), claimant: pick(["e1", "e2"]),
                outcome: pick(["EXECUTED", "REJECTED"]))
        case 83..<85: return .cancel(number: Int.random(in: 0..<4, using: &generator))
        case 85..<93:
            return .settle(
                trade: "t\(Int.random(in: 0..<60, using: &generator))", session: session,
                user: user, pnl: pick(["-0.00000001", "3.5", "-7.25", "20", "-20", "-41"]))
        case 93..<96:
            let scopes = [
                "global", "session:\(session)", "user:\(user)", "user:\(user)", "market:R_100",
                "market:R_100",
            ]
            return .kill(scope: pick(scopes), isEngaged: chance(30))
        default: return .tick
        }
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &generator)]
    }

    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &generator) < percent
    }
}
