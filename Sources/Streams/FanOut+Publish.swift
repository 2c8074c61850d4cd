/// What publishing did.
package struct PublishOutcome: Equatable, Sendable {
    /// `seq` of the event.
    package let sequence: UInt64
    /// Subscribers on this loop, slow ones included.
    package let subscriberCount: Int
}

extension FanOut {
    /// Sends an event to every subscriber of a channel; its `seq` is the channel's next.
    ///
    /// - Parameters:
    ///   - payload: one JSON value, checked by the caller, copied once.
    ///   - channel: an open channel.
    ///   - now: a monotonic time in nanoseconds, for subscriptions with a minimum interval.
    /// - Returns: the event's `seq`, and who gets it.
    /// - Throws: ``StreamError/unknownChannel`` or
    ///   ``StreamError/payloadTooLarge(byteCount:max:)``.
    @discardableResult
    package mutating func publish(
        _ payload: RawSpan, to channel: ChannelID, now: UInt64
    ) throws(StreamError) -> PublishOutcome {
        guard let index = channels.index(of: channel) else { throw .unknownChannel }
        // Safety: the index is live.
        let sequence = unsafe channels.record(index).pointee.sequence &+ 1
        return try publish(payload, to: index, sequence: sequence, now: now)
    }

    /// Sends an event that has its own `seq` from elsewhere, which may leave gaps.
    ///
    /// - Returns: the event's `seq`, and who gets it.
    /// - Throws: ``StreamError/staleSequence(last:)`` for an event that was sent before, and
    ///   nothing is sent; ``StreamError/unknownChannel``;
    ///   ``StreamError/payloadTooLarge(byteCount:max:)``.
    @discardableResult
    package mutating func publish(
        _ payload: RawSpan, to channel: ChannelID, sequence: UInt64, now: UInt64
    ) throws(StreamError) -> PublishOutcome {
        guard let index = channels.index(of: channel) else { throw .unknownChannel }
        // Safety: the index is live.
        let last = unsafe channels.record(index).pointee.sequence
        guard sequence > last else { throw .staleSequence(last: last) }
        return try publish(payload, to: index, sequence: sequence, now: now)
    }

    /// Sends a notification about a channel to all its subscribers, in order with its events: no
    /// event that is published later takes the place of one that waits before the notification.
    ///
    /// - Parameters:
    ///   - channel: an open channel.
    ///   - message: the whole JSON-RPC notification.
    /// - Throws: ``StreamError/unknownChannel`` or
    ///   ``StreamError/payloadTooLarge(byteCount:max:)``.
    package mutating func notifySubscribers(
        of channel: ChannelID, _ message: RawSpan
    ) throws(StreamError) {
        guard let index = channels.index(of: channel) else { throw .unknownChannel }
        try checkMessage(message)
        let frame = frames.makeMessage(message, kind: .notice)
        // Safety: the index is live, and delivering changes no subscriber list.
        unsafe deliver(frame, to: channels.record(index).pointee.subscribers)
        unsafe deliverNotice(frame, toPaced: channels.record(index).pointee.pacedSubscribers)
        frames.release(frame)
    }

    private mutating func publish(
        _ payload: RawSpan, to index: UInt32, sequence: UInt64, now: UInt64
    ) throws(StreamError) -> PublishOutcome {
        guard payload.byteCount <= limits.payloadByteCount else {
            throw .payloadTooLarge(byteCount: payload.byteCount, max: limits.payloadByteCount)
        }
        // Safety: the index is live, and nothing below opens or closes a channel.
        let channel = unsafe channels.record(index)
        let previous = unsafe channel.pointee.sequence
        unsafe channel.pointee.sequence = sequence
        counters.published &+= 1
        let subscriberCount = unsafe channel.pointee.subscriberCount
        if subscriberCount > 0 {
            let frame = unsafe frames.makeEvent(
                prefix: channel.pointee.prefix.bytes, payload: payload, sequence: sequence,
                previousSequence: previous, era: channel.pointee.era)
            unsafe deliver(frame, to: channel.pointee.subscribers)
            unsafe deliverPaced(frame, to: channel.pointee.pacedSubscribers, now: now)
            frames.release(frame)
        }
        return PublishOutcome(sequence: sequence, subscriberCount: subscriberCount)
    }

    /// Queues a frame for every subscriber of a list.
    private mutating func deliver(_ frame: UInt32, to list: SubscriberList) {
        // Safety: the list is a copy of its channel's, which does not change in this call.
        guard let subscribers = unsafe list.base else { return }
        let count = Int(list.count)
        entries.reserve(count)
        var position = 0
        while true {
            position = unsafe deliverRun(of: frame, to: subscribers, from: position, count: count)
            guard position < count else { return }
            // Safety: the position is below the count.
            deliverExceptionally(frame, to: unsafe subscribers[position])
            position &+= 1
        }
    }

    /// Queues a frame for subscribers that keep up: the loop that everything else makes way for.
    ///
    /// - Returns: the position of the first subscriber that needs more thought, or the count.
    private mutating func deliverRun(
        of frame: UInt32, to subscribers: UnsafeMutablePointer<Subscriber>, from start: Int,
        count: Int
    ) -> Int {
        let byteCount = frames[frame].byteCount
        let maxByteCount = UInt32(limits.queuedByteCountPerConnection)
        let maxCount = UInt32(truncatingIfNeeded: limits.queuedFrameCountPerConnection)
        // Safety: subscribers name live connections; `entries` has `count` free records from
        // `freeHead` on, so nothing grows and the base pointers stay valid through the loop; the
        // ring has a place for every connection that is not in it yet.
        let connectionBase = unsafe outbound.connections.base
        let entryBase = unsafe entries.base
        let ring = unsafe outbound.ring
        let ringMask = outbound.ringCapacity &- 1
        let ringStart = outbound.ringHead &+ outbound.ringCount
        var ringEnd = ringStart
        var free = entries.freeHead
        var position = start
        while position < count {
            let subscriber = unsafe subscribers[position]
            // Safety: as argued above the loop; every index is of a record of its slab.
            let connection = unsafe connectionBase + Int(subscriber.slot)
            let flags = unsafe connection.pointee.flags
            let newByteCount = unsafe connection.pointee.byteCount &+ byteCount
            let newCount = unsafe connection.pointee.count &+ 1
            guard flags.isDisjoint(with: .exceptional), newByteCount <= maxByteCount,
                newCount <= maxCount
            else { break }
            let index = free
            let entry = unsafe entryBase + Int(index)
            free = unsafe entry.pointee.next
            let tail = unsafe connection.pointee.tail
            unsafe entry.pointee = OutboundEntry(
                frame: frame, next: noIndex, previous: tail, subscription: subscriber.subscription)
            if tail == noIndex {
                unsafe connection.pointee.head = index
            } else {
                unsafe entryBase[Int(tail)].next = index
            }
            unsafe connection.pointee.tail = index
            unsafe connection.pointee.count = newCount
            unsafe connection.pointee.byteCount = newByteCount
            if !flags.contains(.dirty) {
                unsafe connection.pointee.flags = flags.union(.dirty)
                unsafe ring[ringEnd & ringMask] = subscriber.slot
                ringEnd &+= 1
            }
            position &+= 1
        }
        let delivered = position &- start
        outbound.didAppendToRing(ringEnd &- ringStart)
        entries.didTake(delivered, newFreeHead: free)
        frames.retain(frame, by: Int32(truncatingIfNeeded: delivered))
        counters.delivered &+= UInt64(delivered)
        return position
    }
}
