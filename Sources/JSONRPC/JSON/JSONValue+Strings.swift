extension JSONValue {
    /// Whether the value is a string, or the name of a member.
    package var isString: Bool { kind == .string || kind == .key }

    /// The decoded string, or `nil` for another kind.
    package var string: String? {
        guard isString else { return nil }
        if let content = unescapedBytes { return String(copying: content) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteRange.count)
        var decoder = JSONStringDecoder(contentOf: token, in: text)
        while let byte = decoder.next() { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The bytes between the quotes of a string without escapes, or `nil` for any other value.
    package var unescapedBytes: RawSpan? {
        @_lifetime(copy self)
        get {
            guard isString, !token.flags.contains(.hasEscapes) else { return nil }
            return text.extracting(Int(token.start) + 1..<Int(token.end) - 1)
        }
    }

    /// Whether the value is a string that equals `expected` once its escapes are decoded.
    package func equals(_ expected: StaticString) -> Bool {
        guard isString else { return false }
        if let content = unescapedBytes { return content.isEqual(to: expected) }
        return string == "\(expected)"
    }
}

extension String {
    /// The text of UTF-8 bytes.
    ///
    /// - Parameter bytes: UTF-8; what is not becomes U+FFFD.
    package init(copying bytes: RawSpan) {
        // Safety: the buffer is read inside the closure only.
        self = unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
