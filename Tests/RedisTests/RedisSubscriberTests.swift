import EventLoop
import Redis
import RedisProtocol
import TestSupport
import Testing

@Suite(
    "Subscriptions on a real Redis",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct RedisSubscriberTests {
    /// A subscriber and a connection to publish on, both ready.
    private func start(
        _ configuration: RedisConfiguration, _ loop: EventLoop, _ scene: LoopScene
    ) async throws -> (RedisSubscriber, RedisConnection) {
        let subscriber = RedisSubscriber(
            loop: loop, configuration: configuration, delegate: scene)
        subscriber.start()
        let connection = try await readyConnection(configuration, loop, scene)
        return (subscriber, connection)
    }

    private func publish(
        _ channel: String, _ payload: String, _ connection: RedisConnection
    ) async throws {
        _ = try await connection.command(RedisCommand("PUBLISH", channel, payload))
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("A channel is told live before its first message, and messages come in order")
    func messages() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let (subscriber, connection) = try await start(
                configuration(server.url), loop, scene)
            #expect(try subscriber.subscribe(bytes("a")) == false)
            try await scene.wait("live") { scene.liveBatches == [["a"]] }
            #expect(subscriber.isLive(bytes("a")))
            #expect(try subscriber.subscribe(bytes("a")))
            for index in 0..<5 { try await publish("a", "\(index)", connection) }
            try await publish("b", "not wanted", connection)
            try await publish("a", "", connection)
            try await scene.wait("six messages") { scene.messages.count == 6 }
            #expect(scene.messages.map(\.payload) == ["0", "1", "2", "3", "4", ""])
            #expect(scene.messages.allSatisfy { $0.channel == "a" })
            #expect(subscriber.counters.messageCount == 6)
            subscriber.close()
            #expect(scene.losses == [.closed])
            connection.close()
        }
    }

    @Test("Wishes of one turn go out together, and what cancels itself out is never written")
    func coalescing() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let (subscriber, connection) = try await start(
                configuration(server.url), loop, scene)
            for index in 0..<300 { try subscriber.subscribe(bytes("c\(index)")) }
            try subscriber.subscribe(bytes("gone"))
            subscriber.unsubscribe(bytes("gone"))
            try await scene.wait("all live") { subscriber.liveChannelCount == 300 }
            #expect(subscriber.counters.commandCount == 1)
            #expect(Set(scene.liveBatches.flatMap { $0 }).count == 300)
            subscriber.unsubscribe(bytes("c0"))
            #expect(try subscriber.subscribe(bytes("c0")))
            try await publish("c0", "still", connection)
            try await scene.wait("message") { scene.messages.count == 1 }
            #expect(subscriber.counters.commandCount == 1)
            let channels = try await connection.command(RedisCommand("PUBSUB", "CHANNELS"))
            #expect(channels.elements?.count == 300)
            subscriber.close()
            connection.close()
        }
    }

    @Test("A channel that was left gives no messages; Redis no longer knows of it")
    func unsubscribing() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let (subscriber, connection) = try await start(
                configuration(server.url), loop, scene)
            try subscriber.subscribe(bytes("a"))
            try subscriber.subscribe(bytes("b"))
            try await scene.wait("live") { subscriber.liveChannelCount == 2 }
            subscriber.unsubscribe(bytes("a"))
            #expect(!subscriber.isLive(bytes("a")))
            #expect(subscriber.channelCount == 1)
            try await scene.poll("no subscriber of a") {
                let reply = try await connection.command(RedisCommand("PUBSUB", "NUMSUB", "a"))
                return reply.elements?.last?.integer == 0
            }
            try await publish("a", "1", connection)
            try await publish("b", "2", connection)
            try await scene.wait("message of b") { !scene.messages.isEmpty }
            #expect(scene.messages.map(\.payload) == ["2"])
            // Left and wanted again across turns: live once Redis has confirmed it anew.
            #expect(try subscriber.subscribe(bytes("a")) == false)
            try await scene.wait("live again") { subscriber.isLive(bytes("a")) }
            #expect(scene.liveBatches.last == ["a"])
            subscriber.close()
            connection.close()
        }
    }

    @Test("After a restart of Redis everything is subscribed again and messages flow")
    func restart() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let (subscriber, connection) = try await start(
                configuration(server.url) { $0.channelsPerCommandMax = 10 }, loop, scene)
            for index in 0..<100 { try subscriber.subscribe(bytes("c\(index)")) }
            try await scene.wait("live") { subscriber.liveChannelCount == 100 }
            for round in 1...2 {
                server.kill()
                try await scene.wait("loss") { scene.losses.count == round }
                #expect(subscriber.liveChannelCount == 0)
                #expect(!subscriber.isLive(bytes("c7")))
                // What is wished while the link is down counts as well.
                subscriber.unsubscribe(bytes("c\(round)"))
                try subscriber.subscribe(bytes("new\(round)"))
                try server.start()
                try await scene.wait("live again") { subscriber.liveChannelCount == 100 }
                try await scene.wait("connection") { connection.state == .ready }
                try await publish("new\(round)", "back", connection)
                try await publish("c99", "back", connection)
                try await scene.wait("messages") { scene.messages.count == round * 2 }
                let channels = try await connection.command(RedisCommand("PUBSUB", "CHANNELS"))
                #expect(channels.elements?.count == 100)
            }
            #expect(subscriber.counters.readyCount == 3)
            #expect(subscriber.counters.lossCount == 2)
            subscriber.close()
            connection.close()
        }
    }

    @Test("A silent Redis is told as lost within the deadline, and comes back")
    func silentServer() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let (subscriber, connection) = try await start(
                configuration(server.url) {
                    $0.idleDuration = .milliseconds(50)
                    $0.pongDuration = .milliseconds(100)
                }, loop, scene)
            try subscriber.subscribe(bytes("a"))
            try await scene.wait("live") { subscriber.isLive(bytes("a")) }
            server.suspend()
            let began = MonotonicTime.current()
            try await scene.wait("loss") { scene.losses == [.unresponsive] }
            #expect(MonotonicTime.current() < began.advanced(by: .seconds(5)))
            server.resume()
            try await scene.wait("live again") { subscriber.isLive(bytes("a")) }
            subscriber.close()
            connection.close()
        }
    }

    @Test("Signs of life are taken in both their forms: subscribed and not")
    func pongs() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let (subscriber, connection) = try await start(
                configuration(server.url) { $0.idleDuration = .milliseconds(5) }, loop, scene)
            for isSubscribed in [false, true] {
                if isSubscribed { try subscriber.subscribe(bytes("a")) }
                let before = try await pingCount(connection)
                #expect(before > 0)
                try await scene.poll("five PINGs") {
                    try await pingCount(connection) >= before + 5
                }
                #expect(subscriber.state == .ready)
            }
            #expect(scene.losses.isEmpty)
            #expect(subscriber.counters.readyCount == 1)
            subscriber.close()
            connection.close()
        }
    }

    /// PINGs that Redis has had so far.
    private func pingCount(_ connection: RedisConnection) async throws -> Int {
        let text = try await connection.command(RedisCommand("INFO", "commandstats")).text ?? ""
        let line = text.split(whereSeparator: \.isNewline).first { $0.contains("cmdstat_ping:") }
        let number = line?.split(separator: ",").first?.split(separator: "=").last
        return number.flatMap { Int($0) } ?? 0
    }

    @Test("Many channels are subscribed in bounded steps")
    func manyChannels() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let (subscriber, connection) = try await start(
                configuration(server.url) {
                    $0.unconfirmedChannelCountMax = 100
                    $0.channelsPerCommandMax = 32
                    $0.channelCountMax = 3000
                }, loop, scene)
            for index in 0..<3000 { try subscriber.subscribe(bytes("c\(index)")) }
            #expect(throws: RedisError.overloaded) { try subscriber.subscribe(bytes("one more")) }
            try await scene.wait("all live") { subscriber.liveChannelCount == 3000 }
            let channels = try await connection.command(RedisCommand("PUBSUB", "CHANNELS"))
            #expect(channels.elements?.count == 3000)
            subscriber.close()
            connection.close()
        }
    }

    @Test("Names of channels are bounded: none, just so long, one more")
    func channelNames() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let (subscriber, connection) = try await start(
                configuration(server.url) { $0.channelByteCountMax = 8 }, loop, scene)
            #expect(throws: RedisError.overloaded) { try subscriber.subscribe([]) }
            #expect(throws: RedisError.overloaded) {
                try subscriber.subscribe([UInt8](repeating: 1, count: 9))
            }
            try subscriber.subscribe([UInt8](repeating: 1, count: 8))
            try await scene.wait("live") { subscriber.liveChannelCount == 1 }
            subscriber.close()
            connection.close()
        }
    }

    @Test("A burst of messages arrives whole and in order")
    func burst() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let (subscriber, connection) = try await start(
                configuration(server.url), loop, scene)
            try subscriber.subscribe(bytes("a"))
            try await scene.wait("live") { subscriber.isLive(bytes("a")) }
            let padding = String(repeating: "x", count: 120)
            for index in 0..<10_000 {
                connection.send(RedisCommand("PUBLISH", "a", "\(padding)\(index)")) { _ in }
            }
            try await scene.wait("10 000 messages") { scene.messages.count == 10_000 }
            #expect(scene.messages.map(\.payload) == (0..<10_000).map { "\(padding)\($0)" })
            subscriber.close()
            connection.close()
        }
    }

    @Test("A message beyond the bound costs the link, which comes back without it")
    func hugeMessage() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let (subscriber, connection) = try await start(
                configuration(server.url) { $0.reply = RESPLimits(replyByteCountMax: 5000) },
                loop, scene)
            try subscriber.subscribe(bytes("a"))
            try await scene.wait("live") { subscriber.isLive(bytes("a")) }
            try await publish("a", String(repeating: "x", count: 100_000), connection)
            let reason = RedisLinkFailure.protocolViolation(.replyTooLarge(byteCountMax: 5000))
            try await scene.wait("loss") { scene.losses == [reason] }
            try await scene.wait("live again") { subscriber.isLive(bytes("a")) }
            try await publish("a", "small", connection)
            try await scene.wait("message") { scene.messages.map(\.payload) == ["small"] }
            subscriber.close()
            connection.close()
        }
    }

    @Test("A subscription that Redis refuses is told with its code")
    func refusedSubscription() async throws {
        let server = try PrivateRedisServer.onTCP(arguments: [
            "--user", "bot", "on", ">secret", "~*", "resetchannels", "+@all",
        ])
        let port = try #require(server.port)
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let (subscriber, connection) = try await start(
                configuration("redis://bot:secret@127.0.0.1:\(port)"), loop, scene)
            try subscriber.subscribe(bytes("a"))
            try await scene.wait("loss") {
                scene.losses.contains(.subscriptionRefused(code: "NOPERM"))
            }
            #expect(subscriber.liveChannelCount == 0)
            subscriber.close()
            connection.close()
        }
    }
}

