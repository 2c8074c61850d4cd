import Foundation
import GatewayAPI
import GatewayClient
import Testing

/// What holds of a session whatever was done to it, and by how many at once.
struct SessionInvariants {
    /// `max_participants` of the session.
    let capacity: Int
    /// For the messages.
    let seed: UInt64

    /// Capacity is kept, each version came once and in order to every observer, and the sums are
    /// those of the participants.
    ///
    /// - Parameters:
    ///   - id: a session that nobody changes any more.
    ///   - admin: a client that may ask.
    ///   - logs: observers of the session from its start on.
    /// - Throws: what the client throws, or that an event does not come.
    func check(_ id: String, _ admin: GatewayClient, _ logs: [EventLog]) async throws {
        let session = try await admin.session(id)
        let channel = "session:\(id)"
        for log in logs {
            try await GatewayScene.eventually("the last event of \(id), seed \(seed)") {
                log.events(of: channel).last?.version == Int(session.version)
            }
            let versions = log.events(of: channel).compactMap(\.version)
            #expect(versions == Array(2...Int(session.version)), "seed \(seed)")
            #expect(log.gapCount == 0, "seed \(seed)")
            #expect(
                log.events(of: channel).map(\.text) == logs[0].events(of: channel).map(\.text),
                "seed \(seed)")
        }
        for event in logs[0].events(of: channel) {
            let record = event.object["session"] as? [String: Any]
            let count = record?["participant_count"] as? Int ?? -1
            #expect((0...capacity).contains(count), "seed \(seed)")
        }
        try await checkSums(session, admin)
    }

    private func checkSums(_ session: SessionRecord, _ admin: GatewayClient) async throws {
        var participants: [ParticipantRecord] = []
        var cursor: String?
        repeat {
            let page = try await admin.participants(
                ParticipantListParams(sessionID: session.id, limit: 100, cursor: cursor))
            participants += page.participants
            cursor = page.nextCursor
        } while cursor != nil
        #expect(
            Set(participants.map(\.userID)).count == participants.count,
            "each user once, seed \(seed)")
        let members = participants.filter { $0.status == .active || $0.status == .pending }
        #expect(members.count == session.participantCount, "seed \(seed)")
        let sum = participants.reduce(Decimal(0)) { $0 + (Decimal(string: $1.pnl) ?? 0) }
        #expect(sum == Decimal(string: session.pnl), "seed \(seed)")
    }
}
