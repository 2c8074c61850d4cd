import Logging
import Synchronization

/// What a node reports to its operator; no case carries a token, a payload or a user's name.
enum NodeEvent: Sendable {
    /// The node became ready: it delivers, and should get new connections.
    case ready(isAgain: Bool)
    /// It is not ready, or for other reasons than before.
    case notReady(problems: [String])
    /// Why there is no link to Redis.
    case redisAway(reason: String)
    /// A loop's link for subscriptions went.
    case feedLost(loop: Int, reason: String)
    /// Channels became live on a loop.
    case feedLive(loop: Int, channelCount: Int)
    /// Redis does not take the session functions.
    case functionsRefused(reason: String)
    /// A publication was not delivered.
    case invalidPublication(channel: String, reason: String)
    /// A connection could not be accepted.
    case acceptFailed(reason: String)
    /// A loop did nothing for a while: it was blocked, or the machine did not let it run.
    case loopStalled(loop: Int, milliseconds: Int)
    /// What is stored of sessions was looked through.
    case repaired(checked: Int, repaired: Int, quarantined: Int, isComplete: Bool)
    /// An entry that could not be read was moved away.
    case quarantined(key: String, problem: String)
    /// Something of keys or revocations.
    case tokens(TokenEvent)
    /// This node takes ticks from the broker for all, from now on.
    case feedElected
    /// It does no longer.
    case feedEnded
    /// It has no link to the broker, and lets another node try.
    case feedHandedOver
    /// A link to the broker opened, or went.
    case brokerLinkOpen
    case brokerLinkLost(reason: String)
    /// The broker told its state.
    case brokerStatus(String)
    /// The broker refused a market's ticks.
    case marketRefused(market: String, code: String)
}

/// Writes a node's reports to its log, at most a few of a kind per second: a publisher that sends
/// garbage must not fill the disk. What was left out is said with the next one.
final class NodeReporter: Sendable {
    /// Reports of one kind in one second.
    static let reportsPerSecondMax = 5

    private struct Budget {
        var second: UInt64 = 0
        var count = 0
        var suppressedCount = 0
    }

    private let logger: Logger
    private let budgets = Mutex<[String: Budget]>([:])

    init(logger: Logger) {
        self.logger = logger
    }

    /// Reports an event; `second` is of any clock that counts seconds.
    func report(_ event: NodeEvent, second: UInt64) {
        let (kind, level, message, facts) = event.entry
        let suppressed = budgets.withLock { budgets -> Int? in
            var budget = budgets[kind] ?? Budget()
            defer { budgets[kind] = budget }
            if budget.second != second {
                budget.second = second
                budget.count = 0
            }
            guard budget.count < Self.reportsPerSecondMax else {
                budget.suppressedCount += 1
                return nil
            }
            budget.count += 1
            defer { budget.suppressedCount = 0 }
            return budget.suppressedCount
        }
        guard let suppressed else { return }
        var metadata = facts
        if suppressed > 0 { metadata["suppressed_count"] = "\(suppressed)" }
        logger.log(level: level, "\(message)", metadata: metadata)
    }
}

extension NodeEvent {
    fileprivate var entry:
        (kind: String, level: Logger.Level, message: String, metadata: Logger.Metadata)
    {
        switch self {
        case .ready(let isAgain):
            ("ready", isAgain ? .notice : .info, "the node is ready", [:])
        case .notReady(let problems):
            (
                "not_ready", .warning, "the node is not ready",
                ["problems": "\(problems.joined(separator: "; "))"]
            )
        case .redisAway(let reason):
            ("redis_away", .warning, "there is no link to Redis", ["reason": "\(reason)"])
        case .feedLost(let loop, let reason):
            (
                "feed_lost", .warning, "the feed from Redis is lost",
                ["loop": "\(loop)", "reason": "\(reason)"]
            )
        case .feedLive(let loop, let channelCount):
            (
                "feed_live", .info, "channels are live",
                ["loop": "\(loop)", "channel_count": "\(channelCount)"]
            )
        case .functionsRefused(let reason):
            (
                "functions_refused", .error,
                "Redis refuses the session functions; 7.0 or newer is needed, with the right to "
                    + "load and call functions", ["reason": "\(reason)"]
            )
        case .invalidPublication(let channel, let reason):
            (
                "invalid_publication", .warning, "an event was not delivered",
                ["channel": "\(channel)", "reason": "\(reason)"]
            )
        case .acceptFailed(let reason):
            ("accept_failed", .error, "a connection was not taken", ["reason": "\(reason)"])
        case .loopStalled(let loop, let milliseconds):
            (
                "loop_stalled", .warning, "a loop has stood still",
                ["loop": "\(loop)", "milliseconds": "\(milliseconds)"]
            )
        case .repaired(let checked, let repaired, let quarantined, let isComplete):
            (
                "repaired", repaired + quarantined > 0 || !isComplete ? .warning : .info,
                isComplete ? "the sessions were checked" : "checking the sessions was broken off",
                [
                    "checked_count": "\(checked)", "repaired_count": "\(repaired)",
                    "quarantined_count": "\(quarantined)",
                ]
            )
        case .quarantined(let key, let problem):
            (
                "quarantined", .error, "a damaged entry was quarantined",
                ["key": "\(key)", "problem": "\(problem)"]
            )
        case .tokens(let event): event.entry
        case .feedElected, .feedEnded, .feedHandedOver, .brokerLinkOpen, .brokerLinkLost,
            .brokerStatus, .marketRefused:
            feedEntry
        }
    }
}