@Suite(
    "Proof of delivery",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct RedisDeliveryProbeTests {
    @Test("The probe tells of delivery, its loss and its return, and measures the round trip")
    func delivery() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let configuration = try configuration(server.url)
            let subscriber = RedisSubscriber(
                loop: loop, configuration: configuration, delegate: scene)
            let pool = RedisPool(loop: loop, configuration: configuration, delegate: scene)
            let probe = RedisDeliveryProbe(
                subscriber: subscriber, publisher: pool, channel: Array("health".utf8),
                interval: .milliseconds(5), deadline: .milliseconds(200)
            ) { scene.note(isDelivering: $0) }
            #expect(!probe.isDelivering)
            subscriber.start()
            pool.start()
            try probe.start()
            try await scene.wait("delivery") { scene.deliveries == [true] }
            #expect(probe.isDelivering)
            #expect(try #require(probe.roundTrip) < .seconds(5))
            server.kill()
            try await scene.wait("no delivery") { scene.deliveries == [true, false] }
            #expect(!probe.isDelivering)
            try server.start()
            try await scene.wait("delivery again") { scene.deliveries == [true, false, true] }
            #expect(scene.messages.isEmpty)
            probe.stop()
            subscriber.close()
            pool.close()
        }
    }

    @Test("A link on which nothing arrives that Redis has taken is given up")
    func deadLink() async throws {
        let server = try PrivateRedisServer()
        // Where the numbers go: nobody there hands them on, as after a failover.
        let other = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let subscriber = RedisSubscriber(
                loop: loop, configuration: try configuration(server.url), delegate: scene)
            let pool = RedisPool(loop: loop, configuration: try configuration(other.url))
            var overdueCount = 0
            let probe = RedisDeliveryProbe(
                subscriber: subscriber, publisher: pool, channel: Array("health".utf8),
                interval: .milliseconds(5), deadline: .milliseconds(60),
                overdue: { overdueCount += 1 }
            ) { scene.note(isDelivering: $0) }
            try subscriber.subscribe(Array("news".utf8))
            subscriber.start()
            pool.start()
            try probe.start()
            try await scene.wait("another link") { scene.losses.count == 2 }
            #expect(scene.losses == [.unresponsive, .unresponsive])
            #expect(overdueCount >= 4)
            try await scene.wait("the channel is live again") {
                scene.liveBatches.count { $0.contains("news") } == 3
            }
            probe.stop()
            subscriber.close()
            pool.close()
        }
    }

    @Test("A Redis that answers no more is told by the number that does not arrive")
    func deadline() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let configuration = try configuration(server.url)
            let subscriber = RedisSubscriber(
                loop: loop, configuration: configuration, delegate: scene)
            let pool = RedisPool(loop: loop, configuration: configuration)
            let probe = RedisDeliveryProbe(
                subscriber: subscriber, publisher: pool, channel: Array("health".utf8),
                interval: .milliseconds(5), deadline: .milliseconds(60)
            ) { scene.note(isDelivering: $0) }
            subscriber.start()
            pool.start()
            try probe.start()
            try await scene.wait("delivery") { scene.deliveries == [true] }
            server.suspend()
            try await scene.wait("no delivery") { scene.deliveries.last == false }
            #expect(scene.losses.isEmpty)
            server.resume()
            try await scene.wait("delivery again") { scene.deliveries.last == true }
            probe.stop()
            subscriber.close()
            pool.close()
        }
    }
}

