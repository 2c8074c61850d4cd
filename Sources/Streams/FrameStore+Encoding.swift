/// Compresses one frame's payload with a deflate parameter set.
///
/// It gets the encoding (1…), the plain payload, and an output with exactly as much room as the
/// payload has bytes. It answers true if the output holds the whole compressed payload as it goes
/// on the wire (RFC 7692 §7.2.1); false if it does not fit or is not worth it, and then the plain
/// frame is sent.
package typealias FrameCompressor = (
    _ encoding: Int, _ payload: RawSpan, _ output: inout OutputRawSpan
) -> Bool

extension FrameStore {
    /// Makes the bytes of a row that has none yet.
    @inline(never)
    mutating func prepare(_ frame: UInt32, _ encoding: Int, compress: FrameCompressor) {
        // Safety: rows are read and written at indices of this store only.
        if frames[frame].kind == .annotated, unsafe row(frame, 0).pointee.base == nil {
            writeAnnotatedEvent(frame)
        }
        guard encoding > 0 else { return }
        let isShared = frames[frame].kind == .event || frames[frame].kind == .notice
        self[frame].hasEncodedRows = true
        if isShared, deflate(frame, encoding, compress: compress) {
            return
        }
        var repeated = unsafe row(frame, 0).pointee
        repeated.isOwned = false
        unsafe row(frame, encoding).pointee = repeated
    }

    /// Fills a row with the compressed frame.
    private mutating func deflate(
        _ frame: UInt32, _ encoding: Int, compress: FrameCompressor
    ) -> Bool {
        let headroom = ServerFrameHeader.maximumByteCount
        let headerByteCount = Int(frames[frame].headerByteCount)
        let payloadByteCount = Int(frames[frame].byteCount) - headerByteCount
        let shift = BufferPool.shift(forByteCount: payloadByteCount + headroom)
        compressionCount &+= 1
        // Safety: the plain row holds header and payload; the new buffer has room for the longest
        // header and as many bytes as the payload. Both outlive the calls below.
        guard let plain = unsafe row(frame, 0).pointee.base else { return false }
        let base = unsafe pool.allocate(shift: shift)
        let payload = unsafe UnsafeRawBufferPointer(
            start: plain + headerByteCount, count: payloadByteCount)
        let space = unsafe UnsafeMutableRawBufferPointer(
            start: base + headroom, count: payloadByteCount)
        var output = unsafe OutputRawSpan(buffer: space, initializedCount: 0)
        let isWhole = unsafe compress(encoding, payload.bytes, &output)
        let byteCount = unsafe output.finalize(for: space)
        guard isWhole else {
            unsafe pool.release(base, shift: shift)
            return false
        }
        let header = ServerFrameHeader(isCompressed: true, payloadByteCount: byteCount)
        let offset = headroom - header.byteCount
        // Safety: the header ends where the payload starts, and the row owns the buffer from here.
        var writer = unsafe FrameWriter(start: base + offset, byteCount: header.byteCount)
        header.write(to: &writer)
        unsafe row(frame, encoding).pointee = FrameBytes(
            base: base, byteCount: UInt32(header.byteCount + byteCount),
            offset: UInt8(truncatingIfNeeded: offset), shift: shift, isOwned: true)
        return true
    }
}
