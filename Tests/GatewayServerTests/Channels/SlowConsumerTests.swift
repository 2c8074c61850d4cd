import Streams
import GatewayServer
import TestSupport
import Testing

/// Clients that do not read, and what becomes of them and of the others.
@Suite(
    "Slow consumers over sockets", .timeLimit(.minutes(10)), .serialized,
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"))
struct SlowConsumerTests {
    /// Large enough that a few hundred fill the buffers of the kernel.
    static func payload(_ number: Int) -> String {
        #"{"n":\#(number),"x":"\#(String(repeating: "x", count: 16_000))"}"#
    }

    /// A client whose kernel buffers little, subscribed with a policy.
    static func slowClient(_ scene: GatewayScene, _ policy: String) throws -> SceneClient {
        let client = try scene.client(receiveBufferByteCount: 4096)
        try client.subscribe("ticks:SLOW", #","policy":"\#(policy)""#)
        return client
    }

    /// Publishes many events while a fast client reads each of them.
    static func publish(_ count: Int, _ scene: GatewayScene, fast: SceneClient) throws {
        for number in 1...count {
            try scene.publish("ticks:SLOW", payload(number))
            #expect(try fast.next().int("params.seq") == number)
        }
    }

    @Test(
        "who reads again gets the newest, and learns what was left out",
        arguments: [("merge", "merged"), ("drop_oldest", "dropped")])
    func catchUp(policy: String, mark: String) async throws {
        try await withGateway(hasRedis: true) { scene in
            let slow = try Self.slowClient(scene, policy)
            let fast = try scene.client()
            try fast.subscribe("ticks:SLOW")
            try Self.publish(600, scene, fast: fast)
            var last = 0
            var left = 0
            while last < 600 {
                let event = try slow.next()
                let sequence = try #require(event.int("params.seq"))
                #expect(event.int("params.data.n") == sequence)
                let skipped = event.int("params.\(mark)") ?? 0
                #expect(sequence == last + 1 + skipped)
                if skipped > 0 { #expect(event.int("params.prev_seq") == last) }
                last = sequence
                left += skipped
            }
            #expect(left > 0)
            let counted = try scene.metric("tradermind_\(mark)_events_total")
            #expect(counted == left)
            let stats = try slow.call("connection.stats")
            #expect(stats.int("result.events_\(mark)") == left)
        }
    }

    @Test(
        "who overflows is closed with 4006, and the others are not held up",
        arguments: ["close", "buffer"])
    func overflow(policy: String) async throws {
        try await withGateway(hasRedis: true) { configuration in
            configuration.streamLimits.pendingEventsUnderBuffer = 20
        } _: { scene in
            let slow = try Self.slowClient(scene, policy)
            let fast = try scene.client()
            try fast.subscribe("ticks:SLOW")
            try Self.publish(600, scene, fast: fast)
            try waitUntil("the close") { try scene.metric("tradermind_slow_consumers_total") == 1 }
            let close = try slow.close()
            #expect(close.closeCode == 4006 && close.closeReason == "buffer_overflow")
            #expect(try scene.operate("/metrics").body.contains(#"closes_total{code="4006"} 1"#))
        }
    }

    @Test func `a buffered subscription that meets the bound of bytes is closed with 4006`()
        async throws
    {
        try await withGateway(hasRedis: true) { configuration in
            configuration.streamLimits.queuedByteCountPerConnection = 300_000
        } _: { scene in
            let slow = try Self.slowClient(scene, "buffer")
            let fast = try scene.client()
            try fast.subscribe("ticks:SLOW")
            try Self.publish(600, scene, fast: fast)
            try waitUntil("the close") { try scene.metric("tradermind_slow_consumers_total") == 1 }
            let close = try slow.close()
            #expect(close.closeCode == 4006 && close.closeReason == "buffer_overflow")
        }
    }

    @Test func `who never reads again is cut off, and the others are not held up`() async throws {
        try await withGateway(hasRedis: true) { configuration in
            configuration.limits.closeDuration = .milliseconds(200)
        } _: { scene in
            let slow = try Self.slowClient(scene, "close")
            let fast = try scene.client()
            try fast.subscribe("ticks:SLOW")
            try Self.publish(600, scene, fast: fast)
            try waitUntil("the end") { try scene.metric("tradermind_connections") == 1 }
            #expect(try fast.call("ping").has("result"))
            slow.socket.connection.close()
        }
    }

    @Test func `a request that waits while reading is paused is not carried out by a reset`()
        async throws
    {
        try await withGateway { configuration in
            configuration.limits.messagesPerSecond = 0
            configuration.limits.readPauseQueuedByteCount = 1
        } _: { scene in
            let client = try scene.client(receiveBufferByteCount: 4096)
            func count(_ name: String) throws -> Int { try scene.metric(name) ?? 0 }
            // Reading pauses with each answer until it is written, and so for good at the last.
            var number = 0
            while try count("tradermind_blocked_flushes_total") == 0 {
                number += 1
                try client.socket.send(#"{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}"#)
                try waitUntil("the request") {
                    try count(#"tradermind_requests_total{method="rpc.discover"}"#) == number
                }
            }
            try client.socket.send(#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#)
            client.socket.connection.reset()
            try waitUntil("the end") { try scene.metric("tradermind_connections") == 0 }
            let body = try scene.operate("/metrics").body
            #expect(body.contains(#"tradermind_closes_total{code="1006"} 1"#))
            #expect(!body.contains(#"requests_total{method="ping"}"#))
        }
    }

    @Test func `who does not read answers cannot ask for more`() async throws {
        try await withGateway { configuration in
            configuration.limits.messagesPerSecond = 0
            configuration.limits.stalledWriteDuration = .seconds(1)
        } _: { scene in
            let client = try scene.client(receiveBufferByteCount: 4096)
            let requests = Array(
                (0..<40).map { id in
                    RawWebSocket.frame(
                        RawWebSocket.text,
                        Array(#"{"jsonrpc":"2.0","id":\#(id),"method":"rpc.discover"}"#.utf8))
                }.joined())
            try client.socket.connection.send(requests)
            // It holds a bounded part of what was asked for, then cuts the client off.
            try waitUntil("the end") { try scene.metric("tradermind_connections") == 0 }
            let body = try scene.operate("/metrics").body
            #expect(body.contains(#"tradermind_closes_total{code="4000"} 1"#))
        }
    }
}
