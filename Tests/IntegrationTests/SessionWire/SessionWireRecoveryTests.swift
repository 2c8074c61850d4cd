import Foundation
import GatewayAPI
import GatewayClient
import GatewayServer
import RedisProtocol
import Security
import TestSupport
import Testing

@Suite(
    "Sessions over the wire: snapshots and recovery",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct SessionWireRecoveryTests {
    private static let market = "ticks:R_100"

    /// Publishes numbers on a channel, through the function that keeps them.
    private func publish(
        _ numbers: ClosedRange<Int>, on channel: String = market, _ redis: SceneRedis
    ) async throws {
        for number in numbers {
            try await redis.command("FCALL", "tradermind_publish", "0", channel, "\(number)")
        }
    }

    private func numbers(_ state: ChannelState) -> [Int] {
        (state.snapshot ?? []).compactMap { Int(String(decoding: $0.bytes, as: UTF8.self)) }
    }

    @Test func `a newcomer gets the newest tick with its answer, and the next one behind it`()
        async throws
    {
        try await GatewayScene.run { scene in
            let redis = try await SceneRedis(scene.redis)
            try await publish(1...3, redis)
            let client = try await scene.client(.user)
            let log = EventLog(client)
            let state = try #require(try await client.subscribe(Self.market).first)
            #expect(state.seq == 3 && state.recovered == nil)
            #expect(numbers(state) == [3])
            try await publish(4...4, redis)
            let events = try await log.wait("the tick") { !$0.isEmpty }
            #expect(events.map(\.text) == ["4"] && events.map(\.sequence) == [4])
        }
    }

    @Test func `the newest event of a session holds the session`() async throws {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            let id = try await actors.session(.running)
            let state = try #require(try await actors.user.subscribe("session:\(id)").first)
            let text = String(
                decoding: try #require(state.snapshot?.first).bytes, as: UTF8.self)
            #expect(state.snapshot?.count == 1)
            #expect(text.contains(#""status":"RUNNING""#) && text.contains(id))
        }
    }

    @Test(
        "What is no state, and what nobody has published, has no snapshot",
        arguments: ["system", "sessions", "ticks:R_25"])
    func noSnapshot(channel: String) async throws {
        try await GatewayScene.run { scene in
            let redis = try await SceneRedis(scene.redis)
            if !channel.hasPrefix("ticks") { try await publish(1...1, on: channel, redis) }
            let client = try await scene.client(.admin)
            let state = try #require(try await client.subscribe(channel).first)
            #expect(state.snapshot == nil && state.status == .live)
        }
    }

    @Test(
        "What is recovered follows the position asked for, or nothing is",
        arguments: [
            (0, false), (1, false), (2, false), (19, false), (20, true), (21, true), (119, true),
            (120, true), (121, false),
        ])
    func recovered(position: Int, isWhole: Bool) async throws {
        // The functions keep the last hundred.
        try await GatewayScene.run { scene in
            let redis = try await SceneRedis(scene.redis)
            try await publish(1...120, redis)
            let client = try await scene.client(.user)
            let epoch = try #require(try await client.subscribe(Self.market).first?.epoch)
            let other = try await scene.client(.user, number: 1)
            let state = try #require(
                try await other.subscribe([
                    ChannelSubscription(
                        channel: Self.market,
                        recover: StreamPosition(epoch: epoch, seq: Int64(position)))
                ]).first)
            #expect(state.recovered == isWhole && state.seq == 120)
            #expect(numbers(state) == (isWhole ? Array(position + 1..<121) : [120]))
            let stranger = try #require(
                try await other.subscribe([
                    ChannelSubscription(
                        channel: Self.market, recover: StreamPosition(epoch: "x", seq: 119))
                ]).first)
            #expect(stranger.recovered == false)
        }
    }

    @Test func `a crowd that comes back reads each channel a few times only`() async throws {
        try await GatewayScene.run { scene in
            let redis = try await SceneRedis(scene.redis)
            try await publish(1...10, redis)
            let first = try await scene.client(.user)
            let epoch = try #require(try await first.subscribe(Self.market).first?.epoch)
            let position = StreamPosition(epoch: epoch, seq: 4)
            let clients = try await withThrowingTaskGroup(of: GatewayClient.self) { group in
                for number in 1...40 {
                    group.addTask { try await scene.client(.user, number: UInt64(number)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let before = try await reads(redis)
            // All at once: their requests wait while Redis does.
            try await redis.command("CLIENT", "PAUSE", "500")
            let states = try await withThrowingTaskGroup(of: ChannelState?.self) { group in
                for client in clients {
                    group.addTask {
                        try await client.subscribe([
                            ChannelSubscription(channel: Self.market, recover: position)
                        ]).first
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }.compactMap(\.self)
            }
            #expect(states.count == 40)
            #expect(states.allSatisfy { numbers($0) == Array(5...10) })
            // Two loops, and not one for each client.
            #expect(try await reads(redis) - before <= 20)
        }
    }

    /// How often a history was read.
    private func reads(_ redis: SceneRedis) async throws -> Int {
        let text = try await redis.command("INFO", "commandstats").text ?? ""
        let line = text.split(separator: "\r\n").first { $0.contains("cmdstat_lrange:") }
        let calls = line?.split(separator: "=").dropFirst().first?.prefix { $0.isNumber }
        return calls.flatMap { Int($0) } ?? 0
    }

    @Test func `between what is recovered and what follows nothing is missing or comes twice`()
        async throws
    {
        // However slow the machine is, no answer goes out before the history has been read.
        try await GatewayScene.run(
            nodeCount: 2, configure: { $0.limits.subscribeConfirmationDuration = .seconds(30) }
        ) { scene in
            let redis = try await SceneRedis(scene.redis)
            try await publish(1...1, redis)
            let first = try await scene.client(.user)
            let epoch = try #require(try await first.subscribe(Self.market).first?.epoch)
            // So fast that every answer falls between events.
            let publisher = Task {
                var number = 2
                while !Task.isCancelled {
                    try await publish(number...number, redis)
                    number += 1
                }
            }
            defer { publisher.cancel() }
            var recoveredCount = 0
            for round in 0..<60 where try await follow(epoch, scene, round, redis) {
                recoveredCount += 1
            }
            #expect(recoveredCount > 20)
            publisher.cancel()
            try await publisher.value
        }
    }

    /// Subscribes behind the present place, and follows for a while.
    ///
    /// - Returns: whether what was missed could be had: the functions keep a hundred events.
    private func follow(
        _ epoch: String, _ scene: GatewayScene, _ round: Int, _ redis: SceneRedis
    ) async throws -> Bool {
        let client = try await scene.client(
            .user, number: UInt64(round + 10), node: round % 2)
        let log = EventLog(client)
        let reply = try await redis.command(
            "FCALL_RO", "tradermind_history", "0", Self.market, "", "", "1")
        let known = max(1, (reply.elements?[2].integer ?? 1) - Int64(round % 30))
        let state = try #require(
            try await client.subscribe([
                ChannelSubscription(
                    channel: Self.market, policy: .buffer,
                    recover: StreamPosition(epoch: epoch, seq: known))
            ]).first)
        let newest = Int(try #require(state.seq))
        let isRecovered = state.recovered == true
        #expect(isRecovered || newest - Int(known) > 100)
        let first = isRecovered ? Int(known) + 1 : newest + 1
        #expect(numbers(state) == (isRecovered ? Array(first..<newest + 1) : [newest]))
        // The client tells what was recovered as events, in front of those that follow.
        let events = try await log.wait("events behind the answer") { events in
            events.count >= newest - first + 6
        }
        #expect(events.map(\.text) == events.indices.map { "\(first + $0)" })
        #expect(log.gapCount == 0)
        await client.close()
        return isRecovered
    }
}
