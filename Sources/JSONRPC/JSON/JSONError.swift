/// Why a text is not JSON, or goes beyond a limit, and where.
package struct JSONError: Error, Equatable, Sendable {
    /// What is wrong. The raw value is stable and safe to send to the peer.
    package enum Reason: String, Sendable, CaseIterable {
        /// Nothing but white space.
        case emptyText = "empty_text"
        /// The text ends inside a value.
        case unexpectedEnd = "unexpected_end"
        /// A byte that the grammar does not allow at this place (RFC 8259 §2).
        case unexpectedByte = "unexpected_byte"
        /// Bytes other than white space behind the value.
        case trailingBytes = "trailing_bytes"
        /// A number outside the grammar (RFC 8259 §6): leading zero, lone minus, empty fraction.
        case invalidNumber = "invalid_number"
        /// A control character inside a string that is not escaped (RFC 8259 §7).
        case controlCharacter = "control_character"
        /// A backslash that no escape of RFC 8259 §7 follows.
        case invalidEscape = "invalid_escape"
        /// An escaped surrogate without its other half: no Unicode scalar (RFC 8259 §8.2).
        case loneSurrogate = "lone_surrogate"
        /// Bytes inside a string that are not UTF-8 (RFC 3629 §4).
        case invalidUTF8 = "invalid_utf8"
        /// Two members of one object with the same name.
        case duplicateKey = "duplicate_key"
        /// More bytes than ``JSONLimits/byteCountMax``.
        case textTooLong = "text_too_long"
        /// Deeper than ``JSONLimits/depthMax``.
        case tooDeep = "too_deep"
        /// More values than ``JSONLimits/tokenCountMax``.
        case tooManyValues = "too_many_values"
        /// More members than ``JSONLimits/memberCountMax``.
        case tooManyMembers = "too_many_members"
        /// A key longer than ``JSONLimits/keyByteCountMax``.
        case keyTooLong = "key_too_long"
        /// A string longer than ``JSONLimits/stringByteCountMax``.
        case stringTooLong = "string_too_long"
        /// A number longer than ``JSONLimits/numberByteCountMax``.
        case numberTooLong = "number_too_long"
    }

    /// What is wrong.
    package let reason: Reason

    /// The offset of the byte at which it was seen, from 0 to the text's byte count.
    package let byteOffset: Int

    /// Whether the text may be JSON, but exceeds a limit of this reader.
    package var isLimit: Bool {
        switch reason {
        case .textTooLong, .tooDeep, .tooManyValues, .tooManyMembers, .keyTooLong,
            .stringTooLong, .numberTooLong:
            true
        default:
            false
        }
    }

    init(_ reason: Reason, at byteOffset: Int) {
        self.reason = reason
        self.byteOffset = byteOffset
    }
}
