/// What happens to a subscription's events while its connection cannot keep up.
package enum SlowConsumerPolicy: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    /// The newest event replaces the one that waits, which counts as merged.
    case merge
    /// Beyond the bound the oldest waiting event gives way and counts as dropped.
    case dropOldest
    /// Events wait up to the bound; beyond it the connection is closed.
    case buffer
    /// Beyond a small bound the connection is closed.
    case close
}

/// How a connection wants a channel delivered.
package struct SubscriptionOptions: Sendable, Equatable {
    /// What happens while the connection cannot keep up.
    package var policy: SlowConsumerPolicy
    /// The shortest time between two events of this subscription, in nanoseconds; events in
    /// between are merged whatever the policy. 0: every event is sent.
    package var minimumInterval: UInt64

    /// Options of a subscription.
    package init(policy: SlowConsumerPolicy, minimumInterval: UInt64 = 0) {
        self.policy = policy
        self.minimumInterval = minimumInterval
    }
}

/// One connection's subscription to one channel, 28 bytes.
struct SubscriptionRecord: SlabRecord {
    /// The connection's slot.
    var slot = noIndex
    var channel = noIndex
    /// Where in the channel's subscriber list the subscription is.
    var position: UInt32 = 0
    var nextOfConnection = noIndex
    /// The waiting events while the connection is backlogged.
    var backlog = noIndex
    /// The rate state of a subscription with a minimum interval.
    var pace = noIndex
    var policy = SlowConsumerPolicy.merge
    /// Whether it is in no list of its channel yet and gets no events.
    var isHeld = false

    static let vacant = SubscriptionRecord()

    var nextFree: UInt32 {
        get { nextOfConnection }
        set { nextOfConnection = newValue }
    }
}

/// The waiting events of one subscription on a backlogged connection.
struct BacklogRecord: SlabRecord {
    /// The oldest and the newest waiting event: entries of the connection's queue.
    var first = noIndex
    var last = noIndex
    var count: UInt32 = 0

    static let vacant = BacklogRecord()

    var nextFree: UInt32 {
        get { first }
        set { first = newValue }
    }
}

/// A subscriber as a channel sees it: all that a delivery needs, in 8 bytes.
struct Subscriber: BitwiseCopyable {
    /// The connection's slot.
    let slot: UInt32
    let subscription: UInt32
}

/// A growing contiguous list of subscribers without order.
//
// Safety: `base` is nil or has `capacity` elements of which `count` are initialised. The list is
// plain memory inside a channel record; whoever empties the record calls `deallocate()` once.
@safe
struct SubscriberList: BitwiseCopyable {
    private(set) var base: UnsafeMutablePointer<Subscriber>?
    private(set) var count: UInt32 = 0
    private var capacity: UInt32 = 0

    /// Appends a subscriber and answers its position.
    mutating func append(_ subscriber: Subscriber) -> UInt32 {
        if count == capacity {
            resize(to: max(4, capacity * 2))
        }
        // Safety: there is room for one more.
        unsafe base?.advanced(by: Int(count)).initialize(to: subscriber)
        count += 1
        return count - 1
    }

    /// Removes the subscriber at a position; the last one takes its place.
    ///
    /// - Returns: the subscriber that is now at the position, or nil if the last was removed.
    mutating func remove(at position: UInt32) -> Subscriber? {
        precondition(position < count)
        count -= 1
        var moved: Subscriber?
        // Safety: both positions are within the initialised elements.
        if position < count, let base = unsafe base {
            moved = unsafe base[Int(count)]
            unsafe base[Int(position)] = base[Int(count)]
        }
        if count <= capacity / 4 {
            resize(to: count == 0 ? 0 : max(4, capacity / 2))
        }
        return moved
    }

    /// Frees the memory; the list is empty.
    mutating func deallocate() {
        // Safety: nothing refers to the memory beyond a call.
        unsafe base?.deallocate()
        self = SubscriberList()
    }

    private mutating func resize(to newCapacity: UInt32) {
        guard newCapacity != capacity else { return }
        guard newCapacity > 0 else { return deallocate() }
        // Safety: `count` elements fit into the new memory and move there.
        let newBase = UnsafeMutablePointer<Subscriber>.allocate(capacity: Int(newCapacity))
        if let base = unsafe base {
            unsafe newBase.moveInitialize(from: base, count: Int(count))
            unsafe base.deallocate()
        }
        unsafe base = newBase
        capacity = newCapacity
    }
}
