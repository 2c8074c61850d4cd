import EventLoop
import Foundation
import GatewayServer
import TickFeed

/// Where the ticks of `gateway dev` come from.
enum FeedSource {
    /// Computed markets, live.
    case synthetic(SyntheticFeed)
    /// A recording, played again and again with the times of now.
    case recording(ReplaySchedule, startedAt: MonotonicTime)
    /// The broker Deriv; the node takes its ticks itself.
    case broker(FeedConfiguration)
}

/// Publishes a feed's ticks when they are due. Confined to its loop.
final class FeedDriver: TimerHandler {
    /// Ticks that one turn of the loop publishes at most; more wait for the next turn, so that a
    /// fast replay does not hold up the connections.
    static let ticksPerTurnMax = 2000

    private let loop: EventLoop
    private let publish: (Tick) -> Void
    private var source: FeedSource
    private var timer: TimerID?

    /// - Parameters:
    ///   - source: where the ticks come from.
    ///   - loop: the loop, whose timers drive it.
    ///   - publish: sends one tick on its way, on the loop.
    init(source: FeedSource, on loop: EventLoop, publish: @escaping (Tick) -> Void) {
        self.source = source
        self.loop = loop
        self.publish = publish
    }

    /// Begins; on the loop's thread.
    func start() {
        scheduleNext()
    }

    /// Ends; on the loop's thread.
    func stop() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    func timerFired(token: UInt32) {
        timer = nil
        switch source {
        case .synthetic(var feed):
            for tick in feed.dueTicks(now: WallClock.milliseconds()) { publish(tick) }
            source = .synthetic(feed)
        case .recording(var schedule, let startedAt):
            let elapsed = loop.now.nanoseconds - startedAt.nanoseconds
            let due = schedule.dueTicks(
                elapsedNanoseconds: Int64(clamping: elapsed), maximumCount: Self.ticksPerTurnMax)
            for tick in due { publish(tick) }
            source = .recording(schedule, startedAt: startedAt)
        case .broker: break
        }
        scheduleNext()
    }

    private func scheduleNext() {
        switch source {
        case .synthetic(let feed):
            guard let due = feed.nextDueMilliseconds else { return }
            let wait = max(0, due - WallClock.milliseconds())
            timer = loop.schedule(after: .milliseconds(wait), handler: self)
        case .recording(let schedule, let startedAt):
            guard let due = schedule.nextDueNanoseconds else { return }
            timer = loop.schedule(at: startedAt.advanced(by: .nanoseconds(due)), handler: self)
        case .broker: break
        }
    }

    /// The source that `--feed` names.
    ///
    /// - Parameters:
    ///   - name: `synthetic`, or the path of a recording (NDJSON).
    ///   - speed: how much faster than it was recorded; for recordings.
    ///   - seed: decides the synthetic prices.
    /// - Returns: the source, which begins now.
    /// - Throws: what is wrong with the recording.
    static func source(named name: String, speed: Double, seed: UInt64) throws -> FeedSource {
        if name == "synthetic" {
            guard speed == 1 else {
                throw DevError.feed("--speed is for recordings: the synthetic feed is live")
            }
            return .synthetic(
                SyntheticFeed(seed: seed, startMilliseconds: WallClock.milliseconds()))
        }
        guard let data = FileManager.default.contents(atPath: name) else {
            throw DevError.feed(
                "cannot read \(name): --feed takes `synthetic`, `deriv` or a recording")
        }
        let ticks: [Tick]
        do {
            ticks = try TickRecordingReader.ticks(of: Array(data))
        } catch {
            throw DevError.feed("\(name) is not a recording of ticks: \(error)")
        }
        let schedule = try ReplaySchedule(
            ticks: ticks, speed: speed, isLooping: true,
            times: .live(startMilliseconds: WallClock.milliseconds()))
        return .recording(schedule, startedAt: .current())
    }
}
