/// Names one channel in the fan-out. A name is never valid again after its channel was closed.
package struct ChannelID: Hashable, Sendable, BitwiseCopyable {
    let index: UInt32
    let generation: UInt32
}

/// One channel: its sequence, its subscribers and the start of its events' frames.
//
// Safety: `memory` of a live channel is one allocation of `prefixByteCount` bytes, the constant
// start of every event, followed by `FixedLimits.epochByteCount` bytes for the epoch. The table
// frees it when the channel is closed.
@safe
struct ChannelRecord: SlabRecord {
    var memory: UnsafeMutableRawPointer?
    /// Subscribers that get every event.
    var subscribers = SubscriberList()
    /// Subscribers with a minimum interval.
    var pacedSubscribers = SubscriberList()
    /// Subscriptions that are held back.
    var heldCount: UInt32 = 0
    /// `seq` of the last event, 0 before the first.
    var sequence: UInt64 = 0
    var hash: Int = 0
    /// How often the channel was restarted.
    var era: UInt32 = 0
    var generation: UInt32 = 0
    var nextFree = noIndex
    var prefixByteCount: UInt16 = 0
    var nameByteCount: UInt16 = 0
    var epochByteCount: UInt8 = 0
    var isLive = false
    /// On the list of channels that lost their last subscriber.
    var isListedIdle = false

    static var vacant: ChannelRecord { ChannelRecord() }

    var subscriberCount: Int {
        Int(subscribers.count) + Int(pacedSubscribers.count) + Int(heldCount)
    }

    // Safety: the three views below are of a live channel's memory, within the lengths that were
    // written there, and are used before the channel can be closed or renamed.

    /// The constant start of every event's JSON, up to the digits of `seq`.
    var prefix: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: memory, count: Int(prefixByteCount))
    }

    var name: UnsafeRawBufferPointer {
        let start = EventFrame.beforeName.utf8CodeUnitCount
        return unsafe UnsafeRawBufferPointer(rebasing: prefix[start..<start + Int(nameByteCount)])
    }

    var epoch: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(
            start: memory.map { unsafe $0 + Int(prefixByteCount) }, count: Int(epochByteCount))
    }
}

/// The channels of a loop, found by the bytes of their names.
///
/// An open-addressing table with linear probing, at most half full. Names come from peers, so the
/// hash is keyed: SipHash as in the standard library, with a random seed on top.
//
// Safety: records own their memory and their lists; all of it is freed in `close` or `deinit`.
@safe
struct ChannelTable: ~Copyable {
    var channels: Slab<ChannelRecord>
    /// Channel indices; `noIndex` where free. The count is a power of two.
    private var buckets: [UInt32]
    private let seed: UInt64

    /// Makes an empty table.
    init(seed: UInt64) {
        channels = Slab(capacity: 16)
        buckets = Array(repeating: noIndex, count: 64)
        self.seed = seed
    }

    deinit {
        for bucket in buckets where bucket != noIndex {
            // Safety: a listed channel is live and owns its memory.
            unsafe channels.base[Int(bucket)].memory?.deallocate()
            unsafe channels.base[Int(bucket)].subscribers.deallocate()
            unsafe channels.base[Int(bucket)].pacedSubscribers.deallocate()
        }
    }

    /// How many channels are open.
    var count: Int { channels.liveCount }

    /// The channel at an index.
    @inline(__always)
    func record(_ index: UInt32) -> UnsafeMutablePointer<ChannelRecord> {
        // Safety: indices come from this table.
        unsafe channels.base + Int(index)
    }

    /// The index of a channel, or nil if it was closed.
    @inline(__always)
    func index(of id: ChannelID) -> UInt32? {
        guard Int(id.index) < channels.capacity else { return nil }
        let record = unsafe record(id.index)
        return unsafe record.pointee.generation == id.generation && record.pointee.isLive
            ? id.index : nil
    }

    /// The name that callers know a channel by.
    func id(of index: UInt32) -> ChannelID {
        // Safety: indices come from this table.
        unsafe ChannelID(index: index, generation: record(index).pointee.generation)
    }

    /// The channel with a name.
    func find(_ name: RawSpan) -> UInt32? {
        let hash = hash(of: name)
        var position = hash & (buckets.count - 1)
        while buckets[position] != noIndex {
            let index = buckets[position]
            // Safety: a listed channel is live; its name is in its memory.
            let candidate = unsafe record(index)
            if unsafe candidate.pointee.hash == hash,
                unsafe candidate.pointee.name.bytes.isEqual(to: name)
            {
                return index
            }
            position = (position + 1) & (buckets.count - 1)
        }
        return nil
    }

