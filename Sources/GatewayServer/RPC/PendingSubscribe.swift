import EventLoop
import GatewayAPI
import Streams

/// A `subscribe` request on its way to its answer: it waits until Redis has confirmed its channels,
/// so that nothing published from then on is missed, and then for the newest events of those that
/// want them. Confined to its loop.
final class PendingSubscribe: TimerHandler {
    /// The newest events of each channel that wants them.
    private(set) var timelines: [ChannelID: ChannelTimeline] = [:]
    private weak var server: LoopServer?
    /// Channels that are not live yet.
    private var unconfirmed: Set<ChannelID>
    /// How many events each channel wants.
    private let depths: [ChannelID: Int]
    private var unreadCount = 0
    private var timer: TimerID?
    private var complete: ((PendingSubscribe) -> Void)?

    /// - Parameters:
    ///   - server: the loop's server, which tells when channels become live.
    ///   - channels: the channels.
    ///   - depths: how many of their newest events are wanted, for those that want any.
    ///   - complete: called once: when everything is there, or the time is over.
    init(
        server: LoopServer, channels: Set<ChannelID>, depths: [ChannelID: Int],
        complete: @escaping (PendingSubscribe) -> Void
    ) {
        self.server = server
        self.depths = depths
        self.complete = complete
        unconfirmed = channels.filter { !server.isLive($0) }
        for channel in depths.keys where !unconfirmed.contains(channel) { read(channel) }
    }

    /// Begins to wait; completes at once where there is nothing to wait for.
    func start() {
        guard let server else { return }
        if unconfirmed.isEmpty && unreadCount == 0 { return finish() }
        for channel in unconfirmed { server.wait(self, for: channel) }
        timer = server.loop.schedule(
            after: server.limits.subscribeConfirmationDuration, handler: self)
    }

    func becameLive(_ channel: ChannelID) {
        guard complete != nil, unconfirmed.remove(channel) != nil else { return }
        if depths[channel] != nil { read(channel) }
        finishIfWhole()
    }

    func timerFired(token: UInt32) {
        timer = nil
        finish()
    }

    /// The channel is live, so that the reading and what arrives from now on have no gap between.
    private func read(_ channel: ChannelID) {
        guard let server, let depth = depths[channel] else { return }
        let timeline = server.timeline(of: channel, depth: depth)
        timelines[channel] = timeline
        guard !timeline.isReady else { return }
        unreadCount += 1
        timeline.whenReady { [weak self] in
            self?.unreadCount -= 1
            self?.finishIfWhole()
        }
    }

    private func finishIfWhole() {
        if unconfirmed.isEmpty && unreadCount == 0 { finish() }
    }

    private func finish() {
        if let timer { server?.loop.cancel(timer) }
        timer = nil
        guard let complete else { return }
        self.complete = nil
        complete(self)
        for (channel, timeline) in timelines { server?.leave(timeline, of: channel) }
        timelines = [:]
    }
}
