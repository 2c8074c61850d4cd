import EventLoop
import GatewayAPI
import JSONRPC
import Redis
import Streams

extension LoopServer {
    /// Subscribes a connection to a channel, and this loop to its feed where it is the first.
    ///
    /// - Parameters:
    ///   - connection: who wants the events.
    ///   - name: the channel's name.
    ///   - options: how they are wanted.
    ///   - isHeld: whether a new subscription waits until its request is answered.
    /// - Returns: the channel's name in the fan-out.
    /// - Throws: where the name or one more subscription is refused.
    func subscribe(
        _ connection: OutboundID, to name: String, options: SubscriptionOptions, isHeld: Bool
    ) throws(StreamError) -> ChannelID {
        let bytes = Array(name.utf8)
        let channel: ChannelID
        if let known = fanOut.channel(named: bytes) {
            channel = known
        } else {
            channel = try fanOut.openChannel(bytes, epoch: epochs.next())
        }
        do throws(StreamError) {
            _ = try fanOut.subscribe(
                connection, to: channel, options: options, isHeld: isHeld)
        } catch {
            // A channel that was opened in vain would stay for good, since nobody leaves it.
            // Closing fails where it has other subscribers.
            try? fanOut.closeChannel(channel)
            throw error
        }
        if feeds[channel] == nil {
            let isConfirmed =
                (try? redis?.subscriber.subscribe(RedisChannel.name(of: name))) ?? false
            feeds[channel] = ChannelFeed()
            shared.feedDemand.add(channel: name)
            // It is followed already for the sake of subscriptions that hang on participation.
            if isConfirmed { askPositions([bytes]) }
        }
        return channel
    }

    /// Ends a connection's subscription.
    ///
    /// - Returns: whether there was one.
    func unsubscribe(_ connection: OutboundID, from name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard let channel = fanOut.channel(named: bytes) else { return false }
        return (try? fanOut.unsubscribe(connection, from: channel)) ?? false
    }

    /// Leaves the feeds of channels that nobody on this loop is subscribed to any more.
    func leaveIdleChannels() {
        while let channel = fanOut.nextIdleChannel() {
            guard let name = fanOut.name(of: channel) else { continue }
            if !isWatched(name) { redis?.subscriber.unsubscribe(RedisChannel.name(of: name)) }
            unaskedChannels.remove(Array(name.utf8))
            if feeds.removeValue(forKey: channel) != nil {
                shared.feedDemand.remove(channel: name)
            }
            // Cannot fail: the channel is open and has no subscribers.
            try? fanOut.closeChannel(channel)
        }
    }

    /// Lets a request wait until a channel is live.
    func wait(_ request: PendingSubscribe, for channel: ChannelID) {
        feeds[channel]?.waiters.append(request)
    }

    /// Notes that a client was told that a channel is not live.
    func toldStale(_ channel: ChannelID) {
        feeds[channel]?.wasToldStale = true
    }

    /// Whether every event of a channel published now arrives here.
    func isLive(_ channel: ChannelID) -> Bool {
        feeds[channel]?.isLive ?? false
    }
}

// MARK: - What Redis tells

extension LoopServer: RedisSubscriberDelegate {
    func subscriberLost(_ reason: RedisLinkFailure) {
        guard !isStopped else { return }
        metrics.feedLossCount += 1
        shared.report(.feedLost(loop: index, reason: reason.description), from: self)
        for channel in feeds.keys { feeds[channel]?.isSuspended = false }
        tellStale()
        abandonTimelines()
    }

    private func tellStale() {
        for (channel, feed) in feeds where feed.isLive {
            feeds[channel]?.isLive = false
            feeds[channel]?.wasToldStale = true
            notify(channel, .stale, .feedLost)
        }
    }

    /// Nothing is known to arrive any more, though the link seems to be there: what clients know
    /// may be out of date.
    func suspendFeeds() {
        guard !isStopped else { return }
        for (channel, feed) in feeds where feed.isLive { feeds[channel]?.isSuspended = true }
        tellStale()
    }

    /// What is published arrives again, on the link that was there all the time.
    func resumeFeeds() {
        for (channel, feed) in feeds where feed.isSuspended {
            feeds[channel] = ChannelFeed(isLive: true)
            // An event may have told it already.
            if feed.wasToldStale { notify(channel, .live, .feedResumed) }
            for waiter in feed.waiters { waiter.becameLive(channel) }
        }
    }

