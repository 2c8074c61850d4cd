/// How a user stands to a session (domain: Participants).
package enum ParticipantStatus: String, CaseIterable, Sendable {
    /// Joined while RUNNING; active from the next signal.
    case pending = "PENDING"
    /// Takes part.
    case active = "ACTIVE"
    /// Left; may rejoin.
    case left = "LEFT"
    /// Removed by an admin; may not rejoin.
    case removed = "REMOVED"
    /// Opted out; may rejoin.
    case optedOut = "OPTED_OUT"
    /// Ended by stop loss, take profit or a kill switch.
    case stopped = "STOPPED"
    /// Execution timed out; may rejoin.
    case failed = "FAILED"

    /// Whether the user counts towards the capacity.
    package var takesPart: Bool { self == .pending || self == .active }
}

/// Why a participation was stopped.
package enum ParticipantStopReason: String, CaseIterable, Sendable {
    /// The pnl is at or below minus the stop loss; the user may not rejoin.
    case stopLoss = "STOP_LOSS"
    /// The pnl is at or above the take profit; the user may not rejoin.
    case takeProfit = "TAKE_PROFIT"
    /// A kill switch of scope `user:<id>`; the user may rejoin once it is released.
    case killSwitch = "KILL_SWITCH"
}

/// A user's part in a session.
///
/// Its pnl and trades outlive leaving and rejoining, so that leaving resets no limit.
package struct Participant: Equatable, Sendable {
    /// The user.
    package let userID: String
    /// How the user stands to the session.
    package internal(set) var status: ParticipantStatus
    /// Why the participation was stopped, while STOPPED.
    package internal(set) var stopReason: ParticipantStopReason?
    /// When the user last joined, in milliseconds since the Unix epoch.
    package internal(set) var joinedAt: Int64
    /// When the status last changed, in milliseconds since the Unix epoch.
    package internal(set) var changedAt: Int64
    /// The sum of the user's settled trades in this session.
    package internal(set) var pnl = FixedDecimal.zero
    /// Settled trades, all of them.
    package internal(set) var tradeCount = 0
    /// When the latest trades were settled, oldest first; at most `max_trades_per_hour`.
    package internal(set) var recentTrades: [Int64] = []

    init(userID: String, status: ParticipantStatus, at now: Int64) {
        self.userID = userID
        self.status = status
        joinedAt = now
        changedAt = now
    }

    /// Whether the user has had as many trades in the last hour as the configuration allows.
    package func isTradeLimited(by config: SessionConfig, at now: Int64) -> Bool {
        let start = now - SessionLimits.tradeWindowMilliseconds
        return recentTrades.count { $0 > start } >= config.maxTradesPerHour
    }

    mutating func become(
        _ status: ParticipantStatus, at now: Int64, because reason: ParticipantStopReason? = nil
    ) {
        self.status = status
        stopReason = reason
        changedAt = now
    }
}
