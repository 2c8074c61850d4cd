/// A view of one value of a text that has been read into a ``JSONTape``.
///
/// Nothing is decoded before it is asked for. The view cannot outlive the text or the tape: decode
/// what is needed later, before an `await`, into types of your own.
package struct JSONValue: ~Escapable {
    let text: RawSpan
    let tokens: Span<JSONToken>
    let index: Int

    @_lifetime(copy text, copy tokens)
    init(text: RawSpan, tokens: Span<JSONToken>, index: Int) {
        self.text = text
        self.tokens = tokens
        self.index = index
    }

    var token: JSONToken { tokens[index] }

    /// What kind of value it is.
    package var kind: JSONKind { token.kind }

    /// Where the value lies in the text, quotes and brackets included.
    package var byteRange: Range<Int> { Int(token.start)..<Int(token.end) }

    /// The bytes of the value as they stand in the text, to be spliced into another.
    package var rawBytes: RawSpan {
        @_lifetime(copy self)
        get { text.extracting(byteRange) }
    }

    /// Whether the value is `null`.
    package var isNull: Bool { kind == .null }

    /// The value of `true` or `false`, or `nil` for another kind.
    package var bool: Bool? {
        switch kind {
        case .true: true
        case .false: false
        default: nil
        }
    }
}