    func channelsLive(_ channels: [[UInt8]]) {
        // What was announced while the link was gone is unknown.
        if channels.contains(RevocationFollower.channel) { redis?.revocations?.announced() }
        let names = channels.filter { $0.starts(with: RedisChannel.prefix) }
            .map { Array($0.dropFirst(RedisChannel.prefix.count)) }
        for name in names {
            recheckParticipation(String(decoding: name, as: UTF8.self))
            // An event of an earlier subscription, which was left since then, may have come.
            if let channel = fanOut.channel(named: name) { feeds[channel]?.isCounted = false }
        }
        askPositionsInSteps(names)
        shared.report(.feedLive(loop: index, channelCount: channels.count), from: self)
    }

    /// Asks where channels are whose subscription Redis has just confirmed: from the answer on they
    /// are live. What is published meanwhile arrives before or behind it and is counted once.
    private func askPositions(_ names: [[UInt8]]) {
        let isOpen = names.filter { fanOut.channel(named: $0) != nil }
        guard let functions = redis?.functions, !isOpen.isEmpty else { return }
        // The link for questions comes back on its own, and sooner or later than this one.
        guard functions.isReady else { return unaskedChannels.formUnion(isOpen) }
        functions.positions(of: isOpen) { [weak self] positions in
            guard let self else { return }
            guard positions != nil || functions.isReady else {
                return unaskedChannels.formUnion(isOpen)
            }
            for (index, name) in isOpen.enumerated() {
                becameLive(name, at: positions?[index])
            }
        }
    }

    /// Asks again what had no answer while there was no link for questions.
    func askWhatIsOpen() {
        guard redis?.functions.isReady ?? false else { return }
        if !unaskedChannels.isEmpty {
            let names = Array(unaskedChannels)
            unaskedChannels = []
            askPositionsInSteps(names)
        }
        recheckSome()
    }

    private func askPositionsInSteps(_ names: [[UInt8]]) {
        let step = FunctionCaller.channelsPerQuestionMax
        for start in stride(from: 0, to: names.count, by: step) {
            askPositions(Array(names[start..<min(start + step, names.count)]))
        }
    }

    private func becameLive(_ name: [UInt8], at position: ChannelPosition?) {
        guard let channel = fanOut.channel(named: name), let feed = feeds[channel],
            redis?.subscriber.isLive(RedisChannel.prefix + name) ?? false
        else { return }
        feeds[channel] = ChannelFeed(isLive: true)
        let present = fanOut.position(of: channel)
        if feed.isCounted {
            // Nothing is missing from what came on; what was missing before it has been told.
            if feed.wasToldStale { notify(channel, .live, .feedResumed) }
        } else if let position, position.epoch == present?.epoch {
            // The count went on through the outage, and tells whether something is missing.
            let isWhole = present.map { $0.sequence >= position.sequence } ?? false
            if !isWhole {
                try? fanOut.restart(channel, epoch: position.epoch, sequence: position.sequence)
            }
            if feed.wasToldStale { notify(channel, .live, isWhole ? .feedResumed : .feedRestored) }
        } else if let position, !feed.wasToldStale {
            // Nobody has had an answer yet that names another epoch.
            try? fanOut.restart(channel, epoch: position.epoch, sequence: position.sequence)
        } else if feed.wasToldStale {
            // What was published meanwhile is lost: a new epoch says so.
            try? fanOut.restart(
                channel, epoch: position?.epoch ?? epochs.next(),
                sequence: position?.sequence ?? 0)
            notify(channel, .live, .feedRestored)
        }
        for waiter in feed.waiters { waiter.becameLive(channel) }
    }

