import Foundation
import Redis
import RedisProtocol
import TestSupport
import Testing

@Suite(
    "Session functions under arbitrary requests",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct SessionFunctionFuzzTests {
    /// JSON values of every kind, sound and odd.
    private static let values = [
        "null", "true", "0", "1", "-1", "1.5", "1e308", "1e-308", "9007199254740993", "\"\"",
        "\"s1\"", "\"s2\"", "\"u1\"", "\"admin\"", "\"global\"", "\"session:s1\"", "\"user:\"",
        "\"market:R_100\"", "\"R_100\"", "\"CALL\"", "\"EXECUTED\"", "\"LEFT\"", "\"ACTIVE\"",
        "\"0.9\"", "\"-5\"", "\"1:s1\"", "\"SILENCE\"", "\"sessions\"", "\"é\\u0000\\n\"", "[]",
        "{}", "[[[1]]]", "{\"a\":{}}", "[\"R_100\"]", "5000", "\"g1-1\"", "\"a:b\"", "\"{x}\"",
    ]

    /// Names of fields, all that exist and some that do not.
    private static let names = [
        "session_id", "user_id", "actor", "name", "config", "expected_version", "reason",
        "idempotency_key", "status", "limit", "cursor", "balance", "as", "signal_id", "market",
        "type", "confidence", "expires_in_ms", "max", "lease_ms", "outcome", "trade_id", "pnl",
        "scope", "cause", "timeout_ms", "phase", "surprise", "", "\\u00e9",
    ]

    @Test func `every function answers or refuses, and never fails half way`() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        try await SessionRedis.run { redis in
            var generator = SeededGenerator(seed: seed)
            try await redis.session("s1", "ACTIVE")
            try await redis.session("s2")
            _ = try await redis.user("join", "s1", "u1")
            _ = try await redis.publish("g1")
            let functions = try await Self.functions(redis)
            try #require(functions.count >= 25)
            var acceptedCount = 0
            for step in 0..<6000 {
                let function = functions[Int.random(in: 0..<functions.count, using: &generator)]
                let request = Self.request(&generator)
                let place: Comment = "seed \(seed), step \(step): \(function) \(request)"
                let value = try await redis.command("FCALL", function, "0", request)
                let status = value.elements?.first?.text
                let isVersion = function == "tradermind_version" && value.integer != nil
                #expect(status == "OK" || status == "REFUSED" || isVersion, place)
                if status == "OK" { acceptedCount += 1 }
            }
            #expect(acceptedCount > 0, "seed \(seed)")
            try await Self.checkStore(redis, seed)
        }
    }

    /// The names of the library's functions, as Redis lists them.
    private static func functions(_ redis: SessionRedis) async throws -> [String] {
        let list = try await redis.command("FUNCTION", "LIST", "LIBRARYNAME", "tradermind")
        let library = list.elements?.first?.elements ?? []
        let functions = library.last { $0.elements != nil }?.elements ?? []
        return functions.compactMap { $0.elements?[1].text }.sorted()
    }

    private static func request(_ generator: inout SeededGenerator) -> String {
        func pick(_ texts: [String]) -> String {
            texts[Int.random(in: 0..<texts.count, using: &generator)]
        }
        if Int.random(in: 0..<20, using: &generator) == 0 { return pick(values) }
        var fields = [#""session_id":"s1","actor":"admin""#]
        for _ in 0..<Int.random(in: 0..<5, using: &generator) {
            fields.append("\"\(pick(names))\":\(pick(values))")
        }
        if Bool.random(using: &generator) { fields.append(#""user_id":"u1""#) }
        if Bool.random(using: &generator) { fields.append(#""market":"R_100""#) }
        let text = "{\(fields.joined(separator: ","))}"
        guard Int.random(in: 0..<10, using: &generator) == 0 else { return text }
        return String(text.prefix(Int.random(in: 0...text.count, using: &generator)))
    }

    /// A rebuild finds nothing to repair: no request has left anything half done.
    private static func checkStore(_ redis: SessionRedis, _ seed: UInt64) async throws {
        for phase in ["sessions", "indexes", "signals", "kill_switches"] {
            var cursor = "0"
            repeat {
                let reply = try await redis.call("repair", ["phase": phase, "cursor": cursor])
                #expect(reply.objects("repaired").isEmpty, "seed \(seed)")
                #expect(reply.objects("quarantined").isEmpty, "seed \(seed)")
                cursor = reply.json["cursor"] as? String ?? "0"
            } while cursor != "0"
        }
    }
}
