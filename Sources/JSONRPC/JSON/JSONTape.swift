/// The positions of all values of one text, in storage that serves one text after another.
///
/// One tape per event loop is enough, because a text is read to the end before the next one comes:
/// once the storage has grown to the usual size, reading a message allocates nothing. Not
/// thread-safe; move it, do not share it.
///
/// ```swift
/// try tape.read(text)
/// let root = tape.root(in: text)
/// ```
// Safety: the pointer inside is private and valid for the life of the tape; see `storage`.
@safe package struct JSONTape: ~Copyable {
    /// The bounds for each text.
    package let limits: JSONLimits

    // Safety: allocated here with room for `capacity` tokens, freed in deinit, never handed out
    // except as a span that borrows the tape. The first `count` tokens are initialised.
    private var storage: UnsafeMutablePointer<JSONToken>
    private var capacity: Int
    private var count = 0
    /// The odd base of the hash of keys. It decides how fast duplicates are found, never whether.
    let hashBase: UInt64
    /// The index of the innermost open container, or −1.
    private var openIndex: Int32 = -1

    /// A tape without entries.
    ///
    /// - Parameter limits: The bounds for each text that it reads.
    package init(limits: JSONLimits = JSONLimits()) {
        self.limits = limits
        capacity = max(1, min(64, limits.tokenCountMax))
        // Safety: freed in deinit; nothing is read before it has been written.
        unsafe storage = .allocate(capacity: capacity)
        // Where memory lies differs from process to process and is told to nobody.
        hashBase = unsafe UInt64(UInt(bitPattern: storage)) &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    deinit {
        // Safety: allocated in init or grow(); tokens are trivial and need no deinitialisation.
        unsafe storage.deallocate()
    }

    /// Checks `text` and records its values; the entries of the text before are gone.
    ///
    /// - Parameter text: One JSON text, white space around it allowed.
    /// - Throws: The first fault; the tape is then empty.
    package mutating func read(_ text: RawSpan) throws(JSONError) {
        count = 0
        openIndex = -1
        var scanner = JSONScanner(text, limits: limits)
        do throws(JSONError) {
            try scanner.scan(into: &self)
        } catch {
            count = 0
            throw error
        }
    }

    /// The outermost value of the text that was read last.
    ///
    /// - Parameter text: The same bytes that were given to ``read(_:)``.
    /// - Returns: A view that borrows the tape and the text.
    /// - Precondition: The last ``read(_:)`` succeeded, and `text` is no shorter than its text.
    @_lifetime(borrow self, copy text)
    package func root(in text: RawSpan) -> JSONValue {
        precondition(count > 0, "no text has been read")
        precondition(Int(tokens[0].end) <= text.byteCount, "not the text that was read")
        return JSONValue(text: text, tokens: tokens, index: 0)
    }

    var tokens: Span<JSONToken> {
        @_lifetime(borrow self)
        get {
            // Safety: the first `count` tokens are initialised, and the borrow keeps the storage.
            let span = unsafe Span(_unsafeStart: storage, count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Replaces the last field of a token that has been recorded.
    @inline(__always)
    mutating func setNext(_ next: Int32, at index: Int) {
        precondition(index >= 0 && index < count)
        // Safety: the index has just been checked against the initialised tokens.
        unsafe storage[index].next = next
    }

    @inline(__always)
    private mutating func append(_ token: JSONToken) throws(JSONError) {
        if count == capacity {
            guard count < limits.tokenCountMax else {
                throw JSONError(.tooManyValues, at: Int(token.start))
            }
            grow()
        }
        // Safety: count < capacity.
        unsafe storage.advanced(by: count).initialize(to: token)
        count &+= 1
    }

    private mutating func grow() {
        let grown = min(capacity * 2, limits.tokenCountMax)
        // Safety: the new storage is larger; the old one is freed after its tokens have moved.
        let larger = UnsafeMutablePointer<JSONToken>.allocate(capacity: grown)
        unsafe larger.moveInitialize(from: storage, count: count)
        unsafe storage.deallocate()
        unsafe storage = larger
        capacity = grown
    }
}

extension JSONTape: JSONScannerSink {
    @inline(__always)
    mutating func containerOpened(_ kind: JSONKind, start: Int) throws(JSONError) {
        let index = Int32(truncatingIfNeeded: count)
        try append(
            JSONToken(
                start: UInt32(truncatingIfNeeded: start), end: 0, next: openIndex, kind: kind,
                flags: []))
        openIndex = index
    }

    @inline(__always)
    mutating func containerClosed(end: Int, text: RawSpan) throws(JSONError) {
        let index = Int(openIndex)
        // Safety: the scanner closes only what it opened, so openIndex is an initialised token.
        let kind = unsafe storage[index].kind
        unsafe openIndex = storage[index].next
        unsafe storage[index].next = Int32(truncatingIfNeeded: count)
        unsafe storage[index].end = UInt32(truncatingIfNeeded: end)
        if kind == .object { try checkMembers(of: index, text: text) }
    }

    @inline(__always)
    mutating func scalarFound(
        _ kind: JSONKind, start: Int, end: Int, flags: JSONToken.Flags
    ) throws(JSONError) {
        try append(
            JSONToken(
                start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end),
                next: Int32(truncatingIfNeeded: count &+ 1), kind: kind, flags: flags))
    }
}
