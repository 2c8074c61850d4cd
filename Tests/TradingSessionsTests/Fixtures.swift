import TradingSessions
import TradingSessionsTestSupport

let created: Int64 = 1_000_000
let started: Int64 = 2_000_000
let later: Int64 = 2_500_000

/// A session brought into a status by the machine itself.
func session(
    _ status: SessionStatus, id: String = "s1", config given: SessionConfig? = nil
) throws -> SessionRecord {
    let effective = try given ?? config()
    let record = SessionRecord(
        id: id, name: "Morning run", adminID: "admin", config: effective, createdAt: created)
    let path: [SessionTransition] =
        switch status {
        case .pending: []
        case .active: [.start]
        case .running: [.start, .firstSignal]
        case .paused: [.start, .firstSignal, .pause]
        case .completed: [.start, .stop]
        }
    let result = try path.reduce(record) {
        try SessionMachine.apply($1, to: $0, at: started).record
    }
    guard result.status == status else { throw FixtureError.unreachable(status) }
    return result
}

/// A user who has joined, and the session with that user.
func joined(
    _ userID: String = "u1", in record: SessionRecord
) throws -> (participant: Participant, record: SessionRecord) {
    let change = try ParticipantMachine.join(
        userID, existing: nil, balance: nil, in: record, at: later)
    guard let change else { throw FixtureError.unreachable(record.status) }
    return (change.participant, change.session.record)
}
