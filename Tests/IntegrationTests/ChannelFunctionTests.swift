import Foundation
import Redis
import RedisProtocol
import TestSupport
import Testing

@Suite(
    "Sequenced publications and ticks in Redis",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct ChannelFunctionTests {
    @Test func `a publication carries epoch and sequence in front of its JSON, byte for byte`()
        async throws
    {
        try await SessionRedis.run { redis in
            let json = #"{ "a": 1.50 }"#
            for expected in 1...3 {
                let reply = try await redis.callInOrder("publish", "ticks:R_100", json)
                #expect(reply[0].text == "OK")
                #expect(reply[2].integer == Int64(expected))
            }
            let history = try await redis.callInOrder("history", "ticks:R_100")
            let epoch = try #require(history[1].text)
            #expect(history[2].integer == 3)
            let messages = (history[4].elements ?? []).compactMap(\.text)
            #expect(messages == (1...3).map { "#\(epoch):\($0) \(json)" })
        }
    }

    @Test func `what is recovered follows the position asked for, or nothing is`() async throws {
        try await SessionRedis.run { redis in
            for number in 1...5 {
                _ = try await redis.callInOrder("publish", "system", "{\"n\":\(number)}", "3")
            }
            let epoch = try #require(try await redis.callInOrder("history", "system")[1].text)
            func recover(_ epoch: String, _ seq: Int) async throws -> String {
                let reply = try await redis.callInOrder("history", "system", epoch, "\(seq)")
                return "\(reply[3].integer ?? -1) with \(reply[4].elements?.count ?? -1)"
            }
            #expect(try await recover(epoch, 5) == "1 with 0")
            #expect(try await recover(epoch, 4) == "1 with 1")
            #expect(try await recover(epoch, 2) == "1 with 3")
            #expect(try await recover(epoch, 1) == "0 with 0", "message 2 is no longer kept")
            #expect(try await recover(epoch, 6) == "0 with 0", "a position from the future")
            #expect(try await recover("feed", 5) == "0 with 0", "another epoch")
        }
    }

    @Test func `a publication that is not kept leaves no hole in the history`() async throws {
        try await SessionRedis.run { redis in
            _ = try await redis.callInOrder("publish", "system", "{}")
            _ = try await redis.callInOrder("publish", "system", "{}", "0")
            _ = try await redis.callInOrder("publish", "system", "{}")
            let epoch = try #require(try await redis.callInOrder("history", "system")[1].text)
            let reply = try await redis.callInOrder("history", "system", epoch, "1")
            #expect(reply[3].integer == 0)
        }
    }

    @Test func `a restart of Redis begins a new epoch`() async throws {
        let arguments = ["--appendonly", "yes", "--appendfsync", "always"]
        try await SessionRedis.run(arguments: arguments) { redis in
            let before = try await redis.callInOrder("publish", "system", "{}")
            redis.server.kill()
            try redis.server.start()
            let connection = try await redis.connect()
            defer { connection.close() }
            let after = try await connection.command(
                RedisCommand("FCALL", "tradermind_publish", "0", "system", "{}"))
            #expect(after.elements?[1].text != before[1].text)
            #expect(after.elements?[2].integer == 1)
        }
    }

    @Test(
        "What is no channel, or no JSON, is refused",
        arguments: [
            ("ticks:R 100", "{}"), ("nope", "{}"), ("session:a:b", "{}"), ("system", "{"),
            ("system", ""), ("user:", "{}"),
        ])
    func refused(channel: String, json: String) async throws {
        try await SessionRedis.run { redis in
            let reply = try await redis.callInOrder("publish", channel, json)
            #expect(reply[0].text == "REFUSED")
            #expect(reply[1].text == "INVALID_REQUEST")
            #expect(try await redis.command("DBSIZE").integer == 0)
        }
    }

    @Test(
        "What a client could not parse is not published",
        arguments: [
            #"{"a":NaN}"#, #"{"a":0x10}"#, #"{"a":01}"#, #"{"a":1.}"#, #"{"a":+1}"#, "1.",
            "{\"a\":\"x\ny\"}", "{\"a\":\"\u{1}\"}", #"{"a":1,}"#, #"{"a":"\x"}"#,
        ])
    func notPublished(json: String) async throws {
        try await SessionRedis.run { redis in
            let reply = try await redis.callInOrder("publish", "system", json)
            #expect(reply[0].text == "REFUSED")
        }
    }

    @Test(
        "Every text that is UTF-8 is published, no other is",
        arguments: [
            ([0xC3, 0xA9], true), ([0xE2, 0x82, 0xAC], true), ([0xF0, 0x9F, 0x98, 0x80], true),
            ([0xED, 0x9F, 0xBF], true), ([0xF4, 0x8F, 0xBF, 0xBF], true), ([0xC3], false),
            ([0x80], false), ([0xC0, 0xAF], false), ([0xE0, 0x80, 0xAF], false),
            ([0xED, 0xA0, 0x80], false), ([0xF4, 0x90, 0x80, 0x80], false), ([0xFF], false),
            ([0xE2, 0x82], false), ([0xC3, 0xC3, 0xA9], false),
        ] as [([UInt8], Bool)])
    func utf8(bytes: [UInt8], isText: Bool) async throws {
        try await SessionRedis.run { redis in
            var command = RedisCommand("FCALL", "tradermind_publish", "0", "system")
            command.append(Array("\"".utf8) + bytes + Array("\"".utf8))
            let reply = try await redis.connection.command(command)
            #expect(reply.elements?.first?.text == (isText ? "OK" : "REFUSED"))
        }
    }

    @Test(
        "JSON that looks odd inside its strings is published",
        arguments: [#"{"a":"1. x"}"#, #"{"a":"\"1.","b":1.5}"#, #"{"a":"NaN 0x10"}"#, "1.5", "[]"])
    func published(json: String) async throws {
        try await SessionRedis.run { redis in
            let reply = try await redis.callInOrder("publish", "system", json)
            #expect(reply[0].text == "OK")
        }
    }

    @Test func `a tick is kept once, and only when it is later than the last`() async throws {
        try await SessionRedis.run { redis in
            let tick = #"{"market":"R_100","quote":"123.40","epoch_ms":1000}"#
            let later = #"{"market":"R_100","quote":"123.50","epoch_ms":2000}"#
            let command = RedisCommand(
                "FCALL", "tradermind_tick_append", "0", "R_100", "1000", tick)
            let other = try await redis.connect()
            defer { other.close() }
            let first = try await redis.connection.command(command).elements
            let second = try await other.command(command).elements
            #expect(first?[1].integer == 1)
            #expect(second?[1].integer == 0)
            _ = try await redis.callInOrder("tick_append", "R_100", "2000", later)
            let late = try await redis.callInOrder("tick_append", "R_100", "1500", tick)
            #expect(late[1].integer == 0)
            let ticks = try await redis.command("LRANGE", "tradermind:ticks:R_100", "0", "-1")
            #expect((ticks.elements ?? []).compactMap(\.text) == [later, tick], "newest first")
            let state = try await redis.command(
                "HMGET", "tradermind:ticks:R_100:state", "appended", "duplicates")
            #expect((state.elements ?? []).compactMap(\.text) == ["2", "2"])
        }
    }

    @Test func `a replay begins again, and only a repetition is dropped`() async throws {
        try await SessionRedis.run { redis in
            var accepted: [Int64?] = []
            for time in ["1000", "2000", "2000", "1000", "2000"] {
                let tick = #"{"market":"REPLAY_R_100","quote":"1","epoch_ms":\#(time)}"#
                accepted.append(
                    try await redis.callInOrder("tick_append", "REPLAY_R_100", time, tick)[1]
                        .integer)
            }
            #expect(accepted == [1, 1, 0, 1, 1])
        }
    }

    @Test func `the last hundred ticks are kept for an hour of silence`() async throws {
        try await SessionRedis.run { redis in
            for number in 1...101 {
                _ = try await redis.callInOrder(
                    "tick_append", "R_100", "\(number)", "{\"n\":\(number)}")
            }
            let ticks = try await redis.command("LRANGE", "tradermind:ticks:R_100", "0", "-1")
            let texts = (ticks.elements ?? []).compactMap(\.text)
            #expect(texts.count == 100)
            #expect(texts.first == "{\"n\":101}")
            #expect(texts.last == "{\"n\":2}")
            let ttl = try await redis.command("PTTL", "tradermind:ticks:R_100")
            #expect((3_500_000...3_600_000).contains(ttl.integer ?? 0))
        }
    }

    @Test(
        "A tick from far ahead, or of no market, is refused: it would lock the market",
        arguments: [("R_100", "9999999999999"), ("R_100", "0"), ("R_100", "x"), ("R 1", "1000")])
    func refusedTick(market: String, epoch: String) async throws {
        try await SessionRedis.run { redis in
            let reply = try await redis.callInOrder("tick_append", market, epoch, "{}")
            #expect(reply[0].text == "REFUSED")
        }
    }

    @Test func `silence is believed only when this server has seen no tick`() async throws {
        try await SessionRedis.run(settingClock: true) { redis in
            try await redis.command("SET", "test:now", "1000000")
            try await redis.session("s1", "ACTIVE")
            _ = try await redis.callInOrder("tick_append", "R_100", "1000000", "{}")
            try await redis.command("SET", "test:now", "1009999")
            let silence = ["market": "R_100", "cause": "SILENCE"]
            #expect(try await redis.call("feed_lost", silence).outcome == "FEED_ALIVE")
            try await redis.command("SET", "test:now", "1010000")
            let lost = try await redis.call("feed_lost", silence)
            #expect(lost.texts("session_ids") == ["s1"])
            let again = try await redis.call("feed_lost", silence)
            #expect(again.texts("session_ids") == [])
            try await redis.session("s2", "ACTIVE")
            let fresh = try await redis.call("feed_lost", silence)
            #expect(fresh.texts("session_ids") == [], "silence counts from the start")
            try await redis.command("SET", "test:now", "1020000")
            let newcomer = try await redis.call("feed_lost", silence)
            #expect(newcomer.texts("session_ids") == ["s2"], "a session started meanwhile")
            _ = try await redis.callInOrder("tick_append", "R_100", "1010001", "{}")
            let session = try await redis.call("session_get", ["session_id": "s1"])
            #expect(session.status == "ACTIVE", "the tick itself brings the feed back")
            #expect(try await redis.eventTypes("system") == ["feed.lost", "feed.recovered"])
        }
    }

    @Test func `one call finds every silent market of the live sessions`() async throws {
        try await SessionRedis.run(settingClock: true) { redis in
            try await redis.command("SET", "test:now", "1000000")
            try await redis.session("s1", "ACTIVE")
            try await redis.session("s2", "ACTIVE", config: ["allowed_markets": ["R_25"]])
            try await redis.session("s3", "PENDING", config: ["allowed_markets": ["R_10"]])
            try await redis.command("SET", "test:now", "1009999")
            _ = try await redis.callInOrder("tick_append", "R_50", "1009000", "{}")
            _ = try await redis.callInOrder("tick_append", "R_100", "1009000", "{}")
            let early = try await redis.call("feed_check")
            #expect(early.texts("silent_markets") == [], "R_25 never spoke, but may still")
            try await redis.command("SET", "test:now", "1010000")
            let late = try await redis.call("feed_check")
            #expect(late.texts("silent_markets") == ["R_25"])
            #expect(late.texts("session_ids") == ["s2"])
            try await redis.command("SET", "test:now", "1019999")
            let all = try await redis.call("feed_check")
            #expect(all.texts("silent_markets") == ["R_100", "R_25", "R_50"])
            #expect(all.texts("session_ids") == ["s1", "s1"], "one change for each market")
            let again = try await redis.call("feed_check")
            #expect(again.texts("session_ids") == [])
        }
    }
}
