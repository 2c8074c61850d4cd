package import EventLoop
import RedisProtocol

/// Gets what a subscriber receives. Called on the loop's thread, in the order of the wire.
package protocol RedisSubscriberDelegate: AnyObject {
    /// The link went, or gave no sign of life: from now on no channel is live, and messages
    /// published until a channel is live again are missed.
    func subscriberLost(_ reason: RedisLinkFailure)
    /// Redis confirmed these channels: every message published from here on arrives. Told before
    /// the first such message, for each channel after its first subscription and after each loss.
    func channelsLive(_ channels: [[UInt8]])
    /// A message came. For a channel that was left a moment ago some may still come.
    ///
    /// - Parameters:
    ///   - channel: valid during the call.
    ///   - payload: valid during the call.
    func subscriberReceived(channel: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer)
}

/// The subscriptions of one loop, on a connection of its own.
///
/// Confined to its loop; lives until `close`. It remembers which channels are wanted, reconnects
/// by itself and subscribes them again. Wishes of one turn go out together.
package final class RedisSubscriber {
    private let link: RedisLink
    private let limits: RedisLimits
    private var delegate: (any RedisSubscriberDelegate)?
    private var table: SubscriptionTable
    private var newlyLive: [[UInt8]] = []
    private var isPumpPosted = false
    private var counts = RedisCounters()
    private var probe: RedisDeliveryProbe?

    /// Makes a subscriber that is not started; the delegate is kept until `close`.
    package init(
        loop: EventLoop, configuration: RedisConfiguration, delegate: any RedisSubscriberDelegate
    ) {
        link = RedisLink(loop: loop, configuration: configuration)
        limits = configuration.limits
        table = SubscriptionTable(
            channelCountMax: limits.channelCountMax,
            unconfirmedCountMax: limits.unconfirmedChannelCountMax)
        self.delegate = delegate
    }

    /// The loop that everything happens on.
    package var loop: EventLoop { link.loop }

    /// Begins to connect.
    package func start() {
        link.start(owner: self)
    }

    /// Ends the link for good: the delegate is told and released.
    package func close() {
        link.close()
        delegate = nil
        probe = nil
    }

    /// Where the link stands.
    package var state: RedisLinkState { link.state }

    /// Channels that are wanted.
    package var channelCount: Int { table.wantedCount }

    /// Channels that are wanted and live; equal to `channelCount` where nothing can be missed.
    package var liveChannelCount: Int { table.liveCount }

    /// What the subscriber has done so far.
    package var counters: RedisCounters {
        var sum = link.counters
        sum.add(counts)
        return sum
    }

    /// Wants a channel; wanting one twice is the same as once.
    ///
    /// - Parameter channel: the whole name on Redis, `tradermind:events:ticks:R_100`.
    /// - Returns: true where the channel is live already; else `channelsLive` tells when it is.
    /// - Throws: `overloaded` where there are too many channels, or the name is empty or too long.
    @discardableResult
    package func subscribe(_ channel: [UInt8]) throws(RedisError) -> Bool {
        loop.preconditionOnLoop()
        guard !channel.isEmpty, channel.count <= limits.channelByteCountMax, table.want(channel)
        else { throw .overloaded }
        postPump()
        return table.isLive(channel)
    }

    /// Leaves a channel; leaving one that is not wanted does nothing.
    package func unsubscribe(_ channel: [UInt8]) {
        loop.preconditionOnLoop()
        table.unwant(channel)
        postPump()
    }

    /// Whether a channel is live.
    package func isLive(_ channel: [UInt8]) -> Bool {
        table.isLive(channel)
    }

    /// Lets a probe take the messages of its channel before the delegate; nil ends that.
    func attach(_ probe: RedisDeliveryProbe?) {
        self.probe = probe
    }

    /// Gives the link up, of which a probe knows that nothing arrives on it, and begins anew.
    func giveUp() {
        link.giveUp(.unresponsive)
    }

    private func postPump() {
        guard !isPumpPosted, link.state == .ready, table.hasWork else { return }
        isPumpPosted = true
        let subscriber = LoopBound(self, loop: loop)
        loop.post {
            subscriber.value.isPumpPosted = false
            subscriber.value.pump()
        }
    }

    /// Writes what is due, as far as the bound on unconfirmed channels allows.
    private func pump() {
        guard link.state == .ready else { return }
        while table.hasWork {
            let batch = table.nextBatch(countMax: limits.channelsPerCommandMax)
            write("SUBSCRIBE", batch.subscribe)
            write("UNSUBSCRIBE", batch.unsubscribe)
        }
    }

    private func write(_ name: String, _ channels: [[UInt8]]) {
        guard !channels.isEmpty else { return }
        var command = RedisCommand(name: name, reservedByteCount: channels.count * 64)
        for channel in channels { command.append(channel) }
        counts.commandCount &+= 1
        link.enqueue(command)
    }
}

extension RedisSubscriber: RedisLinkOwner {
    func linkReplied(_ reply: borrowing RESPReply) -> RedisLinkFailure? {
        var isPush = true
        // Safety: the push is used while the reply is valid, and its bytes are lent on for the
        // time of the delegate's call only.
        let failure: RedisLinkFailure? = unsafe reply.withPubSubPush { push in
            switch unsafe push {
            case .message(let channel, let payload):
                unsafe received(channel, payload)
                return nil
            case .subscribed(let channel, _), .unsubscribed(let channel, _):
                return unsafe confirmed(Array(channel))
            case .pong: return nil
            case .patternMessage: return .outOfStep
            case nil:
                isPush = false
                return nil
            }
        }
        return isPush ? failure : otherReply(reply.value())
    }

    @inline(__always)
    private func received(_ channel: UnsafeRawBufferPointer, _ payload: UnsafeRawBufferPointer) {
        counts.messageCount &+= 1
        if !newlyLive.isEmpty { linkReadEnded() }
        // Safety: the bytes are lent on for the time of the call.
        if let probe, unsafe probe.take(channel: channel, payload: payload) { return }
        unsafe delegate?.subscriberReceived(channel: channel, payload: payload)
    }

    private func confirmed(_ channel: [UInt8]) -> RedisLinkFailure? {
        counts.replyCount &+= 1
        switch table.confirmed(channel) {
        case .live: newlyLive.append(channel)
        case .noted: break
        case .unexpected: return .outOfStep
        }
        postPump()
        return nil
    }

    /// Without subscriptions, PING has its usual reply; an error answers a refused SUBSCRIBE.
    private func otherReply(_ reply: RESPValue) -> RedisLinkFailure? {
        switch reply {
        case .simpleString("PONG"): return nil
        case .error(let error):
            counts.errorReplyCount &+= 1
            return .subscriptionRefused(code: error.code)
        default: return .outOfStep
        }
    }

    func linkReadEnded() {
        guard !newlyLive.isEmpty else { return }
        let channels = newlyLive.filter { table.isLive($0) }
        newlyLive.removeAll(keepingCapacity: true)
        if !channels.isEmpty { delegate?.channelsLive(channels) }
    }

    func linkNeedsPing() {
        link.enqueue(RedisCommand("PING"))
    }

    func linkLost(_ reason: RedisLinkFailure, writtenByteCount: UInt64) {
        table.connectionLost()
        newlyLive.removeAll()
        probe?.linkLost()
        delegate?.subscriberLost(reason)
    }

    func linkChanged(to state: RedisLinkState) {
        if state == .ready { pump() }
    }
}
