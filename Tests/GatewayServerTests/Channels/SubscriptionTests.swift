import Streams
import GatewayServer
import TestSupport
import Testing

/// `subscribe` and what follows, with a real Redis.
@Suite(
    "Channels over Redis", .timeLimit(.minutes(10)),
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"))
struct SubscriptionTests {
    @Test func `events come in order with seq 1, 2, 3 behind the answer`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let client = try scene.client()
            let state = try client.subscribe("ticks:R_100")
            #expect(state.string("result.channels.0.status") == "live")
            #expect(state.string("result.channels.0.policy") == "merge")
            #expect(state.int("result.channels.0.seq") == 0)
            #expect(state.has("result.channels.0.epoch"))
            for number in 1...100 { try scene.publish("ticks:R_100", #"{"n":\#(number)}"#) }
            for number in 1...100 {
                let event = try client.next()
                #expect(event.string("method") == "event")
                #expect(event.string("params.channel") == "ticks:R_100")
                #expect(event.int("params.seq") == number)
                #expect(event.int("params.data.n") == number)
            }
        }
    }

    @Test func `a payload goes through byte for byte`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let client = try scene.client()
            try client.subscribe("system")
            let payload = #"{"a":1.50, "b":"\u00e9 é", "c":[1e5,-0.0]}"#
            try scene.publish("system", payload)
            #expect(try client.next().text.hasSuffix(#""seq":1,"data":\#(payload)}}"#))
        }
    }

    @Test func `clients on two loops get the same events, one feed for each loop`() async throws {
        try await withGateway(loops: 2, hasRedis: true) { scene in
            // The kernel spreads connections by their ports: so many meet both loops.
            let clients = try (0..<24).map { _ in try scene.client() }
            for client in clients { try client.subscribe("ticks:R_50") }
            #expect(try scene.publish("ticks:R_50", #"{"n":1}"#) == 2, "one feed per loop")
            try scene.publish("ticks:R_50", #"{"n":2}"#)
            for client in clients {
                for number in 1...2 {
                    let event = try client.next()
                    #expect(event.int("params.data.n") == number)
                }
            }
            #expect(try scene.metric("tradermind_subscriptions") == 24)
            #expect(try scene.metric("tradermind_channels") == 2)
        }
    }

    @Test func `subscribing again answers with the present state and delivers once`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let client = try scene.client()
            try client.subscribe("ticks:R_10")
            try scene.publish("ticks:R_10", "1")
            #expect(try client.next().int("params.seq") == 1)
            let again = try client.subscribe("ticks:R_10", #","policy":"drop_oldest","max_rate":7"#)
            #expect(again.int("result.channels.0.seq") == 1)
            #expect(again.string("result.channels.0.policy") == "drop_oldest")
            #expect(again.int("result.channels.0.max_rate") == 7)
            try scene.publish("ticks:R_10", "2")
            try scene.publish("system", "0")
            #expect(try client.next().int("params.seq") == 2)
            let list = try client.call("subscriptions")
            #expect(list.string("result.channels.0.channel") == "ticks:R_10")
            #expect(list.string("result.channels.0.policy") == "drop_oldest")
            #expect(list.int("result.channels.0.seq") == 2 && !list.has("result.channels.1"))
        }
    }

    @Test func `a plain event takes no number of a publisher that counts itself`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let client = try scene.client()
            try client.subscribe("ticks:R_10")
            try scene.publish("ticks:R_10", #"#e1:7 {"n":1}"#)
            #expect(try client.next().string("params.channels.0.epoch") == "e1")
            #expect(try client.next().int("params.seq") == 7)
            try scene.publish("ticks:R_10", #"{"n":2}"#)
            let own = try client.next()
            #expect(own.string("params.status") == "live")
            #expect(own.string("params.reason") == "feed_resumed")
            #expect(own.string("params.channels.0.epoch") != "e1")
            #expect(own.int("params.channels.0.seq") == 0)
            #expect(try client.next().int("params.seq") == 1)
            try scene.publish("ticks:R_10", #"{"n":3}"#)
            #expect(try client.next().int("params.seq") == 2)
            try scene.publish("ticks:R_10", #"#e1:8 {"n":4}"#)
            let back = try client.next()
            #expect(back.string("params.channels.0.epoch") == "e1")
            #expect(back.int("params.channels.0.seq") == 7)
            let event = try client.next()
            #expect(event.int("params.seq") == 8 && event.int("params.data.n") == 4)
        }
    }

    @Test func `subscribing again tells no place in front of what the rate holds back`()
        async throws
    {
        try await withGateway(hasRedis: true) { scene in
            let client = try scene.client()
            try client.subscribe("ticks:R_10", #","max_rate":1"#)
            for number in 1...3 { try scene.publish("ticks:R_10", "\(number)") }
            #expect(try client.next().int("params.seq") == 1)
            let params = #"{"channels":[{"channel":"ticks:R_10","max_rate":1}]}"#
            var message = try client.exchange(
                #"{"jsonrpc":"2.0","id":"again","method":"subscribe","params":\#(params)}"#)
            // Nearly always one event for two, held back since the first: a slow machine may have
            // sent it before, or not have it yet.
            var last = 1
            while message.string("id") != "again" {
                #expect(message.int("params.prev_seq") ?? last == last)
                last = try #require(message.int("params.seq"))
                message = try client.next()
            }
            #expect(message.int("result.channels.0.seq") == last)
        }
    }

    @Test func `a channel that has both counts is answered at once`() async throws {
        try await withGateway(hasRedis: true) { configuration in
            configuration.limits.subscribeConfirmationDuration = .seconds(60)
        } _: { scene in
            let client = try scene.client()
            try scene.command("FCALL", "tradermind_publish", "0", "ticks:R_10", "1")
            #expect(try client.subscribe("ticks:R_10").int("result.channels.0.seq") == 1)
            try scene.publish("ticks:R_10", "2")
            let other = try scene.client()
            let state = try other.subscribe("ticks:R_10")
            #expect(state.int("result.channels.0.seq") == 1)
            #expect(state.string("result.channels.0.epoch")?.contains(".") == true)
        }
    }

    @Test func `unsubscribing ends the events and leaves the feed`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let client = try scene.client()
            try client.subscribe("ticks:R_10")
            try client.subscribe("system")
            let ended = try client.call("unsubscribe", #"{"channels":["ticks:R_10","sessions"]}"#)
            #expect(ended.string("result.channels.0") == "ticks:R_10")
            #expect(!ended.has("result.channels.1"), "only what was subscribed")
            try waitUntil("leaving") { try scene.publish("ticks:R_10", "1") == 0 }
            try scene.publish("system", "2")
            #expect(try client.next().string("params.channel") == "system")
            client.socket.connection.close()
            try waitUntil("leaving") { try scene.publish("system", "1") == 0 }
            #expect(try scene.metric("tradermind_channels") == 0)
        }
    }

    @Test func `a refused channel does not spoil the others`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let client = try scene.client()
            let answer = try client.call(
                "subscribe",
                """
                {"channels":[{"channel":"nonsense"},{"channel":"system"},
                {"channel":"user:a0000000-0000-4000-8000-000000000001"},
                {"channel":"user:\(GatewayScene.userID)"},{"channel":"ticks:a b"}]}
                """)
            #expect(answer.int("result.channels.0.error.code") == 1401)
            #expect(answer.string("result.channels.1.status") == "live")
            #expect(answer.int("result.channels.2.error.code") == 1003)
            #expect(answer.string("result.channels.3.status") == "live")
            #expect(answer.int("result.channels.4.error.code") == 1401)
            #expect(!answer.has("result.channels.0.status"))
        }
    }

    @Test func `a connection has so many subscriptions, and a refused one leaves nothing behind`()
        async throws
    {
        try await withGateway(hasRedis: true) { configuration in
            configuration.streamLimits.subscriptionsPerConnection = 3
        } _: { scene in
            let client = try scene.client()
            for number in 1...3 {
                let answer = try client.subscribe("ticks:A\(number)")
                #expect(answer.string("result.channels.0.status") == "live")
            }
            for number in 4...9 {
                let answer = try client.subscribe("ticks:A\(number)")
                #expect(answer.int("result.channels.0.error.code") == 1102)
            }
            #expect(try client.subscribe("ticks:A1").has("result.channels.0.status"))
            #expect(try scene.metric("tradermind_channels") == 3)
        }
    }

    @Test func `what is no JSON is counted and not delivered, what follows is`() async throws {
        try await withGateway(hasRedis: true) { configuration in
            configuration.streamLimits.payloadByteCount = 1000
        } _: { scene in
            let client = try scene.client()
            try client.subscribe("system")
            let large = "\"" + String(repeating: "a", count: 999) + "\""
            let bad = ["", "{", "{} x", "nul", "#e:0 {}", "#e: {}", "{\"a\":1,}", large]
            for payload in bad { try scene.publish("system", payload) }
            try scene.publish("system", #"{"good":true}"#)
            let event = try client.next()
            #expect(event.int("params.seq") == 1 && event.bool("params.data.good") == true)
            #expect(try scene.metric("tradermind_invalid_publications_total") == bad.count)
            let most = "\"" + String(repeating: "a", count: 998) + "\""
            try scene.publish("system", most)
            #expect(try client.next().int("params.seq") == 2)
        }
    }

    @Test func `a numbered payload brings its own epoch, told first`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let client = try scene.client()
            try client.subscribe("sessions")
            try scene.publish("sessions", #"#e7:41 {"n":41}"#)
            let status = try client.next()
            #expect(status.string("method") == "channel.status")
            #expect(status.string("params.status") == "live")
            #expect(status.string("params.channels.0.epoch") == "e7")
            #expect(status.int("params.channels.0.seq") == 40)
            #expect(try client.next().int("params.seq") == 41)
            // A gap of the publisher's shows; a repetition does not come.
            for number in [42, 42, 41, 45] {
                try scene.publish("sessions", #"#e7:\#(number) {"n":\#(number)}"#)
            }
            #expect(try client.next().int("params.seq") == 42)
            #expect(try client.next().int("params.seq") == 45)
            try scene.publish("sessions", #"#e8:1 {}"#)
            #expect(try client.next().string("params.channels.0.epoch") == "e8")
            #expect(try client.next().int("params.seq") == 1)
            let list = try client.call("subscriptions")
            #expect(list.string("result.channels.0.epoch") == "e8")
            #expect(list.int("result.channels.0.seq") == 1)
        }
    }

    @Test func `recover tells whether nothing was missed`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let first = try scene.client()
            let epoch = try #require(
                try first.subscribe("system").string("result.channels.0.epoch"))
            try scene.publish("system", "1")
            _ = try first.next()
            let second = try scene.client()
            let same = try second.subscribe("system", #","recover":{"epoch":"\#(epoch)","seq":1}"#)
            #expect(same.bool("result.channels.0.recovered") == true)
            let behind = try second.subscribe(
                "system", #","recover":{"epoch":"\#(epoch)","seq":0}"#)
            #expect(behind.bool("result.channels.0.recovered") == false)
            let other = try second.subscribe("system", #","recover":{"epoch":"x","seq":1}"#)
            #expect(other.bool("result.channels.0.recovered") == false)
        }
    }

    @Test func `max_rate merges what comes in between and says so`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let client = try scene.client()
            try client.subscribe("ticks:R_10", #","max_rate":5"#)
            let begin = monotonicSeconds()
            for number in 1...20 { try scene.publish("ticks:R_10", "\(number)") }
            #expect(try client.next().int("params.seq") == 1)
            var last = 1
            var messages = 1
            while last < 20 {
                let event = try client.next()
                let sequence = try #require(event.int("params.seq"))
                #expect(event.int("params.data") == sequence)
                if sequence > last + 1 {
                    #expect(event.int("params.prev_seq") == last)
                    #expect(event.int("params.merged") == sequence - last - 1)
                }
                last = sequence
                messages += 1
            }
            #expect(Double(messages - 1) <= (monotonicSeconds() - begin) * 5 + 1)
        }
    }
}
