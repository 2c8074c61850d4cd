/// Bytes that somebody else owns: the driver's read buffer or a machine's reassembly storage.
///
/// Valid until the next call on the machine that handed them out, until that machine goes away, or
/// until the driver reuses its read buffer, whichever comes first. A machine goes away with its
/// last use, so that it has to be kept where it outlives its events, as in a connection's object.
/// Whoever wants to keep the bytes copies them: `Array(copying:)`.
// Safety: `@safe` since, `pointer` apart, whose use is marked, bytes are reached within a call
// only. That the memory is alive then is vouched for by whoever calls the `@unsafe` initialiser.
@safe
package struct BorrowedBytes {
    /// The bytes themselves, for code that vouches for their lifetime itself.
    package let pointer: UnsafeRawBufferPointer

    /// Borrows `pointer`; whoever calls this vouches for the lifetime that the type promises.
    // Safety: `@unsafe` because nothing checks that lifetime; the pointer is only stored here.
    @unsafe
    package init(_ pointer: UnsafeRawBufferPointer) {
        unsafe self.pointer = pointer
    }

    /// How many bytes there are.
    // Safety: reads the buffer's count, never its memory.
    package var byteCount: Int { unsafe pointer.count }

    /// Whether there are none.
    package var isEmpty: Bool { byteCount == 0 }

    /// Calls `body` with the bytes as a bounds-checked span.
    ///
    /// - Parameter body: what to do with the bytes.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws.
    package func withSpan<Result: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // Safety: the span cannot outlive this call, and the bytes are valid during it.
        try unsafe body(pointer.bytes)
    }
}

extension Array<UInt8> {
    /// Copies borrowed bytes, so that they can be kept.
    package init(copying bytes: BorrowedBytes) {
        // Safety: the buffer is read during this call only.
        unsafe self.init(bytes.pointer)
    }
}

extension String {
    /// Copies borrowed bytes that are known to be valid UTF-8, as those of a text message are.
    package init(copying bytes: BorrowedBytes) {
        // Safety: the buffer is read during this call only.
        unsafe self.init(decoding: bytes.pointer, as: UTF8.self)
    }
}
