/// The header of an unmasked, unfragmented frame from server to client (RFC 6455 §5.2).
struct ServerFrameHeader {
    /// The opcodes that a server queue carries (RFC 6455 §5.2).
    enum Opcode: UInt8 {
        case text = 0x1
        case close = 0x8
        case ping = 0x9
        case pong = 0xA
    }

    /// The longest header: two bytes and a 64-bit length.
    static let maximumByteCount = 10

    var opcode = Opcode.text
    /// RSV1: the payload is compressed (RFC 7692 §6).
    var isCompressed = false
    var payloadByteCount: Int

    /// 2 bytes up to 125 payload bytes, 4 up to 65 535, else 10.
    var byteCount: Int {
        payloadByteCount < 126 ? 2 : payloadByteCount < 65_536 ? 4 : 10
    }

    /// Writes the header.
    func write(to writer: inout FrameWriter) {
        writer.write(byte: 0x80 | (isCompressed ? 0x40 : 0) | opcode.rawValue)
        switch byteCount {
        case 2:
            writer.write(byte: UInt8(truncatingIfNeeded: payloadByteCount))
        case 4:
            writer.write(byte: 126)
            writer.write(bigEndian: UInt16(truncatingIfNeeded: payloadByteCount))
        default:
            writer.write(byte: 127)
            writer.write(bigEndian: UInt64(payloadByteCount))
        }
    }
}
