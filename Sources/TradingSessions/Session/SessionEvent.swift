/// What a change of a session is called on its channel.
package enum SessionEventKind: String, CaseIterable, Sendable {
    /// A new session is there.
    case created = "session.created"
    /// The configuration changed.
    case updated = "session.updated"
    /// PENDING became ACTIVE.
    case started = "session.started"
    /// The first signal made it RUNNING.
    case running = "session.running"
    /// It is held.
    case paused = "session.paused"
    /// It is still held, for other causes than before.
    case pauseCausesChanged = "session.pause_causes_changed"
    /// It goes on.
    case resumed = "session.resumed"
    /// It ended.
    case completed = "session.completed"
    /// It is gone.
    case deleted = "session.deleted"
    /// A user joined.
    case participantJoined = "session.participant_joined"
    /// A user left or opted out.
    case participantLeft = "session.participant_left"
    /// An admin removed a user.
    case participantRemoved = "session.participant_removed"
    /// A user's participation was stopped by a kill switch.
    case participantStopped = "session.participant_stopped"
    /// Execution failed for a user.
    case participantFailed = "session.participant_failed"
    /// A trade changed the sums.
    case tradeSettled = "session.trade_settled"
}

/// The one event that a change emits.
package struct SessionEvent: Equatable, Sendable {
    /// What happened.
    package let kind: SessionEventKind
    /// When, in milliseconds since the Unix epoch.
    package let at: Int64
    /// The session after the change, with its new version.
    package let session: SessionRecord
}

/// The outcome of an accepted step: the new record and exactly one event.
package struct SessionChange: Equatable, Sendable {
    /// The session after the change.
    package let record: SessionRecord
    /// What is told to subscribers.
    package let event: SessionEvent
    /// Whether signals that wait are void now, because the session no longer takes any.
    package let cancelsPendingSignals: Bool
    /// Whether the session is to be removed from storage.
    package let isDeleted: Bool

    /// Closes a change: one more version, one event.
    init(
        _ kind: SessionEventKind, from old: SessionRecord, to new: SessionRecord, at now: Int64
    ) {
        var record = new
        record.version = old.version + 1
        self.record = record
        event = SessionEvent(kind: kind, at: now, session: record)
        cancelsPendingSignals = old.status.takesSignals && !record.status.takesSignals
        isDeleted = kind == .deleted
    }
}
