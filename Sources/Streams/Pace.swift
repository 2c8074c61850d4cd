/// The rate state of a subscription with a minimum interval.
struct PaceRecord: SlabRecord {
    var subscription = noIndex
    /// The event that waits for its time, with one reference.
    var held = noIndex
    /// Where in the deadline heap this is while an event is held.
    var heapPosition: UInt32 = 0
    /// The shortest time between two events, in nanoseconds.
    var interval: UInt64 = 0
    /// When the next event may be sent.
    var nextTime: UInt64 = 0

    static let vacant = PaceRecord()

    var nextFree: UInt32 {
        get { subscription }
        set { subscription = newValue }
    }
}

/// The rate states of a loop, and those that hold an event in the order of their time.
///
/// A binary heap whose elements know their place, so that a subscription that ends leaves it in
/// logarithmic time.
struct PaceTable: ~Copyable {
    private var paces = Slab<PaceRecord>(capacity: 16)
    private var heap: [UInt32] = []

    /// The rate state at an index.
    subscript(pace: UInt32) -> PaceRecord {
        @inline(__always) _read { yield paces[pace] }
        @inline(__always) _modify { yield &paces[pace] }
    }

    /// The rate state whose event is due first.
    var first: UInt32? { heap.first }

    /// Makes the state of a subscription that has sent nothing yet.
    mutating func add(_ subscription: UInt32, interval: UInt64) -> UInt32 {
        let pace = paces.take()
        paces[pace] = PaceRecord(subscription: subscription, interval: interval)
        return pace
    }

    /// Frees a state that holds no event.
    mutating func remove(_ pace: UInt32) {
        paces.give(pace)
    }

    /// Lets a state that holds none hold an event until its time.
    mutating func hold(_ frame: UInt32, in pace: UInt32) {
        paces[pace].held = frame
        heap.append(pace)
        paces[pace].heapPosition = UInt32(heap.count - 1)
        siftUp(heap.count - 1)
    }

    /// Takes the event that a state holds; its reference passes to the caller.
    mutating func takeHeld(from pace: UInt32) -> UInt32 {
        let frame = paces[pace].held
        paces[pace].held = noIndex
        let position = Int(paces[pace].heapPosition)
        let last = heap.removeLast()
        if position < heap.count {
            place(last, at: position)
            siftUp(position)
            siftDown(Int(paces[last].heapPosition))
        }
        return frame
    }

    private mutating func place(_ pace: UInt32, at position: Int) {
        heap[position] = pace
        paces[pace].heapPosition = UInt32(position)
    }

    private mutating func siftUp(_ start: Int) {
        var position = start
        let pace = heap[position]
        while position > 0 {
            let parent = (position - 1) / 2
            guard paces[heap[parent]].nextTime > paces[pace].nextTime else { break }
            place(heap[parent], at: position)
            position = parent
        }
        place(pace, at: position)
    }

    private mutating func siftDown(_ start: Int) {
        var position = start
        let pace = heap[position]
        while true {
            var child = 2 * position + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count,
                paces[heap[child + 1]].nextTime < paces[heap[child]].nextTime
            {
                child += 1
            }
            guard paces[heap[child]].nextTime < paces[pace].nextTime else { break }
            place(heap[child], at: position)
            position = child
        }
        place(pace, at: position)
    }
}
