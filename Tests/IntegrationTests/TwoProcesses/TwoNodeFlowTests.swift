import Foundation
import GatewayAPI
import GatewayClient
import Security
import TestSupport
import Testing

/// The life of a session through two nodes, and through the restart of everything.
@Suite(
    "Two processes: the life of a session",
    .enabled(if: ServedNodes.isAvailable, "\(ServedNodes.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct TwoNodeFlowTests {
    private static let durable = ["--appendonly", "yes", "--appendfsync", "always"]

    /// A user and an engine on node 1, and an admin on node 0.
    private struct Actors {
        let admin: GatewayClient
        let user: GatewayClient
        let engine: GatewayClient
        let userID = GatewayScene.subject(.user).text

        init(_ nodes: ServedNodes, first: Int, second: Int) async throws {
            admin = try await nodes.client(.admin, node: first)
            user = try await nodes.client(.user, node: second)
            engine = try await nodes.client(.service, node: second)
        }

        func signal(_ session: String) async throws -> [SignalRecord] {
            try await engine.publishSignal(
                SignalPublishParams(
                    market: "R_100", type: .call, confidence: 0.9, reason: "crossed",
                    sessionID: session)
            ).signals
        }
    }

    @Test func `create, join, start, signal and stop are seen alike on both nodes`() async throws {
        let nodes = try ServedNodes(redis: try PrivateRedisServer())
        let first = try await nodes.start()
        let second = try await nodes.start()
        let actors = try await Actors(nodes, first: first, second: second)
        let watchers = [
            try await nodes.client(.admin, number: 5, node: first),
            try await nodes.client(.admin, number: 5, node: second),
        ]
        let logs = watchers.map { EventLog($0) }
        let own = EventLog(actors.user)
        for watcher in watchers { try await watcher.subscribe("sessions", "system") }
        let id = try await actors.admin.createSession(
            SessionCreateParams(name: "Run", config: .wire())
        ).id
        for watcher in watchers { try await watcher.subscribe("session:\(id)", "signals:\(id)") }
        try await actors.user.subscribe("user:\(actors.userID)")
        try await actors.user.joinSession(ParticipationParams(sessionID: id))
        try await actors.admin.startSession(SessionCommandParams(sessionID: id))
        let signal = try #require(try await actors.signal(id).first)
        let claims = try await actors.engine.claimSignals(SignalClaimParams(sessionID: id)).claims
        #expect(claims.map(\.signal.id) == [signal.id])
        try await actors.engine.acknowledgeSignal(
            SignalAcknowledgeParams(signalID: signal.id, outcome: .executed))
        try await actors.engine.settleTrade(
            TradeSettleParams(tradeID: "t", sessionID: id, userID: actors.userID, pnl: "1.5"))
        try await actors.admin.stopSession(SessionCommandParams(sessionID: id))

        let kinds = [
            "session:\(id)": [
                "session.participant_joined", "session.started", "session.running",
                "session.trade_settled", "session.completed",
            ],
            "sessions": [
                "session.created", "session.started", "session.running", "session.completed",
            ],
            "signals:\(id)": ["signal.published", "signal.claimed", "signal.executed"],
        ]
        for (channel, expected) in kinds {
            for log in logs {
                try await log.wait("the end of \(channel)") { events in
                    events.filter { $0.channel == channel }.count >= expected.count
                }
                #expect(log.events(of: channel).map(\.kind) == expected)
                #expect(log.gapCount == 0)
            }
            #expect(
                logs[0].events(of: channel).map(\.text) == logs[1].events(of: channel).map(\.text))
            #expect(
                logs[0].events(of: channel).map(\.sequence)
                    == logs[1].events(of: channel).map(\.sequence),
                "publishers number, not nodes")
        }
        try await own.wait("the trade") { $0.contains { $0.kind == "trade.settled" } }
        #expect(
            own.events(of: "user:\(actors.userID)").map(\.kind)
                == ["participation.changed", "trade.settled"])
        for watcher in watchers {
            let session = try await watcher.session(id)
            #expect(session.status == .completed && session.pnl == "1.5")
        }
    }

    @Test func `everything is as it was after the crash of Redis and of both nodes`() async throws {
        let redis = try PrivateRedisServer(arguments: Self.durable)
        let nodes = try ServedNodes(redis: redis)
        let actors = try await Actors(
            nodes, first: try await nodes.start(), second: try await nodes.start())
        var ids: [String] = []
        for name in ["pending", "running", "paused", "completed"] {
            let id = try await actors.admin.createSession(
                SessionCreateParams(name: name, config: .wire())
            ).id
            let command = SessionCommandParams(sessionID: id)
            ids.append(id)
            try await actors.user.joinSession(ParticipationParams(sessionID: id))
            if name == "pending" { continue }
            try await actors.admin.startSession(command)
            if name == "running" { _ = try await actors.signal(id) }
            if name == "paused" { try await actors.admin.pauseSession(command) }
            if name == "completed" { try await actors.admin.stopSession(command) }
        }
        try await actors.engine.settleTrade(
            TradeSettleParams(
                tradeID: "t", sessionID: ids[1], userID: actors.userID, pnl: "-3.25"))
        try await actors.admin.engageKillSwitch(
            KillSwitchEngageParams(scope: "market:R_50", reason: "r"))
        var before: [SessionRecord] = []
        for id in ids { before.append(try await actors.admin.session(id)) }
        for node in 0...1 { nodes.kill(node) }
        let stored = try await SceneRedis(redis).dump()

        redis.kill()
        try redis.start()
        let look = try await SceneRedis(redis)
        #expect(try await look.dump() == stored, "what Redis confirmed is on the disk")
        let later = try await Actors(
            nodes, first: try await nodes.start(), second: try await nodes.start())
        #expect(try await look.dump() == stored, "nothing had to be repaired")
        for client in [later.admin, later.user] {
            for session in before { #expect(try await client.session(session.id) == session) }
        }
        #expect(try await later.admin.killSwitches().map(\.scope) == ["market:R_50"])

        let claims = try await later.engine.claimSignals(SignalClaimParams(max: 10)).claims
        #expect(claims.map(\.signal.sessionID) == [ids[1]])
        let known = try await later.engine.settleTrade(
            TradeSettleParams(
                tradeID: "t", sessionID: ids[1], userID: actors.userID, pnl: "-3.25"))
        #expect(!known.applied)
        let resumed = try await later.admin.resumeSession(SessionCommandParams(sessionID: ids[2]))
        #expect(resumed.status == .active && resumed.version == before[2].version + 1)
    }
}
