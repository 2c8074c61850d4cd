/// The messages of one text: a single one, or those of a batch (JSON-RPC 2.0 §6).
///
/// ```swift
/// var batch = try RPCBatch(tape.root(in: text), limits: limits)
/// while let value = batch.next() {
///     let message = try RPCMessage(value, limits: limits)
/// }
/// ```
package struct RPCBatch: ~Escapable {
    /// Whether the text is an array, so that the answers are collected in an array too.
    package let isBatch: Bool

    /// The number of messages.
    package let count: Int

    private let root: JSONValue
    private var isRootTaken = false
    private var elements: JSONElements

    /// Looks at the outermost value of a text.
    ///
    /// - Parameters:
    ///   - root: The outermost value.
    ///   - limits: The bounds.
    /// - Throws: ``RPCEnvelopeError/emptyBatch``, ``RPCEnvelopeError/batchTooLarge`` or
    ///   ``RPCEnvelopeError/notAnObject``: one answer for the whole text.
    @_lifetime(copy root)
    package init(_ root: JSONValue, limits: RPCLimits) throws(RPCEnvelopeError) {
        self.root = root
        elements = root.elements
        switch root.kind {
        case .object:
            isBatch = false
            count = 1
        case .array:
            count = root.count
            guard count > 0 else { throw .emptyBatch }
            guard count <= limits.batchCountMax else { throw .batchTooLarge }
            isBatch = true
        default:
            throw .notAnObject
        }
    }

    /// The next message, its envelope not yet read, or `nil` behind the last.
    @_lifetime(copy self)
    package mutating func next() -> JSONValue? {
        guard isBatch else {
            guard !isRootTaken else { return nil }
            isRootTaken = true
            return root
        }
        return elements.next()
    }
}
