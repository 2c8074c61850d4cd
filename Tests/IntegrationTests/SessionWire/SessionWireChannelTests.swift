import GatewayAPI
import GatewayClient
import GatewayServer
import RedisProtocol
import Security
import TestSupport
import Testing

@Suite(
    "Sessions over the wire: channels",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct SessionWireChannelTests {
    @Test func `a channel's place is the same on every node`() async throws {
        try await GatewayScene.run(nodeCount: 2) { scene in
            let actors = try await WireActors(scene)
            let id = try await actors.session(.running)
            let channel = "session:\(id)"
            var states: [ChannelState] = []
            for node in [0, 1, 0, 1] {
                let client = try await scene.client(.user, number: 3, node: node)
                states.append(try #require(try await client.subscribe(channel).first))
            }
            // created, started, running
            #expect(states.allSatisfy { $0.seq == 3 && $0.epoch == states[0].epoch })
            let known = StreamPosition(epoch: try #require(states[0].epoch), seq: 3)
            let back = try await scene.client(.user, number: 4, node: 1)
            let same = try await back.subscribe([
                ChannelSubscription(channel: channel, recover: known)
            ])
            #expect(same.first?.recovered == true)
            try await actors.admin.pauseSession(SessionCommandParams(sessionID: id))
            let late = try await scene.client(.user, number: 5, node: 0)
            let other = try await late.subscribe([
                ChannelSubscription(channel: channel, recover: known)
            ])
            #expect(other.first?.recovered == true && other.first?.seq == 4)
            #expect(other.first?.snapshot?.count == 1)
        }
    }

    @Test func `events of both nodes follow the place that was told`() async throws {
        try await GatewayScene.run(nodeCount: 2) { scene in
            let actors = try await WireActors(scene)
            let id = try await actors.session(.active)
            let remote = try await scene.client(.user, number: 3, node: 1)
            let log = EventLog(remote)
            let state = try #require(try await remote.subscribe("session:\(id)").first)
            #expect(state.seq == 2)
            try await actors.signal(id)
            try await actors.admin.pauseSession(SessionCommandParams(sessionID: id))
            let events = try await log.wait("two events") { $0.count == 2 }
            #expect(events.map(\.sequence) == [3, 4])
            #expect(log.gapCount == 0)
        }
    }

    @Test func `nothing is told as missing when the link was lost and nothing happened`()
        async throws
    {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            let look = try await SceneRedis(scene.redis)
            let id = try await actors.session(.active)
            let log = EventLog(actors.user)
            _ = try await actors.user.subscribe("session:\(id)")
            try await look.command("CLIENT", "KILL", "TYPE", "pubsub")
            try await GatewayScene.eventually("the channel is live again") {
                try await actors.user.subscriptions().first?.status == .stale
                    || !log.statuses.isEmpty
            }
            try await GatewayScene.eventually("the channel is live") {
                log.statuses.last == .feedResumed
            }
            #expect(log.gapCount == 0)
            try await actors.signal(id)
            let events = try await log.wait("the event") { !$0.isEmpty }
            #expect(events.map(\.sequence) == [3])
        }
    }

    @Test func `asking for places makes no keys`() async throws {
        try await GatewayScene.run { scene in
            let user = try await scene.client(.user)
            let look = try await SceneRedis(scene.redis)
            _ = try await user.subscribe("session:nobody", "ticks:R_1", "sessions")
            let keys = try await look.command("KEYS", "tradermind:channels:*").elements
            #expect(keys?.isEmpty == true)
        }
    }
}
