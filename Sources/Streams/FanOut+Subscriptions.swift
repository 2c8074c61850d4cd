/// What subscribing did.
package struct SubscribeOutcome: Equatable, Sendable {
    /// The channel had no subscriber on this loop before.
    package let isFirstOfChannel: Bool
    /// The connection was subscribed already; its options are now the new ones.
    package let wasSubscribed: Bool
}

extension FanOut {
    /// The open channel with a name.
    package func channel(named name: RawSpan) -> ChannelID? {
        channels.find(name).map { channels.id(of: $0) }
    }

    /// The channel with a name, opened if need be.
    ///
    /// A channel stays open without subscribers until ``closeChannel(_:)``.
    ///
    /// - Parameters:
    ///   - name: visible ASCII without `"` and `\`.
    ///   - epoch: names the run of sequence numbers, opaque; taken for a new channel only.
    ///   - sequence: `seq` of the last event before a new channel's first.
    /// - Returns: the channel's name for every other call.
    /// - Throws: an error about the name, the epoch, or the number of channels.
    package mutating func openChannel(
        _ name: RawSpan, epoch: RawSpan, sequence: UInt64 = 0
    ) throws(StreamError) -> ChannelID {
        if let index = channels.find(name) {
            return channels.id(of: index)
        }
        guard name.byteCount <= limits.channelNameByteCount else {
            throw .channelNameTooLong(byteCount: name.byteCount, max: limits.channelNameByteCount)
        }
        guard name.isChannelName else { throw .invalidChannelName }
        try checkEpoch(epoch)
        guard channels.count < limits.channelCount else {
            throw .tooManyChannels(max: limits.channelCount)
        }
        return channels.id(of: channels.insert(name, epoch: epoch, sequence: sequence))
    }

    /// Starts a channel's sequence anew.
    ///
    /// Waiting events of the old epoch are sent as they are and never merged with new ones.
    ///
    /// - Parameters:
    ///   - channel: an open channel.
    ///   - epoch: the name of the new run of numbers.
    ///   - sequence: `seq` of the last event before the next: that one has one more.
    /// - Throws: ``StreamError/unknownChannel`` or ``StreamError/epochTooLong(byteCount:max:)``.
    package mutating func restart(
        _ channel: ChannelID, epoch: RawSpan, sequence: UInt64 = 0
    ) throws(StreamError) {
        guard let index = channels.index(of: channel) else { throw .unknownChannel }
        try checkEpoch(epoch)
        channels.setEpoch(of: index, to: epoch)
        // Safety: the index is live.
        unsafe channels.record(index).pointee.sequence = sequence
        unsafe channels.record(index).pointee.era &+= 1
    }

    /// Closes a channel that has no subscribers.
    ///
    /// - Throws: ``StreamError/unknownChannel`` or ``StreamError/channelInUse``.
    package mutating func closeChannel(_ channel: ChannelID) throws(StreamError) {
        guard let index = channels.index(of: channel) else { throw .unknownChannel }
        // Safety: the index is live.
        guard unsafe channels.record(index).pointee.subscriberCount == 0 else {
            throw .channelInUse
        }
        channels.remove(index)
    }

    /// The next channel that lost its last subscriber and still has none.
    package mutating func nextIdleChannel() -> ChannelID? {
        while let id = idleChannels.popLast() {
            guard let index = channels.index(of: id) else { continue }
            // Safety: the index is live.
            unsafe channels.record(index).pointee.isListedIdle = false
            if unsafe channels.record(index).pointee.subscriberCount == 0 {
                return id
            }
        }
        return nil
    }

    /// Subscribes a connection to a channel, or changes its options.
    ///
    /// Costs one step per subscription of the connection.
    ///
    /// - Parameters:
    ///   - connection: who wants the events.
    ///   - channel: an open channel.
    ///   - options: how they are wanted.
    ///   - isHeld: whether a new subscription gets no events and no notices until
    ///     ``release(_:from:minimumInterval:)``; meanwhile it counts as any other.
    /// - Returns: whether this is the channel's first subscriber or a repetition.
    /// - Throws: ``StreamError/tooManySubscriptions(max:)``, ``StreamError/unknownConnection`` or
    ///   ``StreamError/unknownChannel``.
    package mutating func subscribe(
        _ connection: OutboundID, to channel: ChannelID, options: SubscriptionOptions,
        isHeld: Bool = false
    ) throws(StreamError) -> SubscribeOutcome {
        guard let slot = outbound.slot(of: connection) else { throw .unknownConnection }
        guard let index = channels.index(of: channel) else { throw .unknownChannel }
        if let found = findSubscription(of: slot, to: index) {
            subscriptions[found.subscription].policy = options.policy
            if !subscriptions[found.subscription].isHeld {
                changeInterval(of: found.subscription, to: options.minimumInterval)
            }
            return SubscribeOutcome(isFirstOfChannel: false, wasSubscribed: true)
        }
        guard outbound[slot].subscriptionCount < limits.subscriptionsPerConnection else {
            throw .tooManySubscriptions(max: limits.subscriptionsPerConnection)
        }
        let subscription = subscriptions.take()
        var record = SubscriptionRecord.vacant
        record.slot = slot
        record.channel = index
        record.policy = options.policy
        record.nextOfConnection = outbound[slot].firstSubscription
        outbound[slot].firstSubscription = subscription
        outbound[slot].subscriptionCount += 1
        subscriptions[subscription] = record
        // Safety: the index is live.
        let isFirst = unsafe channels.record(index).pointee.subscriberCount == 0
        if isHeld {
            subscriptions[subscription].isHeld = true
            // Safety: the index is live.
            unsafe channels.record(index).pointee.heldCount += 1
        } else {
            enlist(subscription, minimumInterval: options.minimumInterval)
        }
        return SubscribeOutcome(isFirstOfChannel: isFirst, wasSubscribed: false)
    }

