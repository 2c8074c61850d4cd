/// The outcome of a participant's accepted step.
package struct ParticipantChange: Equatable, Sendable {
    /// The participant after the change; goes in full to the user's private channel.
    package let participant: Participant
    /// The session after the change and its one event, which names no user.
    package let session: SessionChange
}

/// Joining, leaving and everything else that happens to a participant, as pure steps over the
/// session's record.
package enum ParticipantMachine {
    /// Lets a user join or rejoin.
    ///
    /// `existing` is what is known of the user in this session; `balance` is the broker account's,
    /// nil when no account is known. The result is nil when the user takes part already.
    package static func join(
        _ userID: String, existing: Participant?, balance: FixedDecimal?,
        in record: SessionRecord, at now: Int64
    ) throws(SessionRefusal) -> ParticipantChange? {
        guard record.status != .completed else { throw .wrongStatus(record.status) }
        if let existing {
            if existing.status.takesPart { return nil }
            if existing.status == .removed { throw .participantRemoved }
            if existing.status == .stopped, existing.stopReason != .killSwitch {
                throw .participantStopped
            }
            // A trade that settled after the user had left may have reached a limit.
            guard Settlement.stopReason(pnl: existing.pnl, record.config) == nil else {
                throw .participantStopped
            }
        }
        guard record.participantCount < record.config.maxParticipants else {
            throw .sessionFull(record.status)
        }
        if let balance, balance < record.config.minBalance { throw .balanceTooLow(record.status) }

        let isRunning = (record.statusBeforePause ?? record.status) == .running
        let status = isRunning ? ParticipantStatus.pending : .active
        var participant = existing ?? Participant(userID: userID, status: status, at: now)
        participant.become(status, at: now)
        participant.joinedAt = now
        var next = record
        next.participantCount += 1
        return ParticipantChange(
            participant: participant,
            session: SessionChange(.participantJoined, from: record, to: next, at: now))
    }

    /// Lets a user leave or opt out.
    ///
    /// Refused when the session has ended or the user takes no part.
    package static func leave(
        _ participant: Participant?, isOptingOut: Bool = false, in record: SessionRecord,
        at now: Int64
    ) throws(SessionRefusal) -> ParticipantChange {
        try end(
            participant, as: isOptingOut ? .optedOut : .left, .participantLeft, in: record, at: now)
    }

    /// Removes a user, who may not rejoin; also one who takes no part at present.
    ///
    /// Refused when the session has ended, the user never joined or is removed already.
    package static func remove(
        _ participant: Participant?, in record: SessionRecord, at now: Int64
    ) throws(SessionRefusal) -> ParticipantChange {
        guard record.status != .completed else { throw .wrongStatus(record.status) }
        guard var participant else { throw .notParticipant }
        guard participant.status != .removed else { throw .participantRemoved }
        var next = record
        if participant.status.takesPart { next.participantCount -= 1 }
        participant.become(.removed, at: now)
        return ParticipantChange(
            participant: participant,
            session: SessionChange(.participantRemoved, from: record, to: next, at: now))
    }

    /// Notes that execution failed for a user; pauses the session when nobody is left.
    ///
    /// The pause is the same change: one version, one event of kind `session.paused`. Refused when
    /// the session has ended or the user takes no part.
    package static func fail(
        _ participant: Participant?, in record: SessionRecord, at now: Int64
    ) throws(SessionRefusal) -> ParticipantChange {
        let change = try end(participant, as: .failed, .participantFailed, in: record, at: now)
        guard
            change.session.record.participantCount == 0, record.status.isLive,
            !record.pauseCauses.contains(.participantsFailed)
        else { return change }
        var next = change.session.record
        next.pause(.participantsFailed)
        let kind = record.status == .paused ? SessionEventKind.pauseCausesChanged : .paused
        return ParticipantChange(
            participant: change.participant,
            session: SessionChange(kind, from: record, to: next, at: now))
    }

    /// Stops a user's participation because a kill switch covers the user.
    ///
    /// Refused when the session has ended or the user takes no part.
    package static func kill(
        _ participant: Participant?, in record: SessionRecord, at now: Int64
    ) throws(SessionRefusal) -> ParticipantChange {
        try end(
            participant, as: .stopped, .participantStopped, because: .killSwitch, in: record,
            at: now)
    }

    /// Activates a participant that waited for a signal; nil for any other.
    ///
    /// Nothing in the session's record changes.
    package static func activate(_ participant: Participant, at now: Int64) -> Participant? {
        guard participant.status == .pending else { return nil }
        var next = participant
        next.become(.active, at: now)
        return next
    }

    private static func end(
        _ participant: Participant?, as status: ParticipantStatus, _ kind: SessionEventKind,
        because reason: ParticipantStopReason? = nil, in record: SessionRecord, at now: Int64
    ) throws(SessionRefusal) -> ParticipantChange {
        guard record.status != .completed else { throw .wrongStatus(record.status) }
        guard var participant, participant.status.takesPart else { throw .notParticipant }
        participant.become(status, at: now, because: reason)
        var next = record
        next.participantCount -= 1
        return ParticipantChange(
            participant: participant, session: SessionChange(kind, from: record, to: next, at: now))
    }
}
