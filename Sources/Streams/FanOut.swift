/// The fan-out of one event loop: channels, subscribers, and what waits to be written to each
/// connection.
///
/// It owns no socket, clock or thread. The driver calls it on the loop that owns it and nowhere
/// else; nothing in it is synchronised. One turn of a loop is:
///
/// 1. Read: messages and publications come in; ``publish(_:to:now:)`` and ``enqueue(_:to:)`` put
///    references to prepared frames into queues and mark connections dirty.
/// 2. Flush: until ``nextDirty()`` is nil, take the connection's frames with
///    ``fillSegments(of:into:compress:)``, write them with one call, and report with
///    ``didWrite(_:to:)``, and with ``markBlocked(_:pinsFirstFrame:)`` if the socket is full.
/// 3. Close what ``nextOverflowed()`` names, and leave at Redis what ``nextIdleChannel()`` names.
///
/// Bounds are checked when something is queued, so a turn that publishes thousands of events
/// flushes in between; else connections overflow that never had a chance to keep up.
///
/// A delivery is one step of a loop over a channel's subscribers: it takes an entry from a free
/// list and links it, without allocation or reference counting of objects.
// Safety: what points to memory is inside the tables below, each of which owns its memory and frees
// it once; this struct cannot be copied, and its methods look every name up, generation included,
// before they follow an index into a table.
@safe
package struct FanOut: ~Copyable {
    /// The bounds.
    package let limits: StreamLimits
    var frames: FrameStore
    var entries: Slab<OutboundEntry>
    var outbound: OutboundTable
    var channels: ChannelTable
    var subscriptions: Slab<SubscriptionRecord>
    var backlogs: Slab<BacklogRecord>
    var paces = PaceTable()
    var joined = JoinedFrames()
    var overflowed: [Overflow] = []
    var idleChannels: [ChannelID] = []
    var counters = StreamCounters()

    /// Makes the fan-out of a loop.
    ///
    /// - Parameters:
    ///   - limits: the bounds.
    ///   - encodingCount: 1 for plain frames, plus 1 for each deflate parameter set; at most 8.
    ///   - hashSeed: random bits, unknown to peers.
    package init(limits: StreamLimits = StreamLimits(), encodingCount: Int, hashSeed: UInt64) {
        precondition(
            (1...FixedLimits.encodingCount).contains(encodingCount), "at most 8 encodings")
        precondition(
            limits.channelNameByteCount <= 4_096 && limits.subscriptionsPerConnection <= 65_535
                && limits.queuedByteCountPerConnection <= Int(Int32.max)
                && limits.payloadByteCount <= Int(Int32.max) / 2
                && limits.messageByteCount <= Int(Int32.max) / 2
                && limits.connectionCount <= Int(Int32.max),
            "limits fit the records' fields")
        self.limits = limits
        frames = FrameStore(
            encodingCount: encodingCount, recycledByteCount: limits.recycledByteCount)
        entries = Slab(capacity: 64)
        outbound = OutboundTable()
        channels = ChannelTable(seed: hashSeed)
        subscriptions = Slab(capacity: 64)
        backlogs = Slab(capacity: 16)
    }
}

// MARK: - Connections

extension FanOut {
    /// Takes a connection in.
    ///
    /// - Parameter encoding: 0 for plain frames, or the deflate parameter set, as the compressor
    ///   knows it.
    /// - Returns: the connection's name for every other call.
    /// - Throws: ``StreamError/tooManyConnections(max:)`` or ``StreamError/unknownEncoding``.
    package mutating func addConnection(encoding: Int) throws(StreamError) -> OutboundID {
        guard (0..<frames.encodingCount).contains(encoding) else { throw .unknownEncoding }
        guard outbound.connections.liveCount < limits.connectionCount else {
            throw .tooManyConnections(max: limits.connectionCount)
        }
        return outbound.add(encoding: UInt8(encoding))
    }

    /// Forgets a connection: its queue, its subscriptions, its name.
    ///
    /// Costs one step per queued frame and subscription. Channels that lost their last subscriber
    /// are told by ``nextIdleChannel()``. A connection that is gone already is ignored.
    package mutating func removeConnection(_ id: OutboundID) {
        guard let slot = outbound.slot(of: id) else { return }
        while outbound[slot].firstSubscription != noIndex {
            removeSubscription(outbound[slot].firstSubscription, after: noIndex)
        }
        var entry = outbound[slot].head
        while entry != noIndex {
            let next = entries[entry].next
            frames.release(entries[entry].frame)
            entries.give(entry)
            entry = next
        }
        outbound.remove(slot)
    }

    /// The next connection that exceeded a bound and must be closed as a slow consumer.
    ///
    /// Its unsent frames are gone already, so that a close frame can follow the one that may be
    /// half written. Each connection is named once.
    package mutating func nextOverflowed() -> Overflow? {
        while let overflow = overflowed.popLast() {
            if outbound.slot(of: overflow.connection) != nil {
                return overflow
            }
        }
        return nil
    }
}
