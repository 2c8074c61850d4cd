/// The bounds of one reply. A peer that exceeds one is not read any further.
package struct RESPLimits: Sendable, Equatable {
    /// The nesting that hiredis' reader has room for, less the one level that it needs itself.
    package static let depthCeiling = 7

    /// The bytes of one reply, its strings and what is buffered of an unfinished one together.
    ///
    /// Default 16 MiB: a hundred times the largest value that the gateway stores, and still small
    /// beside the memory of a node.
    package var replyByteCountMax: Int
    /// The elements of one reply on every level together, the arrays themselves included.
    ///
    /// Default 262 144: twenty times a full session of 10 000 participants.
    package var elementCountMax: Int
    /// How deep arrays may nest; 1 is a flat array. At most `depthCeiling`, which is the default.
    package var depthMax: Int

    /// Sets the bounds; traps where one is not positive or the depth exceeds `depthCeiling`.
    package init(
        replyByteCountMax: Int = 16 * 1024 * 1024, elementCountMax: Int = 262_144,
        depthMax: Int = RESPLimits.depthCeiling
    ) {
        precondition(replyByteCountMax > 0 && elementCountMax > 0, "a bound is at least 1")
        precondition((1...Self.depthCeiling).contains(depthMax), "hiredis nests seven levels")
        self.replyByteCountMax = replyByteCountMax
        self.elementCountMax = elementCountMax
        self.depthMax = depthMax
    }
}
