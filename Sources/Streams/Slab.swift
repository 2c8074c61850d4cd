/// A record that lives in a ``Slab``: plain memory with room for the free list's link.
protocol SlabRecord: BitwiseCopyable {
    /// What a record holds that was never in use.
    static var vacant: Self { get }

    /// The next free record while this one is free; the field may have another meaning in use.
    var nextFree: UInt32 { get set }
}

/// Stands for "no record" in every link.
let noIndex = UInt32.max

/// A growing table of plain records that are taken and given back in constant time.
///
/// Records have stable indices; growth moves them, so no pointer into the table outlives a call
/// that may take a record. Taking allocates only when every record is in use.
//
// Safety: `base` always points to `capacity` initialised records, which the slab alone owns and
// frees in `deinit`. Indices come from `take()` only, never from a peer.
@safe
struct Slab<Record: SlabRecord>: ~Copyable {
    private(set) var base: UnsafeMutablePointer<Record>
    private(set) var capacity: Int
    private(set) var liveCount = 0
    private(set) var freeHead: UInt32

    /// Makes a table with room for some records.
    init(capacity: Int) {
        self.capacity = capacity
        freeHead = noIndex
        // Safety: filled with vacant records right below.
        unsafe base = .allocate(capacity: capacity)
        vacate(from: 0)
    }

    deinit {
        // Safety: records are plain memory and need no deinitialisation.
        unsafe base.deallocate()
    }

    /// The record at an index that ``take()`` gave out.
    subscript(index: UInt32) -> Record {
        // Safety: the index is below `capacity` (see above), where every record is initialised.
        @inline(__always)
        unsafeAddress {
            assert(Int(index) < capacity)
            return unsafe UnsafePointer(base + Int(index))
        }
        @inline(__always)
        unsafeMutableAddress {
            assert(Int(index) < capacity)
            return unsafe base + Int(index)
        }
    }

    /// Makes sure that the next `count` calls of ``take()`` do not move the table.
    @inline(__always)
    mutating func reserve(_ count: Int) {
        if capacity - liveCount < count {
            grow(by: count)
        }
    }

    /// Takes a free record, which holds whatever its last user left.
    @inline(__always)
    mutating func take() -> UInt32 {
        reserve(1)
        let index = freeHead
        freeHead = self[index].nextFree
        liveCount &+= 1
        return index
    }

    /// Gives a record back.
    @inline(__always)
    mutating func give(_ index: UInt32) {
        self[index].nextFree = freeHead
        freeHead = index
        liveCount &-= 1
    }

    /// Accounts for records that a loop over ``base`` took from the head of the free list.
    @inline(__always)
    mutating func didTake(_ count: Int, newFreeHead: UInt32) {
        liveCount &+= count
        freeHead = newFreeHead
    }

    @inline(never)
    private mutating func grow(by count: Int) {
        let oldCapacity = capacity
        let newCapacity = max(oldCapacity * 2, oldCapacity + count)
        precondition(newCapacity < Int(noIndex), "a slab is bounded by its 32-bit indices")
        // Safety: the old records move to the new memory before the old is freed; the rest is
        // filled with vacant records.
        let newBase = UnsafeMutablePointer<Record>.allocate(capacity: newCapacity)
        unsafe newBase.moveInitialize(from: base, count: oldCapacity)
        unsafe base.deallocate()
        unsafe base = newBase
        capacity = newCapacity
        vacate(from: oldCapacity)
    }

    /// Initialises the records from an index on and puts them on the free list, lowest first.
    private mutating func vacate(from start: Int) {
        var index = capacity
        while index > start {
            index -= 1
            var record = Record.vacant
            record.nextFree = freeHead
            // Safety: `index` is within the allocation.
            unsafe (base + index).initialize(to: record)
            freeHead = UInt32(index)
        }
    }
}
