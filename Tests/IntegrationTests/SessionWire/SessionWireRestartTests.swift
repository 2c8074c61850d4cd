import Foundation
import GatewayAPI
import GatewayClient
import GatewayServer
import RedisProtocol
import Security
import SessionFunctions
import TestSupport
import Testing

@Suite(
    "Sessions over the wire: restart and damage",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct SessionWireRestartTests {
    private static let durable = ["--appendonly", "yes", "--appendfsync", "always"]

    @Test func `after a restart of Redis and gateway everything is as it was`() async throws {
        let redis = try PrivateRedisServer(arguments: Self.durable)
        try await GatewayScene.run(redis: redis) { scene in
            let actors = try await WireActors(scene)
            var ids: [String] = []
            for status in SessionStatus.allCases {
                let id = try await actors.session(status)
                ids.append(id)
                guard status != .completed else { continue }
                try await actors.user.joinSession(ParticipationParams(sessionID: id))
            }
            try await actors.signal(ids[2])
            try await actors.engine.settleTrade(
                TradeSettleParams(
                    tradeID: "t1", sessionID: ids[2],
                    userID: GatewayScene.subject(.user).text, pnl: "-3.25"))
            try await actors.admin.engageKillSwitch(
                KillSwitchEngageParams(scope: "market:R_50", reason: "r"))
            var before: [SessionRecord] = []
            for id in ids { before.append(try await actors.admin.session(id)) }
            await scene.stopNodes()
            let dumpBefore = try await SceneRedis(redis).dump()
            redis.stop()
            try redis.start()
            try await scene.startNode()
            let look = try await SceneRedis(redis)
            #expect(try await look.dump() == dumpBefore)
            let admin = try await scene.client(.admin)
            for session in before { #expect(try await admin.session(session.id) == session) }
            #expect(try await admin.killSwitches().map(\.scope) == ["market:R_50"])
            let engine = try await scene.client(.service)
            let claims = try await engine.claimSignals(SignalClaimParams(max: 10)).claims
            #expect(claims.count == 2)
        }
    }

    @Test func `a session whose end came while everything was down is completed`() async throws {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            let id = try await actors.session(.running)
            let session = try await actors.admin.session(id)
            await scene.stopNodes()
            let look = try await SceneRedis(scene.redis)
            // As if it had begun an hour and more ago.
            let key = "tradermind:sessions:\(id)"
            let end = try #require(session.endsAt)
            let past = Int64(Date().timeIntervalSince1970 * 1000) - 1000
            let text = try #require(try await look.command("GET", key).text)
            try await look.command(
                "SET", key,
                text.replacingOccurrences(
                    of: "\"ends_at\":\(end)", with: "\"ends_at\":\(past)"))
            try await look.command("ZADD", "tradermind:timers:sessions", "\(past)", id)
            try await scene.startNode()
            let admin = try await scene.client(.admin)
            try await GatewayScene.eventually("the session is over") {
                try await admin.session(id).status == .completed
            }
            #expect(try await admin.session(id).endReason == "TIME_LIMIT")
        }
    }

    @Test func `damage is quarantined and the rest is served`() async throws {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            let damaged = try await actors.session(.active)
            let wrongType = try await actors.session(.active)
            let sound = try await actors.session(.running)
            await scene.stopNodes()
            let look = try await SceneRedis(scene.redis)
            try await look.command("SET", "tradermind:sessions:\(damaged)", "{\"id\":")
            try await look.command("DEL", "tradermind:sessions:\(wrongType)")
            try await look.command("LPUSH", "tradermind:sessions:\(wrongType)", "x")
            try await look.command("DEL", "tradermind:index:sessions:RUNNING")
            try await look.command("SET", "tradermind:index:sessions:RUNNING", "x")
            try await look.command("DEL", "tradermind:timers:sessions")
            try await scene.startNode()
            let admin = try await scene.client(.admin)
            try await GatewayScene.eventually("the walk is over") {
                let found = try await look.command("HLEN", "tradermind:quarantine").integer ?? 0
                let running = try await admin.sessions(SessionListParams(status: .running))
                return found == 3 && running.sessions.map(\.id) == [sound]
            }
            for id in [damaged, wrongType] {
                let error = await refusal { _ = try await admin.session(id) }
                #expect(error?.code == .notFound)
            }
            let kept = try await look.command("GET", "tradermind:quarantine:sessions:\(damaged)")
            #expect(kept.text == "{\"id\":")
            try await GatewayScene.eventually("the walk is reported") {
                let report = try await admin.rebuildReport()
                return report.rebuilds.map(\.quarantined) == [3] && report.rebuilds[0].complete
                    && report.quarantinedCount == 3
                    && report.quarantined.contains { $0.key == "tradermind:sessions:\(damaged)" }
            }
            let user = try await scene.client(.user)
            #expect(await refusal { _ = try await user.rebuildReport() }?.code == .forbidden)
            try await admin.stopSession(SessionCommandParams(sessionID: sound))
            try await GatewayScene.eventually("nothing is left to repair") {
                try await look.repair().isEmpty
            }
        }
    }

    @Test func `the functions come back when Redis has lost them`() async throws {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            let look = try await SceneRedis(scene.redis)
            try await look.command("FUNCTION", "FLUSH")
            // At once, before any timer has noticed.
            _ = try await actors.create()
            scene.redis.kill()
            try await GatewayScene.eventually("the node is not ready") {
                !(scene.nodes[0].problems.isEmpty)
            }
            let lost = await refusal { _ = try await actors.create() }
            #expect(lost?.code == .unavailable && (lost?.retryAfterMilliseconds ?? 0) > 0)
            try scene.redis.start()
            try await GatewayScene.eventually("the node is ready") {
                scene.nodes[0].problems.isEmpty
            }
            _ = try await actors.create()
        }
    }

    @Test func `a newer library stays, an older one is replaced`() async throws {
        let redis = try PrivateRedisServer()
        let look = try await SceneRedis(redis)
        for (version, expected) in [(1_000_000, 1_000_000), (0, nil)] as [(Int, Int?)] {
            let text = String(decoding: SessionFunctionLibrary.source, as: UTF8.self)
                .replacing(
                    "local VERSION = \(SessionFunctionLibrary.version)",
                    with: "local VERSION = \(version)")
            try await look.command("FUNCTION", "LOAD", "REPLACE", text)
            try await GatewayScene.run(redis: redis) { _ in
                let found = try await look.command("FCALL_RO", "tradermind_version", "0").integer
                if let expected {
                    #expect(found == Int64(expected))
                } else {
                    #expect((found ?? 0) > Int64(version))
                }
            }
        }
    }
}
