import Foundation
import Redis
import RedisProtocol
import TestSupport
import Testing

@Suite(
    "Revocations in Redis",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct RevocationFunctionTests {
    private static let keep = 120_000

    private static func revoke(
        _ redis: SessionRedis, _ changes: [String: Any]
    ) async throws -> FunctionReply {
        var request: [String: Any] = ["keep_ms": keep, "reason": "drill", "actor": "admin"]
        request.merge(changes) { $1 }
        return try await redis.call("revoke", request)
    }

    private static func entries(
        _ redis: SessionRedis, since: Int = 0
    ) async throws -> [String] {
        let reply = try await redis.command("FCALL_RO", "tradermind_revocations", "0", "\(since)")
        return (reply.elements ?? []).compactMap(\.text)
    }

    @Test func `each is listed once, behind the sequence that is known`() async throws {
        try await SessionRedis.run(settingClock: true) { redis in
            // Of today, since Redis lets keys end by its own clock.
            let now = Int(Date().timeIntervalSince1970 * 1000)
            let end = now + Self.keep
            _ = try await redis.command("SET", "test:now", "\(now)")
            #expect(try await Self.entries(redis) == ["OK", "0"])
            _ = try await Self.revoke(redis, ["token_id": "a b\"c"])
            let user = try await Self.revoke(redis, ["user_id": "U-1"])
            #expect(user.json["issued_before"] as? Int == now + 1)
            #expect(user.json["kept_until"] as? Int == end)
            _ = try await Self.revoke(redis, ["issued_before": now - 1000])
            let last = ["everyone", "\(now + 3)", "\(now - 1000)", "\(end)"]
            #expect(
                try await Self.entries(redis) == [
                    "OK", "\(now + 3)", "token:a b\"c", "\(now + 1)", "0", "\(end)", "user:u-1",
                    "\(now + 2)",
                    "\(now + 1)", "\(end)",
                ] + last)
            #expect(try await Self.entries(redis, since: now + 2) == ["OK", "\(now + 3)"] + last)
            _ = try await redis.command("SET", "test:now", "\(now + 500)")
            _ = try await Self.revoke(redis, ["issued_before": 100])
            #expect(
                try await Self.entries(redis, since: now + 3) == [
                    "OK", "\(now + 4)", "everyone", "\(now + 4)", "\(now - 1000)", "\(end + 500)",
                ], "it never becomes weaker")
            let audit = try await redis.command(
                "LRANGE", "tradermind:revocations:audit", "0", "-1")
            #expect(audit.elements?.count == 4)
        }
    }

    @Test func `each ends with the longest life of a token, and the keys behind the last`()
        async throws
    {
        try await SessionRedis.run(settingClock: true) { redis in
            let start = Int(Date().timeIntervalSince1970 * 1000)
            _ = try await redis.command("SET", "test:now", "\(start)")
            _ = try await Self.revoke(redis, ["token_id": "a"])
            for key in ["", ":order", ":ends", ":sequence", ":audit"] {
                let life = try await redis.command("PTTL", "tradermind:revocations\(key)")
                let range = Int64(Self.keep)...Int64(Self.keep + 61_000)
                #expect(range.contains(life.integer ?? 0), "\(key)")
            }
            _ = try await redis.command("SET", "test:now", "\(start + Self.keep)")
            _ = try await Self.revoke(redis, ["token_id": "b"])
            #expect(try await Self.entries(redis).dropFirst(2).first == "token:b")
            #expect(try await redis.command("HLEN", "tradermind:revocations").integer == 1)
        }
    }

    @Test func `at most 100000 are kept, and a time stands for all of them`() async throws {
        try await SessionRedis.run { redis in
            _ = try await redis.command(
                "EVAL",
                """
                for i = 1, 100000 do
                  redis.call('HSET', 'tradermind:revocations', 'token:' .. i, '0 9999999999999')
                end
                """, "0")
            let refused = try await Self.revoke(redis, ["token_id": "one-more"])
            #expect(refused.outcome == "TOO_MANY_REVOCATIONS")
            _ = try await redis.command("HDEL", "tradermind:revocations", "token:7")
            #expect(try await Self.revoke(redis, ["issued_before": 1]).outcome == "OK")
            #expect(try await Self.revoke(redis, ["issued_before": 2]).outcome == "OK")
        }
    }

    @Test(
        "what is malformed is refused",
        arguments: [
            "{}", #"{"token_id":""}"#, #"{"token_id":"a","user_id":"b"}"#, #"{"user_id":"a b"}"#,
            #"{"issued_before":-1}"#, #"{"issued_before":99999999999999}"#,
            #"{"issued_before":1.5}"#, #"{"token_id":7}"#, #"{"token_id":"a","keep_ms":59999}"#,
            #"{"token_id":"a","keep_ms":32000000001}"#, #"{"token_id":"a","reason":null}"#,
        ])
    func malformed(changes: String) async throws {
        try await SessionRedis.run { redis in
            let object = try JSONSerialization.jsonObject(with: Data(changes.utf8))
            let reply = try await Self.revoke(redis, object as? [String: Any] ?? [:])
            #expect(reply.outcome == "INVALID_REQUEST")
            #expect(try await Self.entries(redis) == ["OK", "0"])
        }
    }

    @Test func `the same key gives the same answer, and revokes once`() async throws {
        try await SessionRedis.run { redis in
            let first = try await Self.revoke(redis, ["user_id": "u", "idempotency_key": "k"])
            let sequence = try await Self.entries(redis)[1]
            let second = try await Self.revoke(redis, ["user_id": "u", "idempotency_key": "k"])
            #expect(first.json["issued_before"] as? Int == second.json["issued_before"] as? Int)
            #expect(try await Self.entries(redis)[1] == sequence)
            let other = try await Self.revoke(redis, ["user_id": "v", "idempotency_key": "k"])
            #expect(other.outcome == "IDEMPOTENCY_CONFLICT")
        }
    }

    @Test func `a ticket is kept for its time, and a user gets so many a minute`() async throws {
        try await SessionRedis.run { redis in
            func issue(_ digest: String, _ user: String) async throws -> FunctionReply {
                try await redis.call(
                    "ticket_issue",
                    [
                        "digest": digest, "user_id": user, "token": "{}", "life_ms": 30_000,
                        "per_minute": 2,
                    ])
            }
            let digests = (0..<4).map { String(repeating: "\($0)", count: 43) }
            #expect(try await issue(digests[0], "u").outcome == "OK")
            #expect(try await issue(digests[1], "u").outcome == "OK")
            let refused = try await issue(digests[2], "u")
            #expect(refused.outcome == "RATE_LIMITED")
            #expect((1...60_000).contains(refused.json["retry_after_ms"] as? Int ?? 0))
            #expect(try await issue(digests[3], "v").outcome == "OK")
            let key = "tradermind:tickets:\(digests[0])"
            let life = try await redis.command("PTTL", key)
            #expect((1...30_000).contains(life.integer ?? 0))
            #expect(
                try await redis.command("EXISTS", "tradermind:tickets:\(digests[2])").integer == 0)
            #expect(try await issue("short", "u").outcome == "INVALID_REQUEST")
        }
    }
}
