/// Memory for frames: size classes of powers of two, with a bounded stock of released buffers.
///
/// A released buffer holds the link to the next one of its class in its first bytes, so the stock
/// costs nothing beside the buffers.
//
// Safety: a buffer is owned either by the pool (on a free list) or by the one who allocated it,
// until it is released; the pool frees its stock in `deinit`.
@safe
struct BufferPool: ~Copyable {
    /// The smallest class: a small tick with its frame header.
    private static let minimumShift: UInt8 = 7
    /// The largest class that is kept for reuse, 64 KiB; anything longer is rare.
    private static let maximumShift: UInt8 = 16

    private var freeLists: InlineArray<17, UnsafeMutableRawPointer?>
    private let maximumStock: Int
    /// Bytes of the buffers on the free lists.
    private var stockByteCount = 0

    /// Makes an empty pool that keeps at most some bytes of released buffers.
    init(maximumStock: Int) {
        self.maximumStock = maximumStock
        // Safety: no buffer is on a list yet.
        unsafe freeLists = InlineArray(repeating: nil)
    }

    deinit {
        for shift in Int(Self.minimumShift)...Int(Self.maximumShift) {
            // Safety: each buffer on the list is owned by the pool and starts with its link.
            var buffer = unsafe freeLists[shift]
            while let next = unsafe buffer {
                unsafe buffer = next.load(as: UnsafeMutableRawPointer?.self)
                unsafe next.deallocate()
            }
        }
    }

    /// The class of a length: the binary logarithm of the buffer's size.
    @inline(__always)
    static func shift(forByteCount byteCount: Int) -> UInt8 {
        let bits = UInt8(
            truncatingIfNeeded: Int.bitWidth - max(byteCount - 1, 1).leadingZeroBitCount)
        return max(bits, minimumShift)
    }

    /// A buffer of `1 << shift` bytes, uninitialised.
    mutating func allocate(shift: UInt8) -> UnsafeMutableRawPointer {
        // Safety: a buffer on a free list starts with its link; it leaves the list here.
        if shift <= Self.maximumShift, let buffer = unsafe freeLists[Int(shift)] {
            unsafe freeLists[Int(shift)] = buffer.load(as: UnsafeMutableRawPointer?.self)
            stockByteCount &-= 1 &<< Int(shift)
            return unsafe buffer
        }
        return .allocate(byteCount: 1 &<< Int(shift), alignment: 16)
    }

    /// Takes back a buffer that ``allocate(shift:)`` gave out for the same class.
    mutating func release(_ buffer: UnsafeMutableRawPointer, shift: UInt8) {
        let byteCount = 1 &<< Int(shift)
        guard shift <= Self.maximumShift, stockByteCount + byteCount <= maximumStock else {
            // Safety: the caller owned the buffer and gives it up.
            return unsafe buffer.deallocate()
        }
        unsafe buffer.storeBytes(of: freeLists[Int(shift)], as: UnsafeMutableRawPointer?.self)
        unsafe freeLists[Int(shift)] = buffer
        stockByteCount &+= byteCount
    }
}
