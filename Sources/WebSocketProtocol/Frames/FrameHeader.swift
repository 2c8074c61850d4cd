/// A frame's header (RFC 6455 §5.2): everything before the payload.
package struct FrameHeader: Sendable, Equatable {
    /// The longest header: two bytes, eight of length and four of masking key.
    package static let encodedByteCountMax = 14

    /// Whether this is the message's last frame.
    package var isFinal: Bool

    /// RSV1, with which RFC 7692 §6 marks the first frame of a compressed message.
    package var isCompressed: Bool

    /// What the frame is.
    package var opcode: Opcode

    /// The masking key, first byte in the lowest bits; nil for frames of a server.
    package var maskingKey: UInt32?

    /// The length of the payload in bytes.
    package var payloadByteCount: Int

    /// A header from its parts.
    package init(
        opcode: Opcode, payloadByteCount: Int, isFinal: Bool = true, isCompressed: Bool = false,
        maskingKey: UInt32? = nil
    ) {
        self.isFinal = isFinal
        self.isCompressed = isCompressed
        self.opcode = opcode
        self.maskingKey = maskingKey
        self.payloadByteCount = payloadByteCount
    }

    /// How many bytes the header of a frame takes.
    ///
    /// - Parameters:
    ///   - payloadByteCount: the length of the payload in bytes.
    ///   - masked: whether a masking key is in it, as in every frame of a client.
    /// - Returns: between 2 and 14.
    package static func encodedByteCount(payloadByteCount: Int, masked: Bool) -> Int {
        let lengthByteCount =
            switch payloadByteCount {
            case ...125: 0
            case ...0xFFFF: 2
            default: 8
            }
        return 2 + lengthByteCount + (masked ? 4 : 0)
    }

    /// Writes the header in its shortest form; allocates nothing.
    ///
    /// - Parameter target: where to write, with room for ``encodedByteCountMax`` bytes or as many
    ///   as ``encodedByteCount(payloadByteCount:masked:)`` says.
    /// - Returns: how many bytes were written.
    @discardableResult
    package func encode(into target: UnsafeMutableRawBufferPointer) -> Int {
        let byteCount = Self.encodedByteCount(
            payloadByteCount: payloadByteCount, masked: maskingKey != nil)
        precondition(target.count >= byteCount, "no room for the frame header")
        precondition(payloadByteCount >= 0, "a payload has no negative length")
        let maskBit: UInt8 = maskingKey == nil ? 0 : 0x80
        // Safety: the precondition above covers every offset written below.
        unsafe target[0] = (isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode.rawValue
        switch payloadByteCount {
        case ...125:
            unsafe target[1] = maskBit | UInt8(truncatingIfNeeded: payloadByteCount)
        case ...0xFFFF:
            unsafe target[1] = maskBit | 126
            let length = UInt16(truncatingIfNeeded: payloadByteCount).bigEndian
            unsafe target.storeBytes(of: length, toByteOffset: 2, as: UInt16.self)
        default:
            // Safety: as above.
            unsafe target[1] = maskBit | 127
            let length = UInt64(payloadByteCount).bigEndian
            unsafe target.storeBytes(of: length, toByteOffset: 2, as: UInt64.self)
        }
        if let maskingKey {
            // Safety: the key is the header's last four bytes.
            unsafe target.storeBytes(
                of: maskingKey.littleEndian, toByteOffset: byteCount - 4, as: UInt32.self)
        }
        return byteCount
    }
}