    func subscriberReceived(
        channel name: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer
    ) {
        // Safety: both are borrowed for this call, in which they are copied into a frame.
        guard let channelName = unsafe RedisChannel.channel(of: name) else {
            if unsafe name.elementsEqual(RevocationFollower.channel) {
                redis?.revocations?.announced()
            }
            return
        }
        if !participations.isEmpty, unsafe channelName.first == UInt8(ascii: "u"),
            let publication = unsafe Publication(payload)
        {
            unsafe noteParticipation(
                String(decoding: channelName, as: UTF8.self), publication.json.bytes)
        }
        guard let channel = unsafe fanOut.channel(named: channelName.bytes) else { return }
        metrics.publicationCount += 1
        guard let publication = unsafe Publication(payload) else {
            return refusePublication(channel, "malformed sequence prefix")
        }
        guard unsafe JSONValidator.isValid(publication.json.bytes) else {
            return refusePublication(channel, "not JSON")
        }
        do throws(StreamError) {
            unsafe metrics.deliveryCount += try publish(publication, to: channel)
        } catch {
            // It was counted by the position that was asked for when the channel became live.
            if case .staleSequence = error { return }
            refusePublication(channel, "\(error)")
        }
    }

    /// Queues an event for a channel's subscribers.
    ///
    /// - Returns: how many there are.
    private func publish(
        _ publication: borrowing Publication, to channel: ChannelID
    ) throws(StreamError) -> Int {
        let now = loop.now.nanoseconds
        // Safety: the message that the publication leads into outlives this call.
        let json = unsafe publication.json.bytes
        guard unsafe publication.sequence > 0 else {
            try countByItself(channel)
            let outcome = try fanOut.publish(json, to: channel, now: now)
            record(json, outcome.sequence, on: channel)
            return outcome.subscriberCount
        }
        let epoch = unsafe publication.epoch
        if let position = fanOut.position(of: channel) {
            let isOtherCount = unsafe !position.epoch.utf8.elementsEqual(epoch)
            // While the link was there all the time, subscribers see a gap by themselves.
            let isGap = unsafe publication.sequence > position.sequence + 1
            if isOtherCount || isGap && isBehindOutage(channel) {
                // The publisher's epoch and numbers hold from here on.
                unsafe try fanOut.restart(
                    channel, epoch: epoch.bytes, sequence: publication.sequence - 1)
                tellNewCount(channel)
            }
        }
        if !isLive(channel) { feeds[channel]?.isCounted = true }
        let outcome = unsafe try fanOut.publish(
            json, to: channel, sequence: publication.sequence, now: now)
        record(json, outcome.sequence, on: channel)
        return outcome.subscriberCount
    }

    /// Sees to it that this loop may number the next event of a channel.
    ///
    /// In an epoch of a publisher only the publisher gives numbers: one that was given away here
    /// would be missing for its next event, which would pass for one that was sent before.
    private func countByItself(_ channel: ChannelID) throws(StreamError) {
        guard let position = fanOut.position(of: channel), !epochs.owns(position.epoch) else {
            return
        }
        try fanOut.restart(channel, epoch: epochs.next())
        tellNewCount(channel)
    }

    /// Whether subscribers know of an outage whose end they have not been told.
    private func isBehindOutage(_ channel: ChannelID) -> Bool {
        feeds[channel].map { !$0.isLive && $0.wasToldStale } ?? false
    }

    /// Tells subscribers that a channel's count begins anew: nothing is missing while the link was
    /// there all the time; behind an outage, what was published meanwhile is lost.
    private func tellNewCount(_ channel: ChannelID) {
        let isBehindOutage = isBehindOutage(channel)
        if isBehindOutage {
            feeds[channel]?.wasToldStale = false
            feeds[channel]?.isCounted = true
        }
        notify(channel, .live, isBehindOutage ? .feedRestored : .feedResumed)
    }

    /// Counts and reports an event that cannot be delivered.
    private func refusePublication(_ channel: ChannelID, _ reason: String) {
        metrics.invalidPublicationCount += 1
        shared.report(
            .invalidPublication(channel: fanOut.name(of: channel) ?? "", reason: reason),
            from: self)
    }

    /// Tells a channel's subscribers how its feed stands.
    private func notify(
        _ channel: ChannelID, _ status: FeedStatus, _ reason: ChannelStatusReason
    ) {
        guard let name = fanOut.name(of: channel), let position = fanOut.position(of: channel)
        else { return }
        router.withChannelStatus(
            status, reason, channel: name, epoch: position.epoch, sequence: position.sequence
        ) { message in
            // Fails for a message above the bound only, which this one is far below.
            try? fanOut.notifySubscribers(of: channel, message)
        }
    }
}
