/// Bounds on one JSON text. A text beyond a bound is refused with an error that names the bound.
package struct JSONLimits: Sendable, Equatable {
    /// Bytes of a whole text.
    ///
    /// 64 KiB by default: the longest request of the contract, a session with a hundred markets,
    /// stays under 4 KiB.
    package var byteCountMax: Int

    /// Open objects and arrays at one place of a text; at most ``depthCeiling``.
    ///
    /// 16 by default: the deepest message of the contract nests six levels.
    package var depthMax: Int

    /// Values of a text, keys included, each of which takes 16 bytes of a ``JSONTape``.
    ///
    /// 4096 by default: 64 KiB of tape, which one event loop keeps for all its connections.
    package var tokenCountMax: Int

    /// Members of one object.
    ///
    /// 128 by default: the search for duplicate keys takes time that grows with the square of it.
    package var memberCountMax: Int

    /// Bytes of one key between its quotes, escapes not decoded. 128 by default.
    package var keyByteCountMax: Int

    /// Bytes of one string between its quotes, escapes not decoded. 32 KiB by default.
    package var stringByteCountMax: Int

    /// Bytes of one number. 64 by default: no decimal of the contract needs 32.
    package var numberByteCountMax: Int

    /// Whether an object with two equal keys is refused.
    ///
    /// RFC 8259 §4 leaves their meaning open, so that two readers of one text could see different
    /// values: on by default.
    package var refusesDuplicateKeys: Bool

    /// The greatest depth that the scanner can follow: one bit of a word per level.
    package static let depthCeiling = 64

    /// Limits for one message of a client, with changes to the defaults named one by one.
    ///
    /// - Parameters:
    ///   - byteCountMax: Bytes of a whole text.
    ///   - depthMax: Open containers, cut to 1…``depthCeiling``.
    ///   - tokenCountMax: Values and keys of a text.
    ///   - memberCountMax: Members of one object.
    ///   - keyByteCountMax: Bytes of one key.
    ///   - stringByteCountMax: Bytes of one string.
    ///   - numberByteCountMax: Bytes of one number.
    ///   - refusesDuplicateKeys: Whether equal keys in one object are an error.
    package init(
        byteCountMax: Int = 64 * 1024,
        depthMax: Int = 16,
        tokenCountMax: Int = 4096,
        memberCountMax: Int = 128,
        keyByteCountMax: Int = 128,
        stringByteCountMax: Int = 32 * 1024,
        numberByteCountMax: Int = 64,
        refusesDuplicateKeys: Bool = true
    ) {
        // A token holds its byte range in 32 bits.
        self.byteCountMax = min(byteCountMax, Int(UInt32.max))
        self.depthMax = min(max(depthMax, 1), Self.depthCeiling)
        self.tokenCountMax = min(tokenCountMax, Int(Int32.max))
        self.memberCountMax = memberCountMax
        self.keyByteCountMax = keyByteCountMax
        self.stringByteCountMax = stringByteCountMax
        self.numberByteCountMax = numberByteCountMax
        self.refusesDuplicateKeys = refusesDuplicateKeys
    }

    /// Limits for a payload that is checked and passed on unread: one mebibyte, 32 levels.
    ///
    /// What passes is bounded by its size alone, since nothing is kept of it.
    package static let payload = JSONLimits(
        byteCountMax: 1 << 20, depthMax: 32, tokenCountMax: 1 << 19, memberCountMax: 1 << 19,
        keyByteCountMax: 1 << 20, stringByteCountMax: 1 << 20, numberByteCountMax: 1 << 10,
        refusesDuplicateKeys: false)
}
