import EventLoop
import GatewayClient
import LoadTesting
import WebSocketClient

/// How a connection of a load test reads.
enum LaneBehaviour: Sendable, Equatable {
    /// Everything at once.
    case prompt
    /// Pauses after each read for this long.
    case slow(Duration)
    /// Stops reading once it is subscribed.
    case stopped
}

/// What one connection of a load test does: a run of channels, and how it reads.
struct LanePlan: Sendable {
    /// The index of its first channel.
    var firstChannelIndex: Int
    /// How many channels it has, from there on and round the end.
    var channelCount: Int
    /// How it reads.
    var behaviour = LaneBehaviour.prompt
}

/// One connection of a load test with what it has received.
struct Lane {
    /// Where it is in its life.
    enum Stage: Sendable {
        case waiting
        case connecting
        case subscribing
        case live
        case ended
    }

    let plan: LanePlan
    var stage = Stage.waiting
    var connection: ClientConnection?
    var checks: [ChannelCheck]
    var startTime = MonotonicTime(nanoseconds: 0)
    /// What went wrong or right on this connection alone.
    var counts = DeliveryCounts()

    init(_ plan: LanePlan) {
        self.plan = plan
        checks = Array(repeating: ChannelCheck(), count: plan.channelCount)
    }

    /// Where a channel is among this connection's; nil where it is not subscribed.
    func slot(ofChannel index: Int, channelCount: Int) -> Int? {
        let distance = index - plan.firstChannelIndex
        let slot = distance >= 0 ? distance : distance + channelCount
        return slot < plan.channelCount ? slot : nil
    }

    /// Checks an event.
    ///
    /// - Returns: whether it is an event of this test, seen for the first time.
    mutating func receive(_ event: ScannedEvent, slot: Int) -> Bool {
        checks[slot].receive(event, counts: &counts)
    }
}
