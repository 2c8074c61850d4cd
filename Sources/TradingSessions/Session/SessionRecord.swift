/// Where a session is in its life (domain: State machine).
package enum SessionStatus: String, CaseIterable, Sendable {
    /// Created, not started.
    case pending = "PENDING"
    /// Armed: joins open, feed watched, nothing signalled yet.
    case active = "ACTIVE"
    /// At least one signal was accepted.
    case running = "RUNNING"
    /// Held for one or more causes.
    case paused = "PAUSED"
    /// Ended, for good.
    case completed = "COMPLETED"

    /// Whether the session takes signals.
    package var takesSignals: Bool { self == .active || self == .running }

    /// Whether the session has started and not ended.
    package var isLive: Bool { takesSignals || self == .paused }
}

/// Why a session ended.
package enum SessionEndReason: String, CaseIterable, Sendable {
    /// An admin stopped it in order.
    case adminStop = "ADMIN_STOP"
    /// The sum of pnl reached the loss threshold.
    case lossThreshold = "LOSS_THRESHOLD"
    /// Its duration was over.
    case timeLimit = "TIME_LIMIT"
    /// An admin ended it at once.
    case adminTerminated = "ADMIN_TERMINATED"
    /// A kill switch of scope `global` or `session:<id>` was engaged.
    case killSwitch = "KILL_SWITCH"
}

/// One reason why a session is held.
package enum PauseCause: Hashable, Sendable, CustomStringConvertible {
    /// An admin paused it.
    case admin
    /// No tick on an allowed market, or the link of its feed is lost.
    case feed(Market)
    /// The last participant that took part has failed.
    case participantsFailed

    /// The cause on the wire: `ADMIN`, `FEED:<market>` or `PARTICIPANTS_FAILED`.
    package var description: String {
        switch self {
        case .admin: "ADMIN"
        case .feed(let market): "FEED:\(market)"
        case .participantsFailed: "PARTICIPANTS_FAILED"
        }
    }

    /// The market whose feed is lost, for a feed cause.
    package var feedMarket: Market? {
        if case .feed(let market) = self { market } else { nil }
    }
}

/// A trading session: what is stored and what everyone may see.
///
/// Only the machines of this module change one, and each change adds one to ``version``.
package struct SessionRecord: Equatable, Sendable {
    /// Server-made id.
    package let id: String
    /// What people call it.
    package let name: String
    /// The admin who created it.
    package let adminID: String
    /// When it was created, in milliseconds since the Unix epoch.
    package let createdAt: Int64
    /// Where it is in its life.
    package internal(set) var status = SessionStatus.pending
    /// The effective configuration.
    package internal(set) var config: SessionConfig
    /// 1 for a new session, and 1 more with each change.
    package internal(set) var version: Int64 = 1
    /// When it was started, in milliseconds since the Unix epoch.
    package internal(set) var startedAt: Int64?
    /// When its duration is over, in milliseconds since the Unix epoch.
    package internal(set) var endsAt: Int64?
    /// When it ended, in milliseconds since the Unix epoch.
    package internal(set) var completedAt: Int64?
    /// Why it ended.
    package internal(set) var endReason: SessionEndReason?
    /// Why it is held: not empty exactly while the status is PAUSED, in order of arrival.
    package internal(set) var pauseCauses: [PauseCause] = []
    /// The status to return to, while PAUSED.
    package internal(set) var statusBeforePause: SessionStatus?
    /// Markets whose present loss an admin has overridden by resuming.
    package internal(set) var feedOverrides: [Market] = []
    /// Participants that are PENDING or ACTIVE.
    package internal(set) var participantCount = 0
    /// The sum of all participants' pnl, those who left included.
    package internal(set) var pnl = FixedDecimal.zero

    /// A new session, in status PENDING with version 1.
    package init(
        id: String, name: String, adminID: String, config: SessionConfig, createdAt: Int64
    ) {
        self.id = id
        self.name = name
        self.adminID = adminID
        self.config = config
        self.createdAt = createdAt
    }

    /// Whether `name` may name a session: 1 to 100 characters, none of them a control character,
    /// not only blanks.
    package static func isValidName(_ name: String) -> Bool {
        let scalars = name.unicodeScalars
        return (1...SessionLimits.nameCharacterCountMax).contains(scalars.count)
            && !scalars.contains { $0.value < 0x20 || $0.value == 0x7F }
            && scalars.contains { $0 != " " }
    }

    mutating func complete(_ reason: SessionEndReason, at now: Int64) {
        status = .completed
        endReason = reason
        completedAt = now
        pauseCauses = []
        statusBeforePause = nil
        feedOverrides = []
    }

    mutating func pause(_ cause: PauseCause) {
        if status != .paused {
            statusBeforePause = status
            status = .paused
        }
        pauseCauses.append(cause)
    }

    mutating func resume() {
        status = statusBeforePause ?? .active
        statusBeforePause = nil
        pauseCauses = []
    }
}
