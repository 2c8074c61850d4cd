/// The elements of the reply that is being read, in the order of the wire, and their bytes.
///
/// hiredis' default functions allocate an object per element, several per message; the tape reuses
/// its room instead, so that a message costs no allocation. Strings are copied
/// because hiredis moves its buffer between two elements of one reply.
// Safety: the tape allocates and frees its room itself, checks every index and count against what
// was written, and is confined to the reader that owns it.
@safe final class ReplyTape {
    /// What an element is.
    enum Kind: UInt8 {
        case simpleString
        case error
        case bulk
        case integer
        case array
        case null

        /// Whether the element has bytes.
        @inline(__always)
        var isString: Bool { rawValue <= Kind.bulk.rawValue }
    }

    /// One element; an array is followed by its elements.
    struct Node {
        var kind: Kind
        /// Where the string begins in the bytes of the tape.
        var offset = 0
        /// The bytes of a string, the elements of an array, or the number of an integer.
        var count: Int64 = 0
    }

    /// Room that is kept from one reply to the next; what a larger one needed is given back.
    /// 64 KiB of bytes is what one read gives, and 1024 elements are 24 KiB.
    private static let retainedByteCount = 64 * 1024
    private static let retainedNodeCount = 1024

    /// The state that changes with every element. In memory of its own, because access to the
    /// properties of a class is checked at run time, which took a third of a message's time.
    // Safety: private to the tape, which keeps capacities and counts true to the memory.
    @safe private struct Storage {
        // Safety: allocated by the tape with the capacities beside them, which the tape checks
        // before each write; freed in its deinit.
        var nodes: UnsafeMutablePointer<Node>
        var nodeCapacity: Int
        var nodeCount = 0
        var bytes: UnsafeMutableRawPointer
        var byteCapacity: Int
        var byteCount = 0
        var failure: RESPError?
    }

    private let limits: RESPLimits
    // Safety: allocated in init and freed in deinit; never leaves the tape.
    private let storage: UnsafeMutablePointer<Storage>

    init(limits: RESPLimits) {
        self.limits = limits
        unsafe storage = .allocate(capacity: 1)
        unsafe storage.initialize(
            to: Storage(
                nodes: .allocate(capacity: Self.retainedNodeCount),
                nodeCapacity: Self.retainedNodeCount,
                bytes: .allocate(byteCount: Self.retainedByteCount, alignment: 1),
                byteCapacity: Self.retainedByteCount))
    }

    deinit {
        unsafe storage.pointee.nodes.deallocate()
        unsafe storage.pointee.bytes.deallocate()
        unsafe storage.deallocate()
    }

    /// The bound or rule that the reply broke; hiredis itself can only be told "out of memory".
    var failure: RESPError? { unsafe storage.pointee.failure }

    /// The elements so far.
    @inline(__always)
    var nodeCount: Int { unsafe storage.pointee.nodeCount }

    /// The bytes of the strings so far.
    @inline(__always)
    var byteCount: Int { unsafe storage.pointee.byteCount }

    /// An element.
    @inline(__always)
    func node(_ index: Int) -> Node {
        precondition(index >= 0 && index < nodeCount)
        // Safety: the index is that of an element that was written.
        return unsafe storage.pointee.nodes[index]
    }

    /// The bytes of a string, valid until the tape is changed; empty for elements of other kinds.
    @inline(__always)
    func string(_ node: Node) -> UnsafeRawBufferPointer {
        guard node.kind.isString else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
        // Safety: a string's offset and count were set when its bytes were written.
        return unsafe UnsafeRawBufferPointer(
            start: storage.pointee.bytes + node.offset, count: Int(node.count))
    }

    /// Forgets the reply and keeps some of the room for the next one.
    @inline(__always)
    func reset() {
        unsafe storage.pointee.nodeCount = 0
        unsafe storage.pointee.byteCount = 0
        let isLarge = unsafe storage.pointee.byteCapacity > Self.retainedByteCount
        let isLong = unsafe storage.pointee.nodeCapacity > Self.retainedNodeCount
        if isLarge { resizeBytes(to: Self.retainedByteCount) }
        if isLong { resizeNodes(to: Self.retainedNodeCount) }
    }

