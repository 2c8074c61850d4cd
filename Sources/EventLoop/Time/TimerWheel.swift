/// Names a timer of one wheel; a name is never reused for a later timer.
package struct TimerID: Hashable, Sendable {
    let index: UInt32
    let generation: UInt32
}

/// A hierarchical timer wheel: schedule and cancel in constant time, whatever their number.
///
/// Six levels of 64 slots, one tick of the lowest level a millisecond; a timer moves down a level
/// each time its slot comes up, at most five times in its life. A cancelled timer gives its entry
/// back at once, so that restarted timeouts never pile up. Pure: time comes in as ticks.
struct TimerWheel<Payload>: ~Copyable {
    private struct Entry {
        var payload: Payload?
        var deadline: UInt64
        var generation: UInt32
        var previous: Int32
        var next: Int32
        var slot: Int16
    }

    private static var slotsPerLevelLog2: UInt64 { 6 }
    private static var slotsPerLevel: Int { 64 }
    private static var levelCount: Int { 6 }
    /// The farthest a deadline can lie ahead (2^36 − 1 ms, over two years); later ones are clamped.
    static var horizonTicks: UInt64 { (1 << 36) - 1 }

    private var entries: ContiguousArray<Entry> = []
    private var freeHead: Int32 = -1
    private var heads: ContiguousArray<Int32>
    private var occupied: ContiguousArray<UInt64>
    /// Every timer up to and including this tick has fired.
    private(set) var elapsed: UInt64
    /// Timers that are waiting.
    private(set) var count = 0

    init(startTick: UInt64) {
        elapsed = startTick
        heads = ContiguousArray(repeating: -1, count: Self.levelCount * Self.slotsPerLevel)
        occupied = ContiguousArray(repeating: 0, count: Self.levelCount)
    }

    /// Adds a timer that fires at the first `advance` to `deadline` or later.
    mutating func schedule(deadline: UInt64, payload: Payload) -> TimerID {
        let index = takeEntry(payload, deadline: min(deadline, elapsed &+ Self.horizonTicks))
        link(index)
        count += 1
        return TimerID(index: UInt32(index), generation: entries[Int(index)].generation)
    }

    /// Takes a timer out before it fires.
    ///
    /// - Returns: its payload, or nil where it has fired or was cancelled already.
    @discardableResult
    mutating func cancel(_ timer: TimerID) -> Payload? {
        let index = Int(timer.index)
        guard index < entries.count, entries[index].generation == timer.generation,
            entries[index].payload != nil
        else { return nil }
        unlink(Int32(index))
        return release(Int32(index))
    }

    /// The tick at which `advance` has work to do next: a timer's deadline, or the move of timers
    /// to a lower level, which never comes later than their deadlines. Nil without timers.
    var nextTick: UInt64? {
        nextSlot()?.deadline
    }

    /// Moves time on to `tick` and takes one timer that is due; call until it returns nil.
    mutating func popExpired(upTo tick: UInt64) -> Payload? {
        while let (level, slot, deadline) = nextSlot(), deadline <= tick {
            let position = level * Self.slotsPerLevel + slot
            elapsed = deadline
            guard level == 0 else {
                moveDown(position)
                continue
            }
            let index = heads[position]
            unlink(index)
            return release(index)
        }
        elapsed = max(elapsed, tick)
        return nil
    }

    /// Puts every timer of a slot whose time has come on the level that now fits.
    private mutating func moveDown(_ position: Int) {
        while heads[position] >= 0 {
            let index = heads[position]
            unlink(index)
            link(index)
        }
    }

    /// The first slot that comes up, and when.
    private func nextSlot() -> (level: Int, slot: Int, deadline: UInt64)? {
        for level in 0..<Self.levelCount where occupied[level] != 0 {
            let shift = Self.slotsPerLevelLog2 * UInt64(level)
            let current = elapsed >> shift
            // Above the lowest level a timer never waits in the slot of the present time: one that
            // is found there belongs to the next turn.
            let first = level == 0 ? current : current + 1
            let rotation = first & 63
            let rotated = occupied[level] >> rotation | occupied[level] << (64 &- rotation)
            let slot = first + UInt64(rotated.trailingZeroBitCount)
            return (level, Int(slot & 63), max(slot << shift, elapsed))
        }
        return nil
    }

    private static func level(of deadline: UInt64, from elapsed: UInt64) -> Int {
        let masked = (elapsed ^ deadline) | 63
        let significant = 63 - masked.leadingZeroBitCount
        return min(significant / 6, levelCount - 1)
    }

    private mutating func link(_ index: Int32) {
        let deadline = max(entries[Int(index)].deadline, elapsed)
        let level = Self.level(of: deadline, from: elapsed)
        let slot = Int((deadline >> (Self.slotsPerLevelLog2 * UInt64(level))) & 63)
        let position = level * Self.slotsPerLevel + slot
        let head = heads[position]
        entries[Int(index)].previous = -1
        entries[Int(index)].next = head
        entries[Int(index)].slot = Int16(position)
        if head >= 0 { entries[Int(head)].previous = index }
        heads[position] = index
        occupied[level] |= 1 << UInt64(slot)
    }

    private mutating func unlink(_ index: Int32) {
        let entry = entries[Int(index)]
        if entry.previous >= 0 {
            entries[Int(entry.previous)].next = entry.next
        } else {
            heads[Int(entry.slot)] = entry.next
        }
        if entry.next >= 0 { entries[Int(entry.next)].previous = entry.previous }
        if heads[Int(entry.slot)] < 0 {
            let (level, slot) = Int(entry.slot).quotientAndRemainder(dividingBy: Self.slotsPerLevel)
            occupied[level] &= ~(1 << UInt64(slot))
        }
    }

    private mutating func takeEntry(_ payload: Payload, deadline: UInt64) -> Int32 {
        guard freeHead >= 0 else {
            entries.append(
                Entry(
                    payload: payload, deadline: deadline, generation: 0, previous: -1, next: -1,
                    slot: 0))
            return Int32(entries.count - 1)
        }
        let index = freeHead
        freeHead = entries[Int(index)].next
        entries[Int(index)].payload = payload
        entries[Int(index)].deadline = deadline
        return index
    }

    private mutating func release(_ index: Int32) -> Payload? {
        let payload = entries[Int(index)].payload.take()
        entries[Int(index)].generation &+= 1
        entries[Int(index)].next = freeHead
        freeHead = index
        count -= 1
        return payload
    }
}
