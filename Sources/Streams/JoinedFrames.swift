/// The frames that one connection after the other has waiting, as one piece of memory.
///
/// What is published in one turn waits alike at all who subscribe to the same channels, and a
/// write of ten small pieces costs the kernel a tenth more than one of the same bytes in one piece.
/// So the frames of a queue are remembered, and when the next queue has the same ones they are
/// copied side by side, once, for it and for all that follow.
//
// Safety: `base` is nil or has `byteCountMax` bytes, of which `byteCount` are initialised; it is
// freed once, in `deinit`.
@safe
struct JoinedFrames: ~Copyable {
    /// Frames that are joined at most: as many as one write takes pieces.
    static let frameCountMax = 64
    /// Bytes of them at most. 64 KiB: what a socket's buffer takes at once, more or less.
    static let byteCountMax = 65_536

    private var frames = InlineArray<64, UInt32>(repeating: noIndex)
    private var count = 0
    private var encoding = 0
    /// How many frames had been made when these were remembered: an index names the same frame as
    /// long as none is made.
    private var madeCount: UInt64 = 0
    private var base: UnsafeMutableRawPointer?
    private var byteCount = 0
    private var isTooLarge = false

    init() {}

    deinit {
        // Safety: nothing refers to the memory beyond a call.
        unsafe base?.deallocate()
    }

    /// Remembers a queue's frames one by one, those before forgotten.
    mutating func begin(madeCount: UInt64, encoding: Int) {
        self.madeCount = madeCount
        self.encoding = encoding
        count = 0
        byteCount = 0
        isTooLarge = false
    }

    /// Remembers one more frame; the caller keeps to the bound.
    mutating func append(_ frame: UInt32) {
        frames[count] = frame
        count += 1
    }

    /// Forgets all.
    mutating func reset() { count = 0 }

    /// Whether so many frames of an encoding may be the remembered ones.
    func mayBe(count: Int, madeCount: UInt64, encoding: Int) -> Bool {
        self.count == count && self.madeCount == madeCount && self.encoding == encoding
            && !isTooLarge
    }

    /// Whether a frame is the one at a place below the count.
    func isFrame(_ frame: UInt32, at place: Int) -> Bool { frames[place] == frame }

    /// The remembered frames side by side.
    ///
    /// - Parameter rows: the bytes of a frame.
    /// - Returns: nil where they are too many.
    mutating func segment(_ rows: (UInt32) -> FrameBytes) -> Segment? {
        if byteCount == 0 { join(rows) }
        guard byteCount > 0 else { return nil }
        return unsafe Segment(base: base, byteCount: byteCount)
    }

    private mutating func join(_ rows: (UInt32) -> FrameBytes) {
        var total = 0
        for place in 0..<count { total += Int(rows(frames[place]).byteCount) }
        guard total <= Self.byteCountMax else {
            isTooLarge = true
            return
        }
        // Safety: the memory has `byteCountMax` bytes, and the sum has been checked; a row's bytes
        // are initialised and elsewhere.
        let start =
            unsafe base ?? .allocate(byteCount: Self.byteCountMax, alignment: 16)
        unsafe base = start
        for place in 0..<count {
            let row = rows(frames[place])
            guard let bytes = unsafe row.base else { return byteCount = 0 }
            unsafe (start + byteCount).copyMemory(
                from: bytes + Int(row.offset), byteCount: Int(row.byteCount))
            byteCount += Int(row.byteCount)
        }
    }
}

extension FanOut {
    /// All that a connection has waiting as one segment, where the one before had the same.
    ///
    /// - Returns: nil where its frames go out one by one.
    mutating func joinedSegment(of slot: UInt32) -> Segment? {
        let record = outbound[slot]
        let count = Int(record.count)
        guard count > 1, count <= JoinedFrames.frameCountMax, !record.hasStartedFirst else {
            return nil
        }
        let encoding = Int(record.encoding)
        guard
            joined.mayBe(count: count, madeCount: frames.madeCount, encoding: encoding),
            isQueueJoined(from: record.head)
        else {
            remember(from: record.head, encoding: encoding)
            return nil
        }
        // Safety: the frames are queued, so they are alive and have a row for each encoding.
        return unsafe joined.segment { frame in unsafe frames.row(frame, encoding).pointee }
    }

    private func isQueueJoined(from head: UInt32) -> Bool {
        var entry = head
        var place = 0
        while entry != noIndex {
            guard joined.isFrame(entries[entry].frame, at: place) else { return false }
            place &+= 1
            entry = entries[entry].next
        }
        return true
    }

    private mutating func remember(from head: UInt32, encoding: Int) {
        joined.begin(madeCount: frames.madeCount, encoding: encoding)
        var entry = head
        while entry != noIndex {
            let frame = entries[entry].frame
            // One that is annotated belongs to one connection alone, and may still change.
            guard frames[frame].kind != .annotated else { return joined.reset() }
            joined.append(frame)
            entry = entries[entry].next
        }
    }
}
