import EventLoop
import Foundation
import Redis
import RedisProtocol
import TestSupport
import Testing

/// A private Redis with the library of Protocol/redis loaded, and connections to it.
///
/// Confined to the loop that ``run(settingClock:arguments:_:)`` starts.
final class SessionRedis {
    /// The server.
    let server: PrivateRedisServer
    /// The first connection.
    let connection: RedisConnection
    private let loop: EventLoop

    private init(server: PrivateRedisServer, connection: RedisConnection, loop: EventLoop) {
        self.server = server
        self.connection = connection
        self.loop = loop
    }

    /// Runs a test's body on a loop of its own with a fresh server.
    ///
    /// With a set clock, the time comes from the key `test:now` instead of the server.
    static func run(
        settingClock isClockSet: Bool = false, arguments: [String] = [],
        _ body: @escaping @Sendable (SessionRedis) async throws -> Void
    ) async throws {
        let server = try PrivateRedisServer(arguments: arguments)
        let group = try EventLoopGroup(count: 1, name: "sessions")
        defer { group.stopAndJoin() }
        let loop = group.loops[0]
        let result = await loop.task { () async -> Result<Void, any Error> in
            do {
                let connection = try await connect(server, loop)
                let redis = SessionRedis(server: server, connection: connection, loop: loop)
                try await redis.load(settingClock: isClockSet)
                try await body(redis)
                connection.close()
                return .success(())
            } catch {
                return .failure(error)
            }
        }.value
        try result.get()
    }

    private static func connect(
        _ server: PrivateRedisServer, _ loop: EventLoop
    ) async throws -> RedisConnection {
        let waiter = ReadyWaiter()
        let configuration = RedisConfiguration(
            url: try RedisURL(server.url), clientName: "session-tests")
        let connection = RedisConnection(
            loop: loop, configuration: configuration, delegate: waiter)
        connection.start()
        await waiter.wait(for: connection)
        return connection
    }

    /// One more connection, as another node would have.
    func connect() async throws -> RedisConnection {
        try await Self.connect(server, loop)
    }

    /// Loads the library; with a set clock, the clock's file gives way to one that reads a key.
    func load(settingClock isClockSet: Bool = false) async throws {
        var source = ""
        for file in try Self.sources() {
            let isClock = file.lastPathComponent == "02_clock.lua"
            source +=
                isClock && isClockSet
                ? "local function clock() return tonumber(redis.call('GET', 'test:now')) end\n"
                : try String(contentsOf: file, encoding: .utf8)
        }
        _ = try await connection.command(RedisCommand("FUNCTION", "LOAD", "REPLACE", source))
    }

    /// The files of the library in the order in which they are joined.
    static func sources() throws -> [URL] {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return try FileManager.default.contentsOfDirectory(
            at: root.appendingPathComponent("Protocol/redis"), includingPropertiesForKeys: nil
        )
        .filter { $0.pathExtension == "lua" }
        .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }

    /// Runs a Redis command.
    @discardableResult
    func command(_ name: String, _ arguments: String...) async throws -> RESPValue {
        var command = RedisCommand(name: name)
        for argument in arguments { command.append(argument) }
        return try await connection.command(command)
    }

    /// Calls a function that takes one JSON object.
    func call(_ name: String, _ request: [String: Any] = [:]) async throws -> FunctionReply {
        try FunctionReply(await connection.command(Self.function(name, request)))
    }

    /// The command that calls a function with one JSON object.
    static func function(_ name: String, _ request: [String: Any]) throws -> RedisCommand {
        let data = try JSONSerialization.data(withJSONObject: request, options: .sortedKeys)
        return RedisCommand(
            "FCALL", "tradermind_\(name)", "0", String(decoding: data, as: UTF8.self))
    }

    /// Calls a function that takes texts in a fixed order.
    func callInOrder(_ name: String, _ arguments: String...) async throws -> [RESPValue] {
        var command = RedisCommand("FCALL", "tradermind_\(name)", "0")
        for argument in arguments { command.append(argument) }
        return try await connection.command(command).elements ?? []
    }

    /// Sends commands on two connections in turn, without waiting between them, and gives the
    /// replies in the order of the commands.
    func race(_ commands: [RedisCommand]) async throws -> [FunctionReply] {
        let other = try await connect()
        defer { other.close() }
        let replies: [RESPValue?] = await withCheckedContinuation { continuation in
            let gathered = Gathered(count: commands.count) { continuation.resume(returning: $0) }
            for (index, command) in commands.enumerated() {
                let node = index.isMultiple(of: 2) ? connection : other
                node.send(command) { result in gathered.note(index, try? result.get()) }
            }
        }
        return try replies.map { try FunctionReply($0 ?? .null) }
    }
}

/// Replies as they come in. Confined to its loop.
private final class Gathered {
    private var replies: [RESPValue?]
    private var missing: Int
    private let done: ([RESPValue?]) -> Void

    init(count: Int, done: @escaping ([RESPValue?]) -> Void) {
        replies = Array(repeating: nil, count: count)
        missing = count
        self.done = done
    }

    func note(_ index: Int, _ reply: RESPValue?) {
        replies[index] = reply
        missing -= 1
        if missing == 0 { done(replies) }
    }
}

