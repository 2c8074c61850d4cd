import EventLoop
import Foundation
import GatewayServer
import Redis
import RedisProtocol

/// Looks at Redis: whether it answers, its clock, whether it keeps what it is given, and its
/// session functions.
struct RedisExamination {
    private let node: GatewayConfiguration
    private let loop: EventLoop

    init(_ node: GatewayConfiguration, _ loop: EventLoop) {
        self.node = node
        self.loop = loop
    }

    func run(_ box: FindingsBox) async {
        var configuration = RedisConfiguration(
            url: node.redis, clientName: "tradermind-doctor", limits: node.redisLimits)
        configuration.authorityPath = node.redisAuthorityPath
        let pool = RedisPool(loop: loop, configuration: configuration)
        pool.start()
        defer { pool.close() }
        let deadline = loop.now.advanced(by: DatabaseCommand.connectDuration)
        while !pool.isReady, loop.now < deadline { await loop.sleep(for: .milliseconds(10)) }
        guard pool.isReady else {
            return box.note(false, "redis", "\(node.redis) does not answer: \(pool.states[0])")
        }
        box.note(true, "redis", "\(node.redis) answers")
        let before = WallClock.milliseconds()
        if let time = try? await pool.command(RedisCommand("TIME")), let parts = time.elements,
            parts.count == 2, let seconds = parts[0].text.flatMap({ Int64($0) }),
            let microseconds = parts[1].text.flatMap({ Int64($0) })
        {
            box.noteClock(
                "redis", seconds * 1000 + microseconds / 1000,
                window: (before, WallClock.milliseconds()))
        } else {
            box.note(false, "redis", "it does not tell its time")
        }
        await examineKeeping(pool, box)
        do throws(RedisError) {
            let version = try await pool.command(
                RedisCommand("FCALL_RO", "tradermind_version", "0"))
            box.note(
                version.integer != nil, "redis",
                "session functions of version \(version.integer ?? 0) are loaded")
        } catch {
            guard case .refused(let reply) = error, reply.message.contains("not found") else {
                return box.note(false, "redis", "functions cannot be called: \(error)")
            }
            box.note(true, "redis", "no session functions yet: the first node loads them")
        }
    }

    /// Sessions, kill switches and revocations are in Redis alone, and trades are told apart by
    /// keys that live for days: none of them may go for want of memory or with a restart.
    private func examineKeeping(_ pool: RedisPool, _ box: FindingsBox) async {
        guard let text = try? await pool.command(RedisCommand("INFO")).text else {
            return box.note(false, "redis", "it does not tell its settings (INFO)")
        }
        var values: [Substring: Substring] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        let policy = values["maxmemory_policy"] ?? "noeviction"
        box.note(
            policy == "noeviction", "redis",
            policy == "noeviction"
                ? "it evicts nothing"
                : "maxmemory-policy \(policy) may evict sessions and kill switches: set noeviction")
        let isKept = values["aof_enabled"] == "1"
        box.note(
            isKept, "redis",
            isKept
                ? "it keeps an append-only file"
                : "appendonly is off: a restart loses sessions and kill switches")
    }
}
