/// Base64 with padding (RFC 4648 §4), strict: what the handshake's keys are written in.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The text of `bytes`.
    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * (3 - group.count))
            for index in 0..<4 {
                let isPadding = index > group.count
                text.append(
                    isPadding ? UInt8(ascii: "=") : alphabet[Int(bits >> (18 - 6 * index) & 63)])
            }
        }
        return text
    }

    /// Whether `text` decodes to exactly 16 bytes: 22 digits and two padding characters.
    ///
    /// The last digit's spare bits are not looked at, as RFC 4648 §3.5 leaves open.
    static func isSixteenBytes(_ text: some Collection<UInt8>) -> Bool {
        text.count == 24 && text.dropFirst(22).allSatisfy { $0 == UInt8(ascii: "=") }
            && text.prefix(22).allSatisfy(alphabet.contains)
    }
}
