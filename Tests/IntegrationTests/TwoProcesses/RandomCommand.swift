import GatewayAPI
import GatewayClient
import Security
import TestSupport

/// A command of a test under contention: drawn first, so that a seed gives the same ones, and
/// carried out with a key, so that it can be repeated on another node when its answer was lost.
enum RandomCommand: Sendable {
    case join(String)
    case leave(String)
    case publish(String)
    /// Claims and acknowledges up to three signals.
    case work
    case settle(session: String, userNumber: UInt64, pnl: String)
    case pause(String)
    case resume(String)
    case removeParticipant(session: String, userNumber: UInt64)

    /// Who sends a command.
    enum Actor: Sendable {
        case user, engine, admin
    }

    /// Draws a command.
    ///
    /// - Parameters:
    ///   - actor: who sends it.
    ///   - sessions: the sessions of the test.
    ///   - userNumbers: the users of the test.
    ///   - generator: where chance comes from.
    /// - Returns: the command.
    static func draw(
        _ actor: Actor, sessions: [String], userNumbers: Range<UInt64>,
        using generator: inout SeededGenerator
    ) -> RandomCommand {
        let session = sessions[Int.random(in: 0..<sessions.count, using: &generator)]
        let user = UInt64.random(in: userNumbers, using: &generator)
        let chance = Int.random(in: 0..<12, using: &generator)
        switch actor {
        case .user: return chance < 8 ? .join(session) : .leave(session)
        case .engine:
            switch chance {
            case 0..<4: return .publish(session)
            case 4..<8: return .work
            default:
                let cents = Int.random(in: -500...500, using: &generator)
                let pnl = "\(cents < 0 ? "-" : "")\(abs(cents) / 100).\(abs(cents) % 100 / 10)"
                return .settle(session: session, userNumber: user, pnl: pnl)
            }
        case .admin:
            switch chance {
            case 0..<4: return .pause(session)
            case 4..<11: return .resume(session)
            default: return .removeParticipant(session: session, userNumber: user)
            }
        }
    }

    /// Carries the command out.
    ///
    /// - Parameters:
    ///   - client: of the role that may.
    ///   - key: the idempotency key, the same for each repetition.
    /// - Throws: what the client throws.
    func carryOut(by client: GatewayClient, key: String) async throws {
        switch self {
        case .join(let id):
            try await client.joinSession(
                ParticipationParams(sessionID: id, idempotencyKey: key))
        case .leave(let id):
            try await client.leaveSession(SessionLeaveParams(sessionID: id, idempotencyKey: key))
        case .publish(let id):
            _ = try await client.publishSignal(
                SignalPublishParams(
                    market: "R_100", type: .put, confidence: 0.9, reason: "r", sessionID: id,
                    idempotencyKey: key))
        case .work:
            let claims = try await client.claimSignals(
                SignalClaimParams(max: 3, idempotencyKey: key)
            ).claims
            // By signal: a repeated claim leaves out those that have ended meanwhile.
            for claim in claims {
                try await client.acknowledgeSignal(
                    SignalAcknowledgeParams(
                        signalID: claim.signal.id, outcome: .executed,
                        idempotencyKey: "\(key)-\(claim.signal.id)"))
            }
        case .settle(let id, let user, let pnl):
            try await client.settleTrade(
                TradeSettleParams(
                    tradeID: key, sessionID: id, userID: GatewayScene.subject(.user, user).text,
                    pnl: pnl, idempotencyKey: key))
        case .pause(let id):
            try await client.pauseSession(
                SessionCommandParams(sessionID: id, idempotencyKey: key))
        case .resume(let id):
            try await client.resumeSession(
                SessionCommandParams(sessionID: id, idempotencyKey: key))
        case .removeParticipant(let id, let user):
            try await client.removeParticipant(
                ParticipantRemoveParams(
                    sessionID: id, userID: GatewayScene.subject(.user, user).text,
                    idempotencyKey: key))
        }
    }
}
