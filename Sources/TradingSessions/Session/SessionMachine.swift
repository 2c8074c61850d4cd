/// A row of the domain's state machine.
package enum SessionTransition: Equatable, Sendable {
    /// An admin starts a session.
    case start
    /// The first signal for an allowed market was accepted.
    case firstSignal
    /// An admin pauses.
    case pause
    /// An allowed market's feed is lost.
    case feedLost(Market)
    /// A lost feed is back.
    case feedRecovered(Market)
    /// Nobody takes part any more because execution failed.
    case allParticipantsFailed
    /// An admin resumes.
    case resume
    /// An admin stops in order.
    case stop
    /// The sum of pnl is at or below minus the threshold.
    case lossThresholdBreached
    /// The duration is over.
    case timeLimitReached
    /// An admin ends the session at once.
    case terminate
    /// A kill switch ends the session.
    case kill
    /// An admin replaces the configuration.
    case update(SessionConfig)
    /// An admin deletes the session.
    case delete
}

/// The session state machine: a record, a transition and the time in; a new record and exactly one
/// event out, or a refusal that names the current status.
///
/// Who may ask for a transition, and whether a kill switch forbids it, is decided by the caller.
///
/// Causes of a pause add up. A pause for another cause while PAUSED adds that cause. The system
/// resumes only when the last cause that goes is a FEED cause. An admin's resume clears all causes:
/// a session with many markets may go on while one of them is silent. Such a market is then noted
/// in ``SessionRecord/feedOverrides`` until its feed is back, so that further reports of the same
/// loss do not pause the session again.
package enum SessionMachine {
    /// Applies one transition at `now`, in milliseconds since the Unix epoch.
    ///
    /// Throws why the record does not allow it.
    package static func apply(
        _ transition: SessionTransition, to record: SessionRecord, at now: Int64
    ) throws(SessionRefusal) -> SessionChange {
        switch transition {
        case .start: try start(record, at: now)
        case .firstSignal: try firstSignal(record, at: now)
        case .pause: try pause(record, cause: .admin, at: now)
        case .feedLost(let market): try feedLost(record, market, at: now)
        case .feedRecovered(let market): try feedRecovered(record, market, at: now)
        case .allParticipantsFailed: try pause(record, cause: .participantsFailed, at: now)
        case .resume: try resume(record, at: now)
        case .stop: try complete(record, .adminStop, at: now, from: record.status.takesSignals)
        case .lossThresholdBreached:
            try complete(record, .lossThreshold, at: now, from: record.status.isLive)
        case .timeLimitReached: try timeLimitReached(record, at: now)
        case .terminate:
            try complete(record, .adminTerminated, at: now, from: record.status != .completed)
        case .kill: try complete(record, .killSwitch, at: now, from: record.status.isLive)
        case .update(let config): try update(record, config, at: now)
        case .delete: try delete(record, at: now)
        }
    }

    private static func start(
        _ record: SessionRecord, at now: Int64
    ) throws(SessionRefusal) -> SessionChange {
        guard record.status == .pending else { throw .wrongStatus(record.status) }
        var next = record
        next.status = .active
        next.startedAt = now
        next.endsAt = now + record.config.durationMilliseconds
        return SessionChange(.started, from: record, to: next, at: now)
    }

    private static func firstSignal(
        _ record: SessionRecord, at now: Int64
    ) throws(SessionRefusal) -> SessionChange {
        guard record.status == .active else { throw .wrongStatus(record.status) }
        var next = record
        next.status = .running
        return SessionChange(.running, from: record, to: next, at: now)
    }

    private static func pause(
        _ record: SessionRecord, cause: PauseCause, at now: Int64
    ) throws(SessionRefusal) -> SessionChange {
        guard record.status.isLive, !record.pauseCauses.contains(cause) else {
            throw .wrongStatus(record.status)
        }
        var next = record
        next.pause(cause)
        let kind = record.status == .paused ? SessionEventKind.pauseCausesChanged : .paused
        return SessionChange(kind, from: record, to: next, at: now)
    }

    private static func feedLost(
        _ record: SessionRecord, _ market: Market, at now: Int64
    ) throws(SessionRefusal) -> SessionChange {
        guard record.status.isLive else { throw .wrongStatus(record.status) }
        guard record.config.allowedMarkets.contains(market) else { throw .marketNotAllowed }
        guard
            !record.pauseCauses.contains(.feed(market)), !record.feedOverrides.contains(market)
        else { throw .unchanged(record.status) }
        return try pause(record, cause: .feed(market), at: now)
    }

    private static func feedRecovered(
        _ record: SessionRecord, _ market: Market, at now: Int64
    ) throws(SessionRefusal) -> SessionChange {
        guard record.status.isLive else { throw .wrongStatus(record.status) }
        var next = record
        next.feedOverrides.removeAll { $0 == market }
        next.pauseCauses.removeAll { $0 == .feed(market) }
        guard next != record else { throw .unchanged(record.status) }
        guard record.status == .paused, next.pauseCauses.isEmpty else {
            return SessionChange(.pauseCausesChanged, from: record, to: next, at: now)
        }
        next.resume()
        return SessionChange(.resumed, from: record, to: next, at: now)
    }

    private static func resume(
        _ record: SessionRecord, at now: Int64
    ) throws(SessionRefusal) -> SessionChange {
        guard record.status == .paused else { throw .wrongStatus(record.status) }
        var next = record
        for market in record.pauseCauses.compactMap(\.feedMarket)
        where !next.feedOverrides.contains(market) {
            next.feedOverrides.append(market)
        }
        next.resume()
        return SessionChange(.resumed, from: record, to: next, at: now)
    }

    private static func timeLimitReached(
        _ record: SessionRecord, at now: Int64
    ) throws(SessionRefusal) -> SessionChange {
        guard record.status.isLive, let endsAt = record.endsAt else {
            throw .wrongStatus(record.status)
        }
        guard now >= endsAt else { throw .notDue(record.status) }
        return try complete(record, .timeLimit, at: now, from: true)
    }

    private static func complete(
        _ record: SessionRecord, _ reason: SessionEndReason, at now: Int64, from isAllowed: Bool
    ) throws(SessionRefusal) -> SessionChange {
        guard isAllowed else { throw .wrongStatus(record.status) }
        var next = record
        next.complete(reason, at: now)
        return SessionChange(.completed, from: record, to: next, at: now)
    }

    private static func update(
        _ record: SessionRecord, _ config: SessionConfig, at now: Int64
    ) throws(SessionRefusal) -> SessionChange {
        guard record.status == .pending else { throw .wrongStatus(record.status) }
        guard config.maxParticipants >= record.participantCount else {
            throw .tooManyParticipants(count: record.participantCount)
        }
        var next = record
        next.config = config
        return SessionChange(.updated, from: record, to: next, at: now)
    }

    private static func delete(
        _ record: SessionRecord, at now: Int64
    ) throws(SessionRefusal) -> SessionChange {
        guard record.status == .pending || record.status == .completed else {
            throw .wrongStatus(record.status)
        }
        return SessionChange(.deleted, from: record, to: record, at: now)
    }
}
