/// What kind of value a token stands for.
package enum JSONKind: UInt8, Sendable, BitwiseCopyable {
    /// `{…}`
    case object
    /// `[…]`
    case array
    /// The name of a member.
    case key
    /// A string value.
    case string
    /// A number, of which the text is kept.
    case number
    /// `true`
    case `true`
    /// `false`
    case `false`
    /// `null`
    case null
}

/// One entry of a ``JSONTape``: where a value lies in its text and where the next one follows.
struct JSONToken: BitwiseCopyable {
    struct Flags: OptionSet {
        let rawValue: UInt8
        /// A key or string with at least one backslash.
        static let hasEscapes = Flags(rawValue: 1)
        /// A number without fraction and exponent.
        static let isInteger = Flags(rawValue: 2)
    }

    /// The offset of the value's first byte, quotes and brackets included.
    let start: UInt32
    /// The offset behind the value's last byte.
    var end: UInt32
    /// The index of the token behind this value and all inside it; while a container is open,
    /// the index of the container around it.
    var next: Int32
    let kind: JSONKind
    let flags: Flags
}
