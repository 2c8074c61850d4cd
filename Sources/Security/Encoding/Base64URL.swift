/// Base64url without padding, strictly (RFC 4648 §5 and §3.5, RFC 7515 §2).
///
/// One text for one value: no padding, no white space, no letters of the standard alphabet, and
/// the unused bits of the last letter are zero. So a token cannot be changed without changing
/// what it says.
package enum Base64URL {
    private static let invalid: UInt8 = 0xff

    private static let letters = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: invalid, count: 256)
        for (value, letter) in letters.enumerated() {
            values[Int(letter)] = UInt8(value)
        }
        return values
    }()

    /// The number of bytes that a text of the given length stands for, or nil if no text has
    /// that length.
    ///
    /// - Parameter textByteCount: letters of the text.
    /// - Returns: bytes of the value.
    package static func decodedByteCount(_ textByteCount: Int) -> Int? {
        let remainder = textByteCount % 4
        guard remainder != 1 else { return nil }
        return textByteCount / 4 * 3 + max(0, remainder - 1)
    }

    /// Decodes a text.
    ///
    /// - Parameter text: letters of the URL-safe alphabet.
    /// - Returns: the bytes, or nil if the text is not the canonical one of any bytes.
    package static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard let byteCount = decodedByteCount(text.count) else { return nil }
        var isValid = false
        let bytes = [UInt8](capacity: byteCount) { output in
            isValid = decode(text, into: &output)
        }
        return isValid ? bytes : nil
    }

    /// Decodes a text into memory that is cleansed later.
    ///
    /// - Parameter text: letters of the URL-safe alphabet.
    /// - Returns: the bytes, or nil if the text is not the canonical one of any bytes.
    package static func decodeSecret(_ text: Span<UInt8>) -> SecretBytes? {
        guard let byteCount = decodedByteCount(text.count) else { return nil }
        var isValid = false
        let secret = SecretBytes(capacity: byteCount) { output in
            isValid = decode(text, into: &output)
        }
        return isValid ? secret : nil
    }

    private static func decode(_ text: Span<UInt8>, into output: inout OutputSpan<UInt8>) -> Bool {
        let values = values.span
        // Valid values have six bits: any invalid one leaves a mark in the upper two.
        var marks: UInt8 = 0
        var index = 0
        let wholeEnd = text.count & ~3
        while index < wholeEnd {
            let first = values[Int(text[index])]
            let second = values[Int(text[index + 1])]
            let third = values[Int(text[index + 2])]
            let fourth = values[Int(text[index + 3])]
            marks |= first | second | third | fourth
            output.append(first << 2 | second >> 4)
            output.append(second << 4 | third >> 2)
            output.append(third << 6 | fourth)
            index += 4
        }
        switch text.count - wholeEnd {
        case 2:
            let first = values[Int(text[index])]
            let second = values[Int(text[index + 1])]
            marks |= first | second | (second & 0x0f == 0 ? 0 : invalid)
            output.append(first << 2 | second >> 4)
        case 3:
            let first = values[Int(text[index])]
            let second = values[Int(text[index + 1])]
            let third = values[Int(text[index + 2])]
            marks |= first | second | third | (third & 0x03 == 0 ? 0 : invalid)
            output.append(first << 2 | second >> 4)
            output.append(second << 4 | third >> 2)
        default:
            break
        }
        return marks < 64
    }

    /// Appends the text of the given bytes.
    ///
    /// - Parameters:
    ///   - bytes: the value.
    ///   - text: receives the letters.
    package static func append(_ bytes: Span<UInt8>, to text: inout [UInt8]) {
        forEachLetter(of: bytes) { text.append($0) }
    }

    /// The text of the given bytes.
    ///
    /// - Parameter bytes: the value; not a secret, for a `String` cannot be cleansed.
    /// - Returns: the letters.
    package static func encode(_ bytes: Span<UInt8>) -> String {
        var text: [UInt8] = []
        append(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The text of a secret, in memory that is cleansed later.
    ///
    /// - Parameter secret: the value.
    /// - Returns: the letters.
    package static func encodeSecret(_ secret: SecretBytes) -> SecretBytes {
        secret.withSpan { bytes in
            SecretBytes(capacity: (bytes.count * 4 + 2) / 3) { append(bytes, to: &$0) }
        }
    }

    /// Appends the text of the given bytes to memory that is cleansed later.
    static func append(_ bytes: Span<UInt8>, to output: inout OutputSpan<UInt8>) {
        forEachLetter(of: bytes) { output.append($0) }
    }

    private static func forEachLetter(of bytes: Span<UInt8>, _ body: (UInt8) -> Void) {
        var index = 0
        while index < bytes.count {
            let first = bytes[index]
            let second = index + 1 < bytes.count ? bytes[index + 1] : 0
            let third = index + 2 < bytes.count ? bytes[index + 2] : 0
            body(letters[Int(first >> 2)])
            body(letters[Int((first & 0x03) << 4 | second >> 4)])
            if index + 1 < bytes.count { body(letters[Int((second & 0x0f) << 2 | third >> 6)]) }
            if index + 2 < bytes.count { body(letters[Int(third & 0x3f)]) }
            index += 3
        }
    }
}