/// Waits until a connection is ready. Confined to its loop.
private final class ReadyWaiter: RedisConnectionDelegate {
    private var continuation: CheckedContinuation<Void, Never>?

    func wait(for connection: RedisConnection) async {
        if connection.state == .ready { return }
        await withCheckedContinuation { continuation = $0 }
    }

    func connection(_ connection: RedisConnection, changedTo state: RedisLinkState) {
        if state == .ready { continuation.take()?.resume() }
    }
}

/// What a function answered.
struct FunctionReply {
    /// `OK`, or the symbol of the refusal.
    let outcome: String
    /// The JSON of the answer.
    let json: [String: Any]

    init(_ value: RESPValue) throws {
        let elements = value.elements ?? []
        let texts = elements.compactMap(\.text)
        guard let status = texts.first, let last = texts.last, texts.count == elements.count else {
            throw NoReply(description: "\(value)")
        }
        outcome = status == "OK" ? "OK" : texts[1]
        let object = try JSONSerialization.jsonObject(with: Data(last.utf8))
        guard let json = object as? [String: Any] else { throw NoReply(description: last) }
        self.json = json
    }

    /// An object inside the answer.
    func object(_ name: String) -> [String: Any] { json[name] as? [String: Any] ?? [:] }

    /// A list of objects inside the answer.
    func objects(_ name: String) -> [[String: Any]] { json[name] as? [[String: Any]] ?? [] }

    /// A list of texts inside the answer.
    func texts(_ name: String) -> [String] { json[name] as? [String] ?? [] }

    /// The session's status, where the answer has a session.
    var status: String? { object("session")["status"] as? String }

    /// The session's version, where the answer has a session.
    var version: Int? { object("session")["version"] as? Int }

    /// The status that a refusal names.
    var currentStatus: String? { json["current_status"] as? String }
}

/// A reply that is no function's answer.
struct NoReply: Error, CustomStringConvertible {
    let description: String
}

/// A complete configuration as the gateway sends it, with the given fields replaced.
func configuration(_ changes: [String: Any] = [:]) -> [String: Any] {
    var fields: [String: Any] = [
        "max_participants": 3, "min_balance": "0", "risk_profile": "MEDIUM",
        "allowed_markets": ["R_100", "R_50"], "min_confidence": "0.6",
        "global_loss_threshold": "1000", "duration_minutes": 60, "max_stake": "50",
        "stop_loss": "100", "take_profit": "200", "max_trades_per_hour": 100,
    ]
    for (name, value) in changes { fields[name] = value }
    return fields
}

extension SessionRedis {
    /// Creates a session and brings it into a status.
    func session(
        _ id: String, _ status: String = "PENDING", config: [String: Any] = [:]
    ) async throws {
        let reply = try await call(
            "session_create",
            [
                "session_id": id, "actor": "admin", "name": "Run \(id)",
                "config": configuration(config),
            ])
        try #require(reply.outcome == "OK")
        let steps: [String] =
            switch status {
            case "ACTIVE", "RUNNING": ["start"]
            case "PAUSED": ["start", "pause"]
            case "COMPLETED": ["start", "stop"]
            default: []
            }
        for step in steps {
            let reply = try await control(step, id)
            try #require(reply.outcome == "OK")
        }
        if status == "RUNNING" {
            let reply = try await publish("first-\(id)", session: id)
            try #require(reply.outcome == "OK")
        }
    }

    /// An admin's step.
    func control(
        _ step: String, _ id: String, _ more: [String: Any] = [:]
    ) async throws -> FunctionReply {
        try await call(
            "session_\(step)",
            ["session_id": id, "actor": "admin"].merging(more) { $1 } as [String: Any])
    }

    /// A user's step: `join`, `leave`, `remove_participant` or `fail_participant`.
    func user(
        _ step: String, _ id: String, _ user: String, _ more: [String: Any] = [:]
    ) async throws -> FunctionReply {
        let request: [String: Any] = ["session_id": id, "user_id": user, "actor": user]
        return try await call("session_\(step)", request.merging(more) { $1 })
    }

    /// Publishes a signal.
    func publish(
        _ id: String, session: String? = nil, market: String = "R_100", life: Int = 60_000,
        confidence: String = "0.9"
    ) async throws -> FunctionReply {
        var request: [String: Any] = [
            "signal_id": id, "actor": "engine", "market": market, "type": "CALL",
            "confidence": confidence, "reason": "crossed", "expires_in_ms": life,
        ]
        if let session { request["session_id"] = session }
        return try await call("signal_publish", request)
    }

    /// The types of the last events of a channel, oldest first.
    func eventTypes(_ channel: String) async throws -> [String] {
        try await events(channel).compactMap { $0["type"] as? String }
    }

    /// The last events of a channel, oldest first.
    func events(_ channel: String) async throws -> [[String: Any]] {
        let reply = try await callInOrder("history", channel)
        return try (reply.last?.elements ?? []).compactMap(\.text).map { text in
            let json = text.drop { $0 != " " }.dropFirst()
            let object = try JSONSerialization.jsonObject(with: Data(json.utf8))
            return object as? [String: Any] ?? [:]
        }
    }
}
