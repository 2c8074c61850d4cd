/// The prepared frames of one loop: reference-counted slots whose bytes are written once and sent
/// many times.
///
/// A frame has one row of bytes for each encoding: row 0 is the plain frame, row k the frame
/// deflated with parameter set k, made when the first connection needs it.
//
// Safety: `rows` points to `frames.capacity × encodingCount` initialised rows, owned by the store.
@safe
struct FrameStore: ~Copyable {
    private(set) var frames: Slab<FrameRecord>
    private(set) var rows: UnsafeMutablePointer<FrameBytes>
    private var rowCapacity: Int
    let encodingCount: Int
    var pool: BufferPool

    /// Frames that were ever made: an index names the same one until it grows.
    private(set) var madeCount: UInt64 = 0

    /// How often a frame was handed to the compressor.
    var compressionCount: UInt64 = 0

    /// Makes an empty store.
    init(encodingCount: Int, recycledByteCount: Int) {
        self.encodingCount = encodingCount
        frames = Slab(capacity: 64)
        pool = BufferPool(maximumStock: recycledByteCount)
        rowCapacity = 64
        // Safety: every row is initialised at once.
        unsafe rows = .allocate(capacity: 64 * encodingCount)
        unsafe rows.initialize(repeating: FrameBytes(), count: 64 * encodingCount)
    }

    deinit {
        // Safety: rows own the buffers they are marked to own; plain memory otherwise.
        for index in 0..<(rowCapacity * encodingCount) {
            if unsafe rows[index].isOwned {
                unsafe rows[index].base?.deallocate()
            }
        }
        unsafe rows.deallocate()
    }

    /// Frames that are referred to.
    var liveCount: Int { frames.liveCount }

    /// The facts about a frame.
    subscript(frame: UInt32) -> FrameRecord {
        @inline(__always) _read { yield frames[frame] }
        @inline(__always) _modify { yield &frames[frame] }
    }

    /// The row of a frame for an encoding below `encodingCount`.
    @inline(__always)
    func row(_ frame: UInt32, _ encoding: Int) -> UnsafeMutablePointer<FrameBytes> {
        // Safety: frames come from this store and encodings were checked when they were set.
        unsafe rows + (Int(frame) &* encodingCount &+ encoding)
    }

    /// Takes a frame with one reference and no bytes.
    mutating func make(_ record: FrameRecord) -> UInt32 {
        let frame = frames.take()
        madeCount &+= 1
        if frames.capacity > rowCapacity {
            growRows()
        }
        frames[frame] = record
        frames[frame].referenceCount = 1
        return frame
    }

    /// Gives a frame's plain row memory for all its bytes.
    mutating func allocatePlainBytes(of frame: UInt32) -> FrameWriter {
        let byteCount = frames[frame].byteCount
        let shift = BufferPool.shift(forByteCount: Int(byteCount))
        // Safety: the buffer has at least `byteCount` bytes and is owned by the row from here on.
        let base = unsafe pool.allocate(shift: shift)
        unsafe row(frame, 0).pointee = FrameBytes(
            base: base, byteCount: byteCount, offset: 0, shift: shift, isOwned: true)
        return unsafe FrameWriter(start: base, byteCount: Int(byteCount))
    }

    /// A frame that consists of a header and a payload.
    mutating func makeMessage(
        _ payload: RawSpan, opcode: ServerFrameHeader.Opcode = .text, kind: FrameKind
    ) -> UInt32 {
        let header = ServerFrameHeader(opcode: opcode, payloadByteCount: payload.byteCount)
        var record = FrameRecord()
        record.kind = kind
        record.headerByteCount = UInt8(truncatingIfNeeded: header.byteCount)
        record.byteCount = UInt32(header.byteCount + payload.byteCount)
        let frame = make(record)
        var writer = allocatePlainBytes(of: frame)
        header.write(to: &writer)
        writer.write(payload)
        return frame
    }

    /// Adds references.
    @inline(__always)
    mutating func retain(_ frame: UInt32, by count: Int32 = 1) {
        frames[frame].referenceCount &+= count
    }

    /// Takes one reference away; the last one frees the frame.
    @inline(__always)
    mutating func release(_ frame: UInt32) {
        frames[frame].referenceCount &-= 1
        if frames[frame].referenceCount == 0 {
            free(frame)
        }
    }

    /// Gives the bytes of every row back.
    private mutating func discardBytes(of frame: UInt32) {
        let count = frames[frame].hasEncodedRows ? encodingCount : 1
        for encoding in 0..<count {
            // Safety: an owned buffer is given back exactly once, as its row is emptied.
            let row = unsafe row(frame, encoding)
            if unsafe row.pointee.isOwned, let base = unsafe row.pointee.base {
                unsafe pool.release(base, shift: row.pointee.shift)
            }
            unsafe row.pointee = FrameBytes()
        }
    }

    private mutating func free(_ frame: UInt32) {
        discardBytes(of: frame)
        let source = frames[frame].kind == .annotated ? frames[frame].source : noIndex
        frames.give(frame)
        if source != noIndex {
            // One step deep: a source is a shared event and never annotated itself.
            release(source)
        }
    }

    @inline(never)
    private mutating func growRows() {
        let newCapacity = frames.capacity
        let oldCount = rowCapacity * encodingCount
        let newCount = newCapacity * encodingCount
        // Safety: the old rows move, the rest is initialised, then the old memory is freed.
        let newRows = UnsafeMutablePointer<FrameBytes>.allocate(capacity: newCount)
        unsafe newRows.moveInitialize(from: rows, count: oldCount)
        unsafe (newRows + oldCount).initialize(repeating: FrameBytes(), count: newCount - oldCount)
        unsafe rows.deallocate()
        unsafe rows = newRows
        rowCapacity = newCapacity
    }
}
