/// A piece of memory to write, laid out as the system's `iovec`.
//
// Safety: whoever fills a segment promises that the memory stays as it is until the next call
// that changes the fan-out.
@unsafe
package struct Segment: BitwiseCopyable {
    /// Where the bytes start.
    package var base: UnsafeMutableRawPointer?
    /// How many bytes there are.
    package var byteCount: Int

    /// A segment of memory.
    package init(base: UnsafeMutableRawPointer? = nil, byteCount: Int = 0) {
        unsafe self.base = base
        unsafe self.byteCount = byteCount
    }
}

extension FanOut {
    /// The next connection that has frames to write and whose socket is not known to be full.
    ///
    /// Each is named once until more is queued for it, so the driver writes until the queue is
    /// empty or the socket full, or calls ``postpone(_:)``.
    @inline(__always)
    package mutating func nextDirty() -> OutboundID? {
        outbound.popDirty()
    }

    /// Describes what to write next, in order, from the first byte that was not written yet: a
    /// segment for each frame, or one for all that waits.
    ///
    /// The segments are valid until the next call that changes the fan-out. Nothing is taken from
    /// the queue before ``didWrite(_:to:)``.
    ///
    /// - Parameters:
    ///   - connection: usually what ``nextDirty()`` named.
    ///   - segments: as many as one write takes; a queue may have more.
    ///   - joinsFrames: false where each segment has to be one frame.
    ///   - compress: called for a shared frame that is not yet encoded for the connection's
    ///     parameter set: once per frame and set, whatever the number of subscribers.
    /// - Returns: how many segments were filled; 0 if nothing is queued or the connection is gone.
    package mutating func fillSegments(
        of connection: OutboundID, into segments: UnsafeMutableBufferPointer<Segment>,
        joinsFrames: Bool = true, compress: FrameCompressor
    ) -> Int {
        guard let slot = outbound.slot(of: connection), let base = segments.baseAddress
        else { return 0 }
        // Safety: the segment is valid until the fan-out changes, as those below are.
        if joinsFrames, outbound[slot].count > 1, let segment = unsafe joinedSegment(of: slot) {
            // Safety: there is room for one segment at least.
            unsafe base.initialize(to: segment)
            return 1
        }
        let encoding = Int(outbound[slot].encoding)
        var offset = Int(outbound[slot].headOffset)
        var entry = outbound[slot].head
        var count = 0
        while entry != noIndex, count < segments.count {
            let frame = entries[entry].frame
            // Safety: queued frames are alive and have a row for each encoding; `count` is below
            // the number of segments; the offset is within the first frame.
            var row = unsafe frames.row(frame, encoding)
            if unsafe row.pointee.base == nil {
                frames.prepare(frame, encoding, compress: compress)
                unsafe row = frames.row(frame, encoding)
            }
            let start = unsafe Int(row.pointee.offset) &+ offset
            unsafe (base + count).initialize(
                to: Segment(
                    base: row.pointee.base.unsafelyUnwrapped + start,
                    byteCount: Int(row.pointee.byteCount) &- offset))
            offset = 0
            count &+= 1
            entry = entries[entry].next
        }
        return count
    }

    /// Takes written bytes off a queue.
    ///
    /// - Parameters:
    ///   - byteCount: bytes that the transport took, at most what was last described for this
    ///     connection.
    ///   - connection: whose bytes they were.
    /// - Returns: how many frames still wait, a half-written one included.
    @discardableResult
    package mutating func didWrite(_ byteCount: Int, to connection: OutboundID) -> Int {
        guard let slot = outbound.slot(of: connection) else { return 0 }
        let encoding = Int(outbound[slot].encoding)
        var rest = byteCount &+ Int(outbound[slot].headOffset)
        var entry = outbound[slot].head
        var finishedCount: UInt32 = 0
        var finishedByteCount: UInt32 = 0
        let isBacklogged = outbound[slot].flags.contains(.backlogged)
        while entry != noIndex {
            let frame = entries[entry].frame
            // Safety: queued frames are alive and have a row for each encoding.
            let frameByteCount = unsafe Int(frames.row(frame, encoding).pointee.byteCount)
            guard rest >= frameByteCount, frameByteCount > 0 else {
                // A row that was never filled has no bytes, and cannot have been written.
                precondition(rest == 0 || rest < frameByteCount, "more was written than was filled")
                break
            }
            rest &-= frameByteCount
            if isBacklogged {
                unchain(entry)
            }
            finishedCount &+= 1
            finishedByteCount &+= frames[frame].byteCount
            let next = entries[entry].next
            frames.release(frame)
            entries.give(entry)
            entry = next
        }
        precondition(entry != noIndex || rest == 0, "more was written than was queued")
        outbound[slot].headOffset = UInt32(truncatingIfNeeded: rest)
        guard finishedCount > 0 else { return Int(outbound[slot].count) }
        outbound[slot].head = entry
        outbound[slot].count &-= finishedCount
        outbound[slot].byteCount &-= finishedByteCount
        if entry == noIndex {
            outbound[slot].tail = noIndex
        } else {
            entries[entry].previous = noIndex
        }
        if isBacklogged {
            outbound[slot].flags.remove(.firstIsPinned)
            leaveBacklogIfDrained(slot)
        }
        return Int(outbound[slot].count)
    }

    /// Puts a connection back at the end of the dirty ring: its socket takes more, but others
    /// have waited longer.
    package mutating func postpone(_ connection: OutboundID) {
        guard let slot = outbound.slot(of: connection), outbound[slot].count > 0 else { return }
        outbound.markDirty(slot)
    }

    /// Notes that the socket takes no more bytes: the connection is not named dirty, and its
    /// subscriptions' policies apply, until it has caught up.
    ///
    /// - Parameters:
    ///   - connection: whose socket is full.
    ///   - pinsFirstFrame: the transport has seen the first frame and must be given the same bytes
    ///     again (as with `SSL_write`), though none counts as written.
    package mutating func markBlocked(_ connection: OutboundID, pinsFirstFrame: Bool = false) {
        guard let slot = outbound.slot(of: connection) else { return }
        outbound[slot].flags.insert(.blocked)
        if pinsFirstFrame, outbound[slot].head != noIndex {
            outbound[slot].flags.insert(.firstIsPinned)
        }
        enterBacklog(slot)
    }

    /// Notes that the socket takes bytes again; what waits is dirty again.
    package mutating func unblocked(_ connection: OutboundID) {
        guard let slot = outbound.slot(of: connection) else { return }
        outbound[slot].flags.remove(.blocked)
        if outbound[slot].count > 0 {
            outbound.markDirty(slot)
        }
        leaveBacklogIfDrained(slot)
    }

    /// Whether the close frame was written to the last byte: the transport can be shut down.
    package func hasWrittenClose(_ connection: OutboundID) -> Bool {
        guard let slot = outbound.slot(of: connection) else { return false }
        return outbound[slot].flags.contains(.closing) && outbound[slot].count == 0
    }
}
