/// What happens off the fast path: deliveries to connections that do not keep up.
///
/// While a connection is backlogged, the waiting entries of each of its subscriptions form a
/// chain, so that a policy finds the oldest and the newest at once. Chains are built when the
/// connection blocks and go when it has caught up; a connection that keeps up has none. A notice
/// or a new epoch ends a chain: what waits before it is sent as it is.
extension FanOut {
    /// Queues an event or notice for a connection that is backlogged, closing or at a bound.
    mutating func deliverExceptionally(_ frame: UInt32, to subscriber: Subscriber) {
        let slot = subscriber.slot
        let subscription = subscriber.subscription
        let flags = outbound[slot].flags
        guard flags.isDisjoint(with: [.closing, .overflowed]) else { return }
        frames.retain(frame)
        guard flags.contains(.backlogged), frames[frame].kind != .notice else {
            return appendOwned(frame, to: subscriber)
        }
        endChain(of: subscription, before: frame)
        let backlog = subscriptions[subscription].backlog
        let pendingCount = backlog == noIndex ? 0 : Int(backlogs[backlog].count)
        switch subscriptions[subscription].policy {
        case .merge:
            if backlog != noIndex, canChange(backlogs[backlog].last, in: slot) {
                return merge(frame, into: backlogs[backlog].last, in: slot)
            }
            appendOwned(frame, to: subscriber)
        case .dropOldest:
            // More than one only after a policy with a larger bound.
            var newest = frame
            var excess = pendingCount - limits.pendingEventsUnderDropOldest
            while excess >= 0, dropOldest(of: subscription, before: &newest, in: slot) {
                excess -= 1
            }
            appendOwned(newest, to: subscriber)
        case .buffer where pendingCount >= limits.pendingEventsUnderBuffer,
            .close where pendingCount >= limits.pendingEventsUnderClose:
            frames.release(frame)
            overflow(slot, cause: .subscription)
        case .buffer, .close:
            appendOwned(frame, to: subscriber)
        }
    }

    /// Appends a frame whose reference the caller passes on, if the queue's bounds allow.
    private mutating func appendOwned(_ frame: UInt32, to subscriber: Subscriber) {
        guard hasRoom(for: frames[frame].byteCount, in: subscriber.slot) else {
            let cause = overflowCause(of: frame, for: subscriber.subscription)
            frames.release(frame)
            return overflow(subscriber.slot, cause: cause)
        }
        let entry = append(frame, to: subscriber.slot, for: subscriber.subscription)
        counters.delivered &+= 1
        if outbound[subscriber.slot].flags.contains(.backlogged) {
            chain(entry)
        }
    }

    /// Why a connection ends whose queue has no room for a frame: a policy that lets nothing go has
    /// been told to end it so, whichever bound is met first.
    private func overflowCause(of frame: UInt32, for subscription: UInt32) -> Overflow.Cause {
        guard frames[frame].kind != .notice else { return .queue }
        return switch subscriptions[subscription].policy {
        case .buffer, .close: .subscription
        case .merge, .dropOldest: .queue
        }
    }

    /// Lets an event, whose reference the caller passes on, take the place of one that waits.
    private mutating func merge(_ newer: UInt32, into entry: UInt32, in slot: UInt32) {
        let older = entries[entry].frame
        let olderByteCount = frames[older].byteCount
        let frame = frames.annotate(newer: newer, skipping: older, merged: true)
        frames.release(newer)
        entries[entry].frame = frame
        outbound[slot].byteCount &-= olderByteCount
        outbound[slot].byteCount &+= frames[frame].byteCount
        outbound[slot].mergedCount &+= 1
        counters.merged &+= 1
        counters.delivered &+= 1
        if Int(outbound[slot].byteCount) > limits.queuedByteCountPerConnection {
            overflow(slot)
        }
    }

    /// Takes the oldest waiting event of a subscription away and tells the next one about it.
    ///
    /// - Parameters:
    ///   - subscription: a subscription of the connection in the slot.
    ///   - newest: the event that comes next if no other waits; its reference is the caller's
    ///     before and after.
    ///   - slot: the connection.
    /// - Returns: false if nothing may be dropped.
    private mutating func dropOldest(
        of subscription: UInt32, before newest: inout UInt32, in slot: UInt32
    ) -> Bool {
        let backlog = subscriptions[subscription].backlog
        guard backlog != noIndex else { return false }
        var oldest = backlogs[backlog].first
        var predecessor = noIndex
        if !canChange(oldest, in: slot) {
            predecessor = oldest
            oldest = entries[oldest].nextOfSubscription
        }
        guard oldest != noIndex else { return false }
        let dropped = entries[oldest].frame
        let droppedByteCount = frames[dropped].byteCount
        let next = entries[oldest].nextOfSubscription
        let receiver = next == noIndex ? newest : entries[next].frame
        let receiverByteCount = frames[receiver].byteCount
        let annotated = frames.annotate(newer: receiver, skipping: dropped, merged: false)
        frames.release(receiver)
        if next == noIndex {
            newest = annotated
        } else {
            entries[next].frame = annotated
            outbound[slot].byteCount &-= receiverByteCount
            outbound[slot].byteCount &+= frames[annotated].byteCount
        }
        outbound[slot].byteCount &-= droppedByteCount
        unlink(oldest, in: slot)
        unchain(oldest, after: predecessor, in: backlog)
        entries.give(oldest)
        outbound[slot].droppedCount &+= 1
        counters.dropped &+= 1
        return true
    }