    /// Adds a string; two more bytes lie behind it, which have to be a line's end.
    ///
    /// - Returns: false where a bound or rule is broken.
    @inline(__always)
    func append(_ kind: Kind, string: UnsafePointer<CChar>, byteCount: Int) -> Bool {
        let offset = self.byteCount
        guard byteCount <= limits.replyByteCountMax &- offset else {
            return refuse(.replyTooLarge(byteCountMax: limits.replyByteCountMax))
        }
        // Safety: hiredis passes a string only when it and its line end are in its buffer whole.
        let isTerminated = unsafe string[byteCount] == 0x0d && string[byteCount + 1] == 0x0a
        guard isTerminated else {
            return refuse(.malformed("a bulk string does not end where it said"))
        }
        guard append(Node(kind: kind, offset: offset, count: Int64(byteCount))) else {
            return false
        }
        let end = offset + byteCount
        if unsafe end > storage.pointee.byteCapacity {
            resizeBytes(to: min(end * 2, limits.replyByteCountMax))
        }
        // Safety: there is room up to `end`; hiredis' buffer and this one are different memory.
        unsafe (storage.pointee.bytes + offset).copyMemory(from: string, byteCount: byteCount)
        unsafe storage.pointee.byteCount = end
        return true
    }

    /// Adds an integer, an empty element or the head of an array.
    @inline(__always)
    func append(_ kind: Kind, count: Int64) -> Bool {
        append(Node(kind: kind, count: count))
    }

    /// Adds the head of an array, `depth` levels down (1 for the outermost).
    @inline(__always)
    func appendArray(elementCount: Int, depth: Int) -> Bool {
        guard depth <= limits.depthMax else { return refuse(.tooDeep(depthMax: limits.depthMax)) }
        guard elementCount < limits.elementCountMax &- nodeCount else {
            return refuse(.tooManyElements(elementCountMax: limits.elementCountMax))
        }
        return append(Node(kind: .array, count: Int64(elementCount)))
    }

    @inline(__always)
    private func append(_ node: Node) -> Bool {
        let index = nodeCount
        guard index < limits.elementCountMax else {
            return refuse(.tooManyElements(elementCountMax: limits.elementCountMax))
        }
        if unsafe index == storage.pointee.nodeCapacity { resizeNodes(to: index * 2) }
        // Safety: there is room for this element.
        unsafe (storage.pointee.nodes + index).initialize(to: node)
        unsafe storage.pointee.nodeCount = index + 1
        return true
    }

    @inline(never)
    private func refuse(_ error: RESPError) -> Bool {
        unsafe storage.pointee.failure = error
        return false
    }

    /// Moves the bytes that are there to room of another size, which has to hold them.
    @inline(never)
    private func resizeBytes(to capacity: Int) {
        let count = byteCount
        precondition(count <= capacity)
        let old = unsafe storage.pointee.bytes
        // Safety: `count` bytes are there and fit into the new room; the old is not used again.
        let new = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
        unsafe new.copyMemory(from: old, byteCount: count)
        unsafe old.deallocate()
        unsafe storage.pointee.bytes = unsafe new
        unsafe storage.pointee.byteCapacity = capacity
    }

    /// Moves the elements that are there to room of another size, which has to hold them.
    @inline(never)
    private func resizeNodes(to capacity: Int) {
        let count = nodeCount
        precondition(count <= capacity)
        let old = unsafe storage.pointee.nodes
        // Safety: `count` elements are there and fit; they are trivial, and the old room is not
        // used again.
        let new = UnsafeMutablePointer<Node>.allocate(capacity: capacity)
        unsafe new.update(from: old, count: count)
        unsafe old.deallocate()
        unsafe storage.pointee.nodes = unsafe new
        unsafe storage.pointee.nodeCapacity = capacity
    }

    /// The reply as a value.
    func value() -> RESPValue {
        var index = 0
        return value(at: &index)
    }

    /// The element at `index` with all that is inside it; the recursion is bounded by `depthMax`.
    private func value(at index: inout Int) -> RESPValue {
        let node = node(index)
        index += 1
        // Safety: the bytes are copied while the tape stays as it is.
        switch node.kind {
        case .simpleString:
            return unsafe .simpleString(String(decoding: string(node), as: UTF8.self))
        case .error:
            let line = unsafe String(decoding: string(node), as: UTF8.self)
            return .error(RedisReplyError(line: line))
        case .bulk: return unsafe .bulk(Array(string(node)))
        case .integer: return .integer(node.count)
        case .null: return .null
        case .array:
            var elements: [RESPValue] = []
            elements.reserveCapacity(Int(node.count))
            for _ in 0..<node.count { elements.append(value(at: &index)) }
            return .array(elements)
        }
    }
}
