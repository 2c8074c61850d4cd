import EventLoop
import Redis
import RedisProtocol
import TestSupport
import Testing

/// A test's own look into the Redis of a scene.
final class SceneRedis: Sendable {
    private let group: EventLoopGroup
    private let connection: LoopBound<RedisConnection>

    init(_ server: PrivateRedisServer) async throws {
        let group = try EventLoopGroup(count: 1, name: "look")
        self.group = group
        let configuration = RedisConfiguration(
            url: try RedisURL(server.url), clientName: "wire-tests")
        let loop = group.loops[0]
        let made: LoopBound<RedisConnection> = await withCheckedContinuation { continuation in
            loop.post {
                let connection = RedisConnection(loop: loop, configuration: configuration)
                connection.start()
                continuation.resume(returning: LoopBound(connection, loop: loop))
            }
        }
        connection = made
        try await GatewayScene.eventually("the link is ready") { [self] in
            (try? await command("PING")) != nil
        }
    }

    deinit { group.stopAndJoin() }

    /// Runs a command.
    @discardableResult
    func command(_ words: String...) async throws -> RESPValue {
        var command = RedisCommand(name: words[0])
        for word in words.dropFirst() { command.append(word) }
        let connection = connection
        let made = command
        let result = await withCheckedContinuation { continuation in
            connection.loop.post {
                connection.value.send(made) { continuation.resume(returning: $0) }
            }
        }
        return try result.get()
    }

    /// The contents of every key but those of channels, which begin anew with each process, and
    /// of idempotency keys, and notes of rebuilds, which tell when they ended.
    func dump() async throws -> [String: [String]] {
        var dump: [String: [String]] = [:]
        for key in try await command("KEYS", "tradermind:*").elements ?? [] {
            guard let key = key.text, !key.hasPrefix("tradermind:channels:"),
                key != "tradermind:rebuilds"
            else { continue }
            let value: RESPValue
            switch try await command("TYPE", key).text {
            case "string": value = try await command("GET", key)
            case "hash": value = try await command("HGETALL", key)
            case "set": value = try await command("SMEMBERS", key)
            case "list": value = try await command("LRANGE", key, "0", "-1")
            default: value = try await command("ZRANGE", key, "0", "-1", "WITHSCORES")
            }
            dump[key] = value.elements?.compactMap(\.text).sorted() ?? [value.text ?? ""]
        }
        return dump
    }

    /// Walks through everything that is stored.
    ///
    /// - Returns: what had to be repaired or quarantined.
    func repair() async throws -> [String] {
        var request = "{}"
        var findings: [String] = []
        for _ in 0..<10_000 {
            let reply = try FunctionReply(
                await command("FCALL", "tradermind_repair", "0", request))
            for list in ["repaired", "quarantined"] {
                findings += reply.objects(list).map {
                    "\($0["key"] ?? "") \($0["problem"] ?? "")"
                }
            }
            let phase = reply.json["phase"] as? String ?? ""
            if phase == "done" { return findings }
            request = #"{"phase":"\#(phase)","cursor":"\#(reply.json["cursor"] ?? "")"}"#
        }
        Issue.record("the walk does not end")
        return findings
    }
}
