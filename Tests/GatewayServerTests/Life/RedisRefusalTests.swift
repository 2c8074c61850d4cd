import Foundation
import GatewayServer
import Redis
import TestSupport
import Testing

/// What the log says of a Redis that a node cannot work with.
@Suite(
    "A Redis that is away or refuses",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .timeLimit(.minutes(10)))
struct RedisRefusalTests {
    @Test("One that is away is told with the reason, and so is its coming")
    func away() async throws {
        let redis = try PrivateRedisServer()
        let url = try RedisURL(redis.url)
        redis.kill()
        let log = CapturedLog()
        try await withGateway {
            $0.redis = url
            $0.logger = log.makeLogger()
        } _: { _ in
            try waitUntil("the reason") {
                log.text.contains("there is no link to Redis") && log.text.contains("no connection")
            }
            #expect(log.text.contains("the node is not ready"))
            #expect(log.text.contains("redis does not deliver to 1 of 1 loops"))
            try redis.start()
            try waitUntil("the end of the outage") { log.text.contains("the node is ready") }
        }
        redis.kill()
    }

    @Test("One without functions, such as 6.2: readiness and the log say why, the log once")
    func refusal() async throws {
        let redis = try PrivateRedisServer(
            arguments: ["--rename-command", "FUNCTION", "FUNCTION_OF_ANOTHER_NAME"])
        let url = try RedisURL(redis.url)
        let log = CapturedLog()
        try await withGateway {
            $0.redis = url
            $0.logger = log.makeLogger()
        } _: { scene in
            let words = "not loaded into redis: ERR unknown command 'FUNCTION'"
            try waitUntil("the reason") { try scene.operate("/readyz").body.contains(words) }
            // One more attempt, a second later.
            try waitUntil("a second attempt") {
                try scene.operate("/metrics").body
                    .contains("tradermind_session_keeper_errors_total 2")
            }
        }
        redis.kill()
        let told = log.text.components(separatedBy: "Redis refuses the session functions").count - 1
        #expect(told == 1, "\(log.text)")
        #expect(log.text.contains("7.0 or newer is needed"))
    }
}