    /// Marks a connection for closing and discards all that it has not begun to get.
    mutating func overflow(_ slot: UInt32, cause: Overflow.Cause = .queue) {
        guard !outbound[slot].flags.contains(.overflowed) else { return }
        var subscription = outbound[slot].firstSubscription
        while subscription != noIndex {
            forgetBacklog(of: subscription)
            subscription = subscriptions[subscription].nextOfConnection
        }
        var entry = outbound[slot].head
        if entry != noIndex, outbound[slot].hasStartedFirst {
            let started = entry
            entry = entries[started].next
            entries[started].next = noIndex
            outbound[slot].tail = started
            outbound[slot].count = 1
            outbound[slot].byteCount = frames[entries[started].frame].byteCount
        } else {
            outbound[slot].head = noIndex
            outbound[slot].tail = noIndex
            outbound[slot].count = 0
            outbound[slot].byteCount = 0
        }
        while entry != noIndex {
            let next = entries[entry].next
            frames.release(entries[entry].frame)
            entries.give(entry)
            entry = next
        }
        outbound[slot].flags.insert(.overflowed)
        counters.overflowed &+= 1
        let id = OutboundID(index: slot, generation: outbound[slot].generation)
        overflowed.append(Overflow(connection: id, cause: cause))
    }
}

// MARK: - Chains

extension FanOut {
    /// Chains what waits, as the connection has just blocked.
    mutating func enterBacklog(_ slot: UInt32) {
        guard !outbound[slot].flags.contains(.backlogged) else { return }
        outbound[slot].flags.insert(.backlogged)
        var entry = outbound[slot].head
        while entry != noIndex {
            chain(entry)
            entry = entries[entry].next
        }
    }

    /// Returns a connection to the fast path once nothing waits any more.
    mutating func leaveBacklogIfDrained(_ slot: UInt32) {
        if outbound[slot].count == 0, !outbound[slot].flags.contains(.blocked) {
            outbound[slot].flags.remove(.backlogged)
        }
    }

    /// Adds the newest entry of a queue to its subscription's chain; a notice ends the chain.
    private mutating func chain(_ entry: UInt32) {
        let subscription = entries[entry].subscription
        guard subscription != noIndex else { return }
        guard frames[entries[entry].frame].kind != .notice else {
            return forgetBacklog(of: subscription)
        }
        endChain(of: subscription, before: entries[entry].frame)
        let backlog = subscriptions[subscription].backlog
        if backlog == noIndex {
            let new = backlogs.take()
            backlogs[new] = BacklogRecord(first: entry, last: entry, count: 1)
            subscriptions[subscription].backlog = new
        } else {
            entries[backlogs[backlog].last].nextOfSubscription = entry
            backlogs[backlog].last = entry
            backlogs[backlog].count &+= 1
        }
    }

    /// Takes the first entry of a queue, which was sent, out of its subscription's chain.
    mutating func unchain(_ entry: UInt32) {
        let subscription = entries[entry].subscription
        guard subscription != noIndex else { return }
        let backlog = subscriptions[subscription].backlog
        // An entry from before a notice or a new epoch is in no chain.
        guard backlog != noIndex, backlogs[backlog].first == entry else { return }
        unchain(entry, after: noIndex, in: backlog)
    }

    private mutating func unchain(
        _ entry: UInt32, after predecessor: UInt32, in backlog: UInt32
    ) {
        let next = entries[entry].nextOfSubscription
        if predecessor == noIndex {
            backlogs[backlog].first = next
        } else {
            entries[predecessor].nextOfSubscription = next
        }
        if next == noIndex {
            backlogs[backlog].last = predecessor
        }
        backlogs[backlog].count &-= 1
        if backlogs[backlog].count == 0 {
            forgetBacklog(of: entries[entry].subscription)
        }
    }

    /// Ends a chain whose events are of another epoch than a frame that is to come after them.
    private mutating func endChain(of subscription: UInt32, before frame: UInt32) {
        let backlog = subscriptions[subscription].backlog
        guard backlog != noIndex else { return }
        if frames[entries[backlogs[backlog].last].frame].era != frames[frame].era {
            forgetBacklog(of: subscription)
        }
    }

    /// Ends a subscription's chain: what waits is sent as it is.
    mutating func forgetBacklog(of subscription: UInt32) {
        let backlog = subscriptions[subscription].backlog
        guard backlog != noIndex else { return }
        subscriptions[subscription].backlog = noIndex
        backlogs.give(backlog)
    }

    /// Whether no byte of an entry may have left yet.
    private func canChange(_ entry: UInt32, in slot: UInt32) -> Bool {
        !(outbound[slot].head == entry && outbound[slot].hasStartedFirst)
    }

    /// Takes an entry out of the middle of a queue; its frame and bytes are the caller's matter.
    private mutating func unlink(_ entry: UInt32, in slot: UInt32) {
        let previous = entries[entry].previous
        let next = entries[entry].next
        if previous == noIndex {
            outbound[slot].head = next
        } else {
            entries[previous].next = next
        }
        if next == noIndex {
            outbound[slot].tail = previous
        } else {
            entries[next].previous = previous
        }
        outbound[slot].count &-= 1
    }
}
