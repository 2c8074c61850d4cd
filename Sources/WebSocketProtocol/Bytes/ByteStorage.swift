/// Growable raw bytes with one owner; holds no heap memory until something is stored.
///
/// Used where an array would copy or zero-fill: reassembled messages, inflated and deflated bytes.
// Safety: the allocation has this one owner, which cannot be copied, frees it once and keeps
// byteCount within it; each call checks what it is given against that.
@safe
package struct ByteStorage: ~Copyable {
    /// The allocation: `base.count` is the capacity.
    private var base: UnsafeMutableRawBufferPointer

    /// How many bytes are stored.
    package private(set) var byteCount = 0

    /// Storage without heap memory.
    package init() {
        // Safety: an empty buffer has no memory behind it.
        unsafe base = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }

    deinit {
        // Safety: base is this value's own allocation or empty, and nobody can reach it any more.
        unsafe base.deallocate()
    }

    /// How many bytes fit before the next growth.
    // Safety: reads the buffer's count, never its memory.
    package var capacity: Int { unsafe base.count }

    /// The stored bytes; valid until the storage changes or goes away, which is as soon as its
    /// last use, so that only storage that is kept elsewhere may be read through this.
    // Safety: `@unsafe` because nothing ties the result to the storage's life; the caller does.
    @unsafe
    package var bytes: BorrowedBytes {
        // Safety: the first byteCount bytes of base are initialised.
        unsafe BorrowedBytes(UnsafeRawBufferPointer(rebasing: base[..<byteCount]))
    }

    /// Calls `body` with the stored bytes.
    ///
    /// - Parameter body: what to do with the bytes.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws.
    package func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // Safety: the span cannot outlive this call, during which the storage is borrowed.
        try unsafe bytes.withSpan(body)
    }

    /// Makes room for `byteCount` more bytes; doubles, so that growth costs O(1) per byte.
    package mutating func reserve(_ byteCount: Int) {
        let needed = self.byteCount + byteCount
        guard needed > capacity else { return }
        // Safety: the new block is larger than what is copied into it; the old one is not used
        // after it is freed.
        let grown = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(needed, capacity * 2, 64), alignment: 16)
        unsafe grown.copyMemory(from: bytes.pointer)
        unsafe base.deallocate()
        unsafe base = grown
    }

    /// Stores bytes behind what is there.
    package mutating func append(_ bytes: BorrowedBytes) {
        reserve(bytes.byteCount)
        // Safety: reserve made room for as many bytes.
        unsafe UnsafeMutableRawBufferPointer(rebasing: base[byteCount...])
            .copyMemory(from: bytes.pointer)
        byteCount += bytes.byteCount
    }

    /// Stores one byte behind what is there.
    package mutating func append(_ byte: UInt8) {
        reserve(1)
        // Safety: reserve made room for it.
        unsafe base[byteCount] = byte
        byteCount += 1
    }

    /// Lets `body` write into the free room, of at least `byteCount` bytes.
    ///
    /// - Parameters:
    ///   - byteCount: how much room is wanted, at least.
    ///   - body: writes from the start of the room it gets and returns how many bytes it wrote.
    package mutating func appendBytes(
        reserving byteCount: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int
    ) {
        reserve(byteCount)
        // Safety: the room lies between the stored bytes and the end of the allocation.
        let written = unsafe body(UnsafeMutableRawBufferPointer(rebasing: base[self.byteCount...]))
        precondition(written >= 0 && written <= capacity - self.byteCount, "wrote past the room")
        self.byteCount += written
    }

    /// Drops the bytes from `byteCount` on.
    package mutating func truncate(to byteCount: Int) {
        precondition(byteCount >= 0 && byteCount <= self.byteCount, "cannot truncate to more")
        self.byteCount = byteCount
    }

    /// Forgets the bytes; keeps the memory if it is not more than `capacityMax`.
    package mutating func removeAll(keepingCapacityUpTo capacityMax: Int) {
        byteCount = 0
        guard capacity > capacityMax else { return }
        // Safety: nothing is stored any more, and the pointer is replaced at once.
        unsafe base.deallocate()
        unsafe base = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }
}
