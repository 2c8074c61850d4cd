/// Names one connection in the fan-out. A name is never valid again after its connection is gone.
package struct OutboundID: Hashable, Sendable, BitwiseCopyable {
    /// The connection's slot: small and dense, so a driver may index an array of its own with it.
    package let index: UInt32
    /// Tells the users of one slot apart.
    package let generation: UInt32
}

/// The state bits of a connection.
struct OutboundFlags: OptionSet, BitwiseCopyable {
    let rawValue: UInt8

    /// In the dirty ring. Outlives the connection, so that a slot is never in the ring twice.
    static let dirty = OutboundFlags(rawValue: 1)
    /// The socket takes no bytes: the driver waits until it is writable.
    static let blocked = OutboundFlags(rawValue: 2)
    /// Blocked, or was and has not caught up since: slow-consumer policies apply.
    static let backlogged = OutboundFlags(rawValue: 4)
    /// A close frame is queued or sent: nothing may follow.
    static let closing = OutboundFlags(rawValue: 8)
    /// A bound was exceeded: nothing but a close frame may follow.
    static let overflowed = OutboundFlags(rawValue: 16)
    /// The slot is in use.
    static let live = OutboundFlags(rawValue: 32)
    /// The first frame was handed to the transport and must not change, though no byte of it
    /// counts as written.
    static let firstIsPinned = OutboundFlags(rawValue: 64)

    /// Any of these takes a delivery off the fast path.
    static let exceptional: OutboundFlags = [.blocked, .backlogged, .closing, .overflowed]
}

/// One connection: its queue of frames and its subscriptions, 40 bytes.
struct OutboundRecord: SlabRecord {
    var head = noIndex
    var tail = noIndex
    /// Queued frames.
    var count: UInt32 = 0
    /// Queued bytes, counted as plain frames.
    var byteCount: UInt32 = 0
    /// Written bytes of the first frame, in this connection's encoding.
    var headOffset: UInt32 = 0
    var generation: UInt32 = 0
    var firstSubscription = noIndex
    var subscriptionCount: UInt16 = 0
    var flags: OutboundFlags = []
    var encoding: UInt8 = 0
    /// Events merged away for this connection.
    var mergedCount: UInt32 = 0
    /// Events dropped for this connection.
    var droppedCount: UInt32 = 0

    static let vacant = OutboundRecord()

    var nextFree: UInt32 {
        get { head }
        set { head = newValue }
    }

    /// Whether the first frame may neither change nor leave the queue unsent.
    var hasStartedFirst: Bool { headOffset > 0 || flags.contains(.firstIsPinned) }
}

/// One frame in one connection's queue, 24 bytes.
struct OutboundEntry: SlabRecord {
    var frame = noIndex
    var next = noIndex
    var previous = noIndex
    /// The subscription that an event or notice is for.
    var subscription = noIndex
    /// The next waiting event of the same subscription, while the connection is backlogged.
    var nextOfSubscription = noIndex

    static let vacant = OutboundEntry()

    var nextFree: UInt32 {
        get { next }
        set { next = newValue }
    }
}

/// The connections of a loop and the ring of those that have something to write.
//
// Safety: `ring` points to `connections.capacity` initialised indices, owned by the table.
@safe
struct OutboundTable: ~Copyable {
    var connections: Slab<OutboundRecord>
    /// Slots with something to write, each at most once, in the order in which they became dirty.
    private(set) var ring: UnsafeMutablePointer<UInt32>
    private(set) var ringCapacity: Int
    private(set) var ringHead = 0
    private(set) var ringCount = 0

    /// Makes an empty table.
    init() {
        connections = Slab(capacity: 64)
        ringCapacity = 64
        // Safety: initialised at once.
        unsafe ring = .allocate(capacity: 64)
        unsafe ring.initialize(repeating: noIndex, count: 64)
    }

    deinit {
        // Safety: plain memory.
        unsafe ring.deallocate()
    }

    /// The connection in a slot.
    subscript(slot: UInt32) -> OutboundRecord {
        @inline(__always) _read { yield connections[slot] }
        @inline(__always) _modify { yield &connections[slot] }
    }

    /// The slot of a connection, or nil if it is gone.
    @inline(__always)
    func slot(of id: OutboundID) -> UInt32? {
        guard Int(id.index) < connections.capacity else { return nil }
        let record = connections[id.index]
        return record.generation == id.generation && record.flags.contains(.live)
            ? id.index : nil
    }

    /// Takes a slot for a new connection.
    mutating func add(encoding: UInt8) -> OutboundID {
        let slot = connections.take()
        if connections.capacity > ringCapacity {
            growRing()
        }
        var record = OutboundRecord.vacant
        record.generation = connections[slot].generation
        record.flags = connections[slot].flags.intersection(.dirty).union(.live)
        record.encoding = encoding
        connections[slot] = record
        return OutboundID(index: slot, generation: record.generation)
    }

    /// Frees a slot whose queue is empty; names of it are invalid from now on.
    mutating func remove(_ slot: UInt32) {
        connections[slot].flags = connections[slot].flags.intersection(.dirty)
        connections[slot].generation &+= 1
        connections.give(slot)
    }

    /// Puts a connection on the dirty ring unless it is there or waits for its socket.
    @inline(__always)
    mutating func markDirty(_ slot: UInt32) {
        guard connections[slot].flags.isDisjoint(with: [.dirty, .blocked]) else { return }
        connections[slot].flags.insert(.dirty)
        appendToRing(slot)
    }

    /// Appends a slot whose dirty flag the caller has just set.
    @inline(__always)
    mutating func appendToRing(_ slot: UInt32) {
        // Safety: a slot is in the ring at most once, so the ring never exceeds its capacity,
        // which is a power of two.
        unsafe ring[(ringHead &+ ringCount) & (ringCapacity &- 1)] = slot
        ringCount &+= 1
    }

    /// Accounts for slots that a loop appended to ``ring`` itself.
    @inline(__always)
    mutating func didAppendToRing(_ count: Int) {
        ringCount &+= count
    }

    /// Takes the next connection that has something to write and is not blocked.
    @inline(__always)
    mutating func popDirty() -> OutboundID? {
        while ringCount > 0 {
            // Safety: the head is below the capacity.
            let slot = unsafe ring[ringHead]
            ringHead = (ringHead &+ 1) & (ringCapacity &- 1)
            ringCount &-= 1
            connections[slot].flags.remove(.dirty)
            let record = connections[slot]
            if record.count > 0, record.flags.contains(.live), !record.flags.contains(.blocked) {
                return OutboundID(index: slot, generation: record.generation)
            }
        }
        return nil
    }

    @inline(never)
    private mutating func growRing() {
        var newCapacity = ringCapacity
        while newCapacity < connections.capacity {
            newCapacity *= 2
        }
        // Safety: the waiting slots are copied in order; every index is initialised.
        let newRing = UnsafeMutablePointer<UInt32>.allocate(capacity: newCapacity)
        unsafe newRing.initialize(repeating: noIndex, count: newCapacity)
        for offset in 0..<ringCount {
            unsafe newRing[offset] = ring[(ringHead + offset) & (ringCapacity - 1)]
        }
        unsafe ring.deallocate()
        unsafe ring = newRing
        ringHead = 0
        ringCapacity = newCapacity
    }
}
