/// The rule for ids that become part of a Redis key or a channel name.
package enum Identifier {
    /// Whether `text` is 1 to 64 ASCII letters, digits, `_` or `-`.
    ///
    /// A colon would let one id reach into the keys of another, so ids from outside are checked
    /// before they are used.
    package static func isValid(_ text: String) -> Bool {
        let length = text.utf8.count
        return length >= 1 && length <= SessionLimits.identifierByteCountMax
            && text.utf8.allSatisfy { byte in
                isLetterOrDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            }
    }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
