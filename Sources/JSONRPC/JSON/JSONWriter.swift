/// Writes JSON into storage that serves one message after another.
///
/// There is no tree in between: what is called is what is written, commas included. Whoever calls
/// opens and closes containers in pairs. One writer per event loop is enough; it is not
/// thread-safe. The storage grows to what one message needs and falls back in ``reset()``.
///
/// ```swift
/// writer.beginObject()
/// writer.member("seq", 124)
/// writer.key("data")
/// writer.raw(payload)
/// writer.endObject()
/// ```
// Safety: the pointer inside is private and valid for the life of the writer; see `storage`.
@safe package struct JSONWriter: ~Copyable {
    /// Bytes of storage that ``reset()`` keeps: 64 KiB, so that one long answer is not held for
    /// good.
    package static let retainedByteCountMax = 64 * 1024

    // Safety: allocated here with room for `capacity` bytes, freed in deinit, never handed out
    // except as a span that borrows the writer. The first `byteCount` bytes are initialised.
    private var storage: UnsafeMutablePointer<UInt8>
    private var capacity: Int

    /// The number of bytes written since the last ``reset()``.
    package private(set) var byteCount = 0

    /// Whether a value has been written that the next one at the same level follows.
    private var needsComma = false

    /// A writer without bytes.
    ///
    /// - Parameter capacity: Bytes that fit before the storage grows.
    package init(capacity: Int = 512) {
        self.capacity = max(64, capacity)
        // Safety: freed in deinit; nothing is read before it has been written.
        unsafe storage = .allocate(capacity: self.capacity)
    }

    deinit {
        // Safety: allocated in init, reset() or grow(); bytes are trivial.
        unsafe storage.deallocate()
    }

    /// What has been written. Read it before the next change.
    package var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            // Safety: the first `byteCount` bytes are initialised, and the borrow keeps them.
            let span = unsafe RawSpan(_unsafeStart: storage, byteCount: byteCount)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// A copy of what has been written.
    package var byteArray: [UInt8] {
        // Safety: as in `bytes`.
        unsafe [UInt8](UnsafeBufferPointer(start: storage, count: byteCount))
    }

    /// Starts a new text.
    package mutating func reset() {
        byteCount = 0
        needsComma = false
        guard capacity > Self.retainedByteCountMax else { return }
        // Safety: nothing of the old storage is in use, since byteCount is 0.
        unsafe storage.deallocate()
        capacity = Self.retainedByteCountMax
        unsafe storage = .allocate(capacity: capacity)
    }

    /// Opens an object.
    package mutating func beginObject() {
        separate()
        append(UInt8(ascii: "{"))
        needsComma = false
    }

    /// Closes the innermost object.
    package mutating func endObject() {
        append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// Opens an array.
    package mutating func beginArray() {
        separate()
        append(UInt8(ascii: "["))
        needsComma = false
    }

    /// Closes the innermost array.
    package mutating func endArray() {
        append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// Writes the name of a member, the value of which follows.
    ///
    /// - Parameter name: Printable ASCII without quote and backslash.
    package mutating func key(_ name: StaticString) {
        separate()
        reserve(name.utf8CodeUnitCount &+ 3)
        append(UInt8(ascii: "\""))
        appendUnchecked(name)
        append(UInt8(ascii: "\""))
        append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes the name of a member, any text, the value of which follows.
    package mutating func key(_ name: String) {
        string(name)
        append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Splices one complete value.
    ///
    /// - Parameter value: One valid JSON value; it is not checked again.
    package mutating func raw(_ value: RawSpan) {
        separate()
        append(value)
        needsComma = true
    }

    /// Splices one complete value.
    ///
    /// - Parameter value: One valid JSON value; it is not checked again.
    package mutating func raw(_ value: [UInt8]) {
        // Safety: the span is used inside this call only, while the array is borrowed.
        unsafe raw(value.span.bytes)
    }

    /// Splices one complete value.
    ///
    /// - Parameter value: One valid JSON value; it is not checked again.
    package mutating func raw(_ value: StaticString) {
        separate()
        append(value)
        needsComma = true
    }

    /// Writes a comma when a value precedes at this level.
    @inline(__always)
    mutating func separate() {
        if needsComma { append(UInt8(ascii: ",")) }
    }

    /// Notes that a value is complete.
    @inline(__always)
    mutating func valueWritten() { needsComma = true }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        if byteCount == capacity { grow(by: 1) }
        // Safety: byteCount < capacity.
        unsafe storage[byteCount] = byte
        byteCount &+= 1
    }

    /// Appends bytes as they are, with no comma.
    @inline(__always)
    mutating func append(_ bytes: RawSpan) {
        let count = bytes.byteCount
        reserve(count)
        // Safety: reserve has made room for `count` bytes behind byteCount; the source cannot
        // overlap, because no borrow of this writer lives during a mutation.
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe UnsafeMutableRawPointer(storage + byteCount)
                .copyMemory(from: start, byteCount: count)
        }
        byteCount &+= count
    }

    /// Appends text as it is, with no comma.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        reserve(text.utf8CodeUnitCount)
        appendUnchecked(text)
    }

    @inline(__always)
    private mutating func appendUnchecked(_ text: StaticString) {
        let count = text.utf8CodeUnitCount
        // Safety: the caller has reserved `count` bytes; static strings live forever.
        unsafe UnsafeMutableRawPointer(storage + byteCount)
            .copyMemory(from: text.utf8Start, byteCount: count)
        byteCount &+= count
    }

    /// Makes room for `count` bytes that are overwritten at once.
    ///
    /// - Returns: The offset of the first.
    @inline(__always)
    mutating func extend(by count: Int) -> Int {
        reserve(count)
        let start = byteCount
        // Safety: reserve has made room for `count` bytes.
        unsafe storage.advanced(by: start).initialize(repeating: 0, count: count)
        byteCount &+= count
        return start
    }

    /// Replaces a byte that has been written.
    @inline(__always)
    mutating func overwrite(_ byte: UInt8, at offset: Int) {
        precondition(offset >= 0 && offset < byteCount)
        // Safety: the offset has just been checked to lie within what has been written.
        unsafe storage[offset] = byte
    }

    @inline(__always)
    mutating func reserve(_ count: Int) {
        if capacity &- byteCount < count { grow(by: count) }
    }

    private mutating func grow(by count: Int) {
        capacity = max(capacity * 2, byteCount + count)
        // Safety: the new storage is larger; the old one is freed after its bytes were copied.
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        unsafe larger.initialize(from: storage, count: byteCount)
        unsafe storage.deallocate()
        unsafe storage = larger
    }
}