@Suite(
    "Pools of connections",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct RedisPoolTests {
    @Test("Commands go to the connection with the fewest in flight")
    func leastLoaded() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let pool = RedisPool(
                loop: loop, configuration: try configuration(server.url), connectionCount: 2,
                delegate: scene)
            pool.start()
            try await scene.wait("one ready") { !scene.readiness.isEmpty }
            try await scene.poll("both ready") {
                _ = try await pool.command(RedisCommand("PING"))
                return pool.states == [.ready, .ready]
            }
            var results = 0
            pool.send(RedisCommand("BLPOP", "list", "0")) { _ in
                results += 1
                scene.look()
            }
            for _ in 0..<20 {
                #expect(try await pool.command(RedisCommand("PING")).text == "PONG")
            }
            #expect(pool.inFlightCount == 1)
            _ = try await pool.command(RedisCommand("LPUSH", "list", "x"))
            try await scene.wait("BLPOP") { results == 1 }
            #expect(pool.counters.commandCount >= 22)
            pool.close()
        }
    }

    @Test("Readiness is told when the first connection comes and when the last one goes")
    func readiness() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let pool = RedisPool(
                loop: loop, configuration: try configuration(server.url), connectionCount: 2,
                delegate: scene)
            #expect(!pool.isReady)
            var result: Result<RESPValue, RedisError>?
            pool.send(RedisCommand("PING")) { result = $0 }
            #expect(result == .failure(.unavailable))
            pool.start()
            try await scene.wait("ready") { scene.readiness.count == 1 }
            #expect(scene.readiness[0].isReady && scene.readiness[0].reason == nil)
            server.kill()
            try await scene.wait("not ready") { scene.readiness.count == 2 }
            #expect(!scene.readiness[1].isReady && scene.readiness[1].reason != nil)
            try server.start()
            try await scene.wait("ready again") { scene.readiness.count == 3 }
            #expect(pool.isReady)
            pool.close()
            #expect(scene.readiness.last?.reason == .closed)
        }
    }
}
