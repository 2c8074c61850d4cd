/// Bounds on the head of an HTTP message; what lies beyond is refused before it is stored.
package struct HTTPHeadLimits: Sendable {
    /// Start line and fields together, in bytes: a token of 8 KiB may come twice and leaves room.
    package var byteCountMax: Int

    /// How many field lines; browsers send about 20.
    package var fieldCountMax: Int

    /// The request target, in bytes; RFC 9112 §3 asks for at least 8000.
    package var targetByteCountMax: Int

    /// Limits for the gateway: 16 KiB, 100 fields, targets of 8 KiB.
    ///
    /// - Parameters:
    ///   - byteCountMax: start line and fields together, in bytes.
    ///   - fieldCountMax: how many field lines.
    ///   - targetByteCountMax: the request target, in bytes.
    package init(
        byteCountMax: Int = 16 * 1024, fieldCountMax: Int = 100, targetByteCountMax: Int = 8 * 1024
    ) {
        precondition(byteCountMax > 0 && fieldCountMax > 0 && targetByteCountMax > 0)
        self.byteCountMax = byteCountMax
        self.fieldCountMax = fieldCountMax
        self.targetByteCountMax = targetByteCountMax
    }
}
