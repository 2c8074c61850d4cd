import GatewayServer
import Redis
import TestSupport
import Testing

/// What clients learn while Redis is away and when it comes back.
@Suite(
    "Outages of Redis", .timeLimit(.minutes(10)), .serialized,
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"))
struct OutageTests {
    @Test func `sockets stay open, stale is told at once, live with a new epoch later`()
        async throws
    {
        try await withGateway(hasRedis: true) { scene in
            let client = try scene.client()
            let before = try client.subscribe("ticks:R_100")
            try scene.publish("ticks:R_100", "1")
            #expect(try client.next().int("params.seq") == 1)
            scene.redis?.kill()
            let stale = try client.next(within: 3)
            #expect(stale.string("method") == "channel.status")
            #expect(stale.string("params.status") == "stale")
            #expect(stale.string("params.reason") == "feed_lost")
            #expect(stale.string("params.channels.0.channel") == "ticks:R_100")
            #expect(!stale.has("params.channels.0.epoch"))
            #expect(try client.call("ping").has("result"))
            #expect(
                try client.call("subscriptions").string("result.channels.0.status") == "stale")
            #expect(try scene.operate("/readyz").status == 503)
            try scene.redis?.start()
            let live = try client.next()
            #expect(live.string("params.status") == "live")
            #expect(live.string("params.reason") == "feed_restored")
            #expect(live.int("params.channels.0.seq") == 0)
            let epoch = live.string("params.channels.0.epoch")
            #expect(epoch != before.string("result.channels.0.epoch") && epoch != nil)
            try scene.publish("ticks:R_100", "2")
            let event = try client.next()
            #expect(event.int("params.seq") == 1 && event.int("params.data") == 2)
            try waitUntil("readiness") { try scene.operate("/readyz").status == 200 }
        }
    }

    @Test func `who subscribes during an outage is told when the channel is live`() async throws {
        try await withGateway(hasRedis: true) { configuration in
            configuration.limits.subscribeConfirmationDuration = .milliseconds(100)
        } _: { scene in
            scene.redis?.kill()
            let client = try scene.client()
            let answer = try client.subscribe("ticks:R_100")
            #expect(answer.string("result.channels.0.status") == "stale")
            try scene.redis?.start()
            let live = try client.next()
            #expect(live.string("method") == "channel.status")
            #expect(live.string("params.status") == "live")
            #expect(live.int("params.channels.0.seq") == 0)
            try scene.publish("ticks:R_100", "1")
            #expect(try client.next().int("params.seq") == 1)
        }
    }

    @Test func `an answer that waited for the end of an outage has the epoch of now`() async throws
    {
        try await withGateway(hasRedis: true) { configuration in
            configuration.limits.subscribeConfirmationDuration = .seconds(10)
        } _: { scene in
            let first = try scene.client()
            let old = try first.subscribe("system").string("result.channels.0.epoch") ?? ""
            try scene.publish("system", "1")
            _ = try first.next()
            scene.redis?.kill()
            #expect(try first.next().string("params.status") == "stale")
            let second = try scene.client()
            try second.socket.send(
                #"""
                {"jsonrpc":"2.0","id":"s","method":"subscribe","params":{"channels":[
                {"channel":"system","recover":{"epoch":"\#(old)","seq":1}},{"channel":"sessions"}]}}
                """#)
            // The request has been read before Redis is back.
            let answerToPing = try second.call("ping")
            #expect(answerToPing.has("result"))
            try scene.redis?.start()
            var answer = try second.next()
            var told: String?
            while answer.string("id") != "s" {
                told = answer.string("params.channels.0.epoch") ?? told
                answer = try second.next()
            }
            let epoch = try #require(answer.string("result.channels.0.epoch"))
            #expect(epoch != old, "what was published during the outage is lost")
            #expect(told == nil || told == epoch)
            #expect(answer.int("result.channels.0.seq") == 0)
            #expect(answer.bool("result.channels.0.recovered") == false)
            #expect(answer.string("result.channels.0.status") == "live")
            #expect(answer.string("result.channels.1.status") == "live")
            try scene.publish("system", "2")
            #expect(try second.next().int("params.seq") == 1)
        }
    }

    @Test(
        "What was published during an outage is told as lost, however soon the next event comes",
        arguments: [true, false])
    func lossBehindOutage(isNewEpoch: Bool) async throws {
        try await withGateway(hasRedis: true) { scene in
            let client = try scene.client()
            try client.subscribe("ticks:R_100")
            try scene.publish("ticks:R_100", "#e1:1 1")
            #expect(try client.next().string("params.channels.0.epoch") == "e1")
            #expect(try client.next().int("params.seq") == 1)
            // Events come without a pause from before the outage until long after it. Where the
            // channel is cannot be asked meanwhile, since the functions go again and again, so that
            // the first event is there before the answer.
            let epoch = isNewEpoch ? "e2" : "e1"
            let storm = PublicationStorm(
                at: try scene.redis.orThrow("a server").socketPath,
                first: "CLIENT KILL TYPE pubsub\r\n"
            ) { number in
                (number % 100 == 1 ? "FUNCTION DELETE tradermind\r\n" : "")
                    + "PUBLISH tradermind:events:ticks:R_100 \"#\(epoch):\(number + 1) 1\"\r\n"
            }
            defer { storm.stop() }
            #expect(try client.next().string("params.status") == "stale")
            let live = try client.next()
            try #require(live.string("params.reason") == "feed_restored")
            #expect(live.string("params.channels.0.epoch") == epoch)
            var sequence = try #require(live.int("params.channels.0.seq"))
            #expect(sequence > 1)
            for _ in 0..<100 {
                let event = try client.next()
                let before = event.int("params.prev_seq") ?? sequence
                try #require(event.string("method") == "event" && before == sequence)
                sequence = try #require(event.int("params.seq"))
                #expect(event.has("params.prev_seq") || sequence == before + 1)
            }
        }
    }

    @Test
    func `a Redis that stands still makes its channels stale, and they go on where they were`()
        async throws
    {
        try await withGateway(hasRedis: true) { configuration in
            // The link itself is not asked for a sign of life during the test.
            configuration.redisLimits.idleDuration = .seconds(600)
        } _: { scene in
            let client = try scene.client()
            _ = try scene.command("FCALL", "tradermind_publish", "0", "ticks:R_100", "0")
            let before = try client.subscribe("ticks:R_100")
            scene.redis?.suspend()
            let stale = try client.next(within: 60)
            #expect(stale.string("params.status") == "stale")
            #expect(stale.string("params.reason") == "feed_lost")
            let other = try scene.client()
            #expect(
                try other.subscribe("ticks:R_100").string("result.channels.0.status") == "stale")
            scene.redis?.resume()
            for client in [client, other] {
                let live = try client.next(within: 60)
                #expect(live.string("params.status") == "live")
                #expect(live.string("params.reason") == "feed_resumed")
                #expect(
                    live.string("params.channels.0.epoch")
                        == before.string("result.channels.0.epoch"))
            }
            _ = try scene.command("FCALL", "tradermind_publish", "0", "ticks:R_100", "1")
            #expect(try client.next().int("params.seq") == 2)
        }
    }

    @Test func `the count goes on whichever link to Redis comes back first`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let client = try scene.client()
            _ = try scene.command("FCALL", "tradermind_publish", "0", "ticks:R_100", "0")
            let before = try client.subscribe("ticks:R_100").string("result.channels.0.epoch")
            for _ in 0..<12 {
                let killer = try RawConnection(path: scene.redis.orThrow("a server").socketPath)
                try killer.send("CLIENT KILL TYPE pubsub\r\nCLIENT KILL TYPE normal\r\n")
                #expect(try client.next(within: 60).string("params.status") == "stale")
                let live = try client.next(within: 60)
                #expect(live.string("params.reason") == "feed_resumed")
                try #require(live.string("params.channels.0.epoch") == before)
            }
        }
    }

    @Test func `a Redis that takes no writes takes readiness`() async throws {
        try await withGateway(hasRedis: true) { scene in
            try scene.command("CONFIG", "SET", "min-replicas-to-write", "1")
            try waitUntil("unreadiness", within: 60) {
                let answer = try scene.operate("/readyz")
                return answer.status == 503
                    && answer.body.contains("redis refuses the steps of sessions")
            }
            try scene.command("CONFIG", "SET", "min-replicas-to-write", "0")
            try waitUntil("readiness", within: 60) { try scene.operate("/readyz").status == 200 }
        }
    }

    @Test func `a Redis that has become a replica takes readiness`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let client = try scene.client()
            _ = try client.subscribe("ticks:R_100")
            try scene.command("REPLICAOF", "127.0.0.1", "1")
            try waitUntil("unreadiness", within: 60) {
                try scene.operate("/readyz").status == 503
            }
            let answer = try client.call("session.list")
            #expect(answer.string("error.data.retry") == "later" || answer.has("error"))
            try scene.command("REPLICAOF", "NO", "ONE")
            try waitUntil("readiness", within: 60) { try scene.operate("/readyz").status == 200 }
        }
    }

    @Test func `a Redis that stands still takes readiness and not life`() async throws {
        try await withGateway(hasRedis: true) { scene in
            #expect(try scene.operate("/readyz").status == 200)
            scene.redis?.suspend()
            try waitUntil("unreadiness", within: 5) { try scene.operate("/readyz").status == 503 }
            let answer = try scene.operate("/readyz")
            #expect(answer.body.contains("redis does not deliver to 1 of 1 loops"))
            #expect(try scene.operate("/livez").status == 200)
            scene.redis?.resume()
            try waitUntil("readiness") { try scene.operate("/readyz").status == 200 }
        }
    }
}
