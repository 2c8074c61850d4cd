/// A driver's read buffer while a machine works through it: the bytes and how far it has come.
///
/// The machine may change the bytes in place (it unmasks payloads where they are), so they must
/// not be read again by anyone else.
// Safety: `@safe` since parts are only ever taken off the front, within the memory that the caller
// of the `@unsafe` initialiser vouches for.
@safe
package struct InputBuffer {
    /// What is left to read.
    private var rest: UnsafeMutableRawBufferPointer

    /// Wraps the bytes that one read delivered.
    ///
    /// - Parameter bytes: memory that stays valid, and unchanged by others, as long as this value
    ///   and every ``BorrowedBytes`` made from it are used.
    // Safety: `@unsafe` because nothing checks what the parameter asks for.
    @unsafe
    package init(_ bytes: UnsafeMutableRawBufferPointer) {
        // Safety: the caller vouches for the memory, as the parameter's documentation asks.
        unsafe rest = bytes
    }

    /// How many bytes are left.
    // Safety: reads the buffer's count, never its memory.
    package var byteCount: Int { unsafe rest.count }

    /// Whether everything was read.
    package var isEmpty: Bool { byteCount == 0 }

    /// What is left, as bytes to look at.
    ///
    /// A driver that stops in the middle (back pressure) copies these and continues with them.
    package var remaining: BorrowedBytes {
        // Safety: init's caller vouches for the memory.
        unsafe BorrowedBytes(UnsafeRawBufferPointer(rest))
    }

    /// Takes up to `byteCountMax` bytes off the front.
    mutating func take(_ byteCountMax: Int) -> UnsafeMutableRawBufferPointer {
        let byteCount = min(byteCountMax, self.byteCount)
        // Safety: byteCount lies within the rest, so both parts lie within its memory.
        let taken = unsafe UnsafeMutableRawBufferPointer(rebasing: rest[..<byteCount])
        unsafe rest = UnsafeMutableRawBufferPointer(rebasing: rest[byteCount...])
        return unsafe taken
    }

    /// Takes one byte off the front; nil when none is left.
    mutating func takeByte() -> UInt8? {
        guard !isEmpty else { return nil }
        // Safety: take(1) returned exactly one byte.
        return unsafe take(1)[0]
    }

    /// Leaves nothing.
    mutating func discard() {
        // Safety: what is taken is dropped unread.
        _ = unsafe take(byteCount)
    }
}
