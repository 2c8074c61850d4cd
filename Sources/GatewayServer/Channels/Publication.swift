/// A message on a channel of Redis: plain JSON, or JSON behind `#<epoch>:<seq> ` where its
/// publisher has numbered it (Protocol/redis.md).
///
/// `#` begins no JSON text, so the two are never mistaken for each other.
@unsafe struct Publication {
    /// The longest prefix, in bytes: an epoch, a 64-bit number and three marks.
    static let prefixByteCountMax = 32 + 20 + 3

    // Safety: both lead into the message, which its owner keeps while this value is used.
    /// The JSON text, unchecked.
    let json: UnsafeRawBufferPointer
    /// The publisher's epoch; empty for plain JSON.
    let epoch: UnsafeRawBufferPointer
    /// The publisher's number; 0 for plain JSON.
    let sequence: UInt64

    /// Nil where the prefix is malformed.
    @inline(__always)
    init?(_ message: UnsafeRawBufferPointer) {
        if unsafe message.first != UInt8(ascii: "#") {
            unsafe self.init(
                json: message, epoch: UnsafeRawBufferPointer(start: nil, count: 0), sequence: 0)
        } else {
            unsafe self.init(numbered: message)
        }
    }

    private init(json: UnsafeRawBufferPointer, epoch: UnsafeRawBufferPointer, sequence: UInt64) {
        unsafe self.json = json
        unsafe self.epoch = epoch
        unsafe self.sequence = sequence
    }

    private init?(numbered message: UnsafeRawBufferPointer) {
        let head = unsafe message.prefix(Self.prefixByteCountMax)
        guard let colon = unsafe head.firstIndex(of: UInt8(ascii: ":")),
            let space = unsafe head.firstIndex(of: UInt8(ascii: " ")), colon > 1, space > colon + 1
        else { return nil }
        let name = unsafe message[1..<colon]
        guard unsafe name.allSatisfy(Self.isEpochByte) else { return nil }
        let digits = unsafe String(decoding: message[(colon + 1)..<space], as: UTF8.self)
        // JSON's integers on the wire are signed.
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(digits),
            number > 0
        else { return nil }
        unsafe self.init(
            json: UnsafeRawBufferPointer(rebasing: message[(space + 1)...]),
            epoch: UnsafeRawBufferPointer(rebasing: name),
            sequence: UInt64(number))
    }

    /// Whether a client can name an epoch with this byte in `recover`.
    private static func isEpochByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}