    /// Puts everything that a subscription is to get so far in front of what is queued next, so
    /// that the channel's present place can be told: sends what the rate holds back, and lets no
    /// later event take the place of one that waits.
    ///
    /// - Parameters:
    ///   - connection: whose subscription it is; nothing happens where there is none.
    ///   - channel: its channel.
    /// - Returns: whether there is one.
    @discardableResult
    package mutating func settle(_ connection: OutboundID, in channel: ChannelID) -> Bool {
        guard let slot = outbound.slot(of: connection), let index = channels.index(of: channel),
            let found = findSubscription(of: slot, to: index)
        else { return false }
        let pace = subscriptions[found.subscription].pace
        if pace != noIndex { sendHeldEvent(of: pace) }
        forgetBacklog(of: found.subscription)
        return true
    }

    /// Lets a held subscription have events from the next one on. One that is not held takes the
    /// interval, and one that has ended meanwhile stays ended.
    ///
    /// - Parameters:
    ///   - connection: whose subscription it is.
    ///   - channel: its channel.
    ///   - minimumInterval: the shortest time between two events, in nanoseconds.
    package mutating func release(
        _ connection: OutboundID, from channel: ChannelID, minimumInterval: UInt64
    ) {
        guard let slot = outbound.slot(of: connection), let index = channels.index(of: channel),
            let found = findSubscription(of: slot, to: index)
        else { return }
        guard subscriptions[found.subscription].isHeld else {
            return changeInterval(of: found.subscription, to: minimumInterval)
        }
        delist(found.subscription)
        enlist(found.subscription, minimumInterval: minimumInterval)
    }

    /// Ends a subscription. Its events that are queued already are still sent.
    ///
    /// - Returns: whether there was one.
    /// - Throws: ``StreamError/unknownConnection`` or ``StreamError/unknownChannel``.
    @discardableResult
    package mutating func unsubscribe(
        _ connection: OutboundID, from channel: ChannelID
    ) throws(StreamError) -> Bool {
        guard let slot = outbound.slot(of: connection) else { throw .unknownConnection }
        guard let index = channels.index(of: channel) else { throw .unknownChannel }
        guard let found = findSubscription(of: slot, to: index) else { return false }
        detachEntries(of: found.subscription, in: slot)
        removeSubscription(found.subscription, after: found.predecessor)
        return true
    }

    private func checkEpoch(_ epoch: RawSpan) throws(StreamError) {
        guard epoch.byteCount <= FixedLimits.epochByteCount else {
            throw .epochTooLong(byteCount: epoch.byteCount, max: FixedLimits.epochByteCount)
        }
    }

    /// A connection's subscription to a channel, and the one before it in the connection's list.
    private func findSubscription(
        of slot: UInt32, to channel: UInt32
    ) -> (subscription: UInt32, predecessor: UInt32)? {
        var predecessor = noIndex
        var subscription = outbound[slot].firstSubscription
        while subscription != noIndex {
            if subscriptions[subscription].channel == channel {
                return (subscription, predecessor)
            }
            predecessor = subscription
            subscription = subscriptions[subscription].nextOfConnection
        }
        return nil
    }

    /// Takes a subscription out of its connection's and its channel's list and frees it.
    mutating func removeSubscription(_ subscription: UInt32, after predecessor: UInt32) {
        let record = subscriptions[subscription]
        forgetBacklog(of: subscription)
        if predecessor == noIndex {
            outbound[record.slot].firstSubscription = record.nextOfConnection
        } else {
            subscriptions[predecessor].nextOfConnection = record.nextOfConnection
        }
        outbound[record.slot].subscriptionCount -= 1
        delist(subscription)
        // Safety: a subscription's channel is live, as only channels without any are closed.
        let channel = unsafe channels.record(record.channel)
        if unsafe channel.pointee.subscriberCount == 0, unsafe !channel.pointee.isListedIdle {
            unsafe channel.pointee.isListedIdle = true
            idleChannels.append(channels.id(of: record.channel))
        }
        subscriptions.give(subscription)
    }

    /// Makes queued events independent of a subscription that is about to end.
    private mutating func detachEntries(of subscription: UInt32, in slot: UInt32) {
        var entry = outbound[slot].head
        while entry != noIndex {
            if entries[entry].subscription == subscription {
                entries[entry].subscription = noIndex
            }
            entry = entries[entry].next
        }
    }
}

extension RawSpan {
    /// Whether the bytes can stand in a JSON string as they are, and there is at least one.
    fileprivate var isChannelName: Bool {
        guard byteCount > 0 else { return false }
        for offset in 0..<byteCount {
            // Safety: the offset is below the count.
            let byte = unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
            guard byte > 0x20, byte < 0x7F, byte != 0x22, byte != 0x5C else { return false }
        }
        return true
    }
}
