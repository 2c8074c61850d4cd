import Streams

/// The segments of one write, reused for each.
@safe final class SegmentBuffer {
    /// Pieces of one write: beyond 64 the system call's own cost no longer shows.
    static let segmentCountMax = 64

    // Safety: allocated here, freed in deinit, initialised as a whole; the loop that owns this
    // object is the only one to touch it.
    let buffer: UnsafeMutableBufferPointer<Segment>

    init() {
        unsafe buffer = .allocate(capacity: Self.segmentCountMax)
        unsafe buffer.initialize(repeating: Segment())
    }

    deinit {
        unsafe buffer.deallocate()
    }

    /// How many of the first segments the first bytes hold to their ends.
    @inline(__always)
    func wholeCount(of count: Int, in byteCount: Int) -> Int {
        var rest = byteCount
        for index in 0..<count {
            // Safety: the fan-out has filled this many segments.
            unsafe rest -= buffer[index].byteCount
            if rest < 0 { return index }
        }
        return count
    }
}