    /// Opens a channel whose name is not in the table, and has been checked.
    mutating func insert(_ name: RawSpan, epoch: RawSpan, sequence: UInt64) -> UInt32 {
        if (count + 1) * 2 > buckets.count {
            rehash()
        }
        let index = channels.take()
        let prefixByteCount = EventFrame.prefixByteCount(nameByteCount: name.byteCount)
        let byteCount = prefixByteCount + FixedLimits.epochByteCount
        // Safety: the memory holds the prefix and an epoch of any allowed length; it is owned by
        // the record from here on.
        let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 8)
        var writer = unsafe FrameWriter(start: memory, byteCount: prefixByteCount)
        writer.write(EventFrame.beforeName)
        writer.write(name)
        writer.write(EventFrame.afterName)
        var channel = ChannelRecord()
        unsafe channel.memory = memory
        channel.sequence = sequence
        channel.hash = hash(of: name)
        unsafe channel.generation = record(index).pointee.generation
        channel.prefixByteCount = UInt16(prefixByteCount)
        channel.nameByteCount = UInt16(name.byteCount)
        channel.isLive = true
        unsafe record(index).pointee = channel
        setEpoch(of: index, to: epoch)
        list(index)
        return index
    }

    /// Writes a new epoch of allowed length.
    mutating func setEpoch(of index: UInt32, to epoch: RawSpan) {
        // Safety: a live channel's memory has room for an epoch behind the prefix.
        let channel = unsafe record(index)
        guard let memory = unsafe channel.pointee.memory else { return }
        var writer = unsafe FrameWriter(
            start: memory + Int(channel.pointee.prefixByteCount),
            byteCount: FixedLimits.epochByteCount)
        writer.write(epoch)
        unsafe channel.pointee.epochByteCount = UInt8(epoch.byteCount)
    }

    /// Closes a channel without subscribers.
    mutating func remove(_ index: UInt32) {
        unlist(index)
        // Safety: the record gives up its memory; nothing else points to it.
        let channel = unsafe record(index)
        unsafe channel.pointee.memory?.deallocate()
        unsafe channel.pointee.memory = nil
        unsafe channel.pointee.subscribers.deallocate()
        unsafe channel.pointee.pacedSubscribers.deallocate()
        unsafe channel.pointee.isLive = false
        unsafe channel.pointee.generation &+= 1
        channels.give(index)
    }

    private func hash(of name: RawSpan) -> Int {
        var hasher = Hasher()
        hasher.combine(seed)
        // Safety: the hasher reads the bytes within the call.
        unsafe name.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return hasher.finalize()
    }

    /// Puts a channel into the first free bucket from its home on.
    private mutating func list(_ index: UInt32) {
        var position = unsafe record(index).pointee.hash & (buckets.count - 1)
        while buckets[position] != noIndex {
            position = (position + 1) & (buckets.count - 1)
        }
        buckets[position] = index
    }

    /// Takes a channel out and moves those that probed past it, so that no gap hides them.
    private mutating func unlist(_ index: UInt32) {
        let mask = buckets.count - 1
        // Safety: the channel and all that are listed are live.
        var gap = unsafe record(index).pointee.hash & mask
        while buckets[gap] != index {
            gap = (gap + 1) & mask
        }
        var position = (gap + 1) & mask
        while buckets[position] != noIndex {
            let home = unsafe record(buckets[position]).pointee.hash & mask
            if (position &- home) & mask >= (position &- gap) & mask {
                buckets[gap] = buckets[position]
                gap = position
            }
            position = (position + 1) & mask
        }
        buckets[gap] = noIndex
    }

    private mutating func rehash() {
        let old = buckets
        buckets = Array(repeating: noIndex, count: old.count * 2)
        for index in old where index != noIndex {
            list(index)
        }
    }
}

extension RawSpan {
    /// Whether two spans hold the same bytes.
    func isEqual(to other: RawSpan) -> Bool {
        guard byteCount == other.byteCount else { return false }
        for offset in 0..<byteCount {
            // Safety: both spans have `byteCount` bytes.
            let isSame =
                unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
                == other.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
            if !isSame { return false }
        }
        return true
    }
}
