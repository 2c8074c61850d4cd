/// Why a frame may not be there (RFC 6455 §5); each is a protocol error, close code 1002.
package enum FrameViolation: Error, Sendable, Equatable {
    /// RSV2 or RSV3 is set, or RSV1 where no extension gave it a meaning (§5.2; RFC 7692 §6).
    case reservedBit
    /// The opcode is reserved (§5.2).
    case reservedOpcode
    /// A control frame has FIN clear (§5.5).
    case fragmentedControlFrame
    /// A control frame has more than 125 bytes (§5.5).
    case oversizedControlFrame
    /// A continuation without a message under way (§5.4).
    case unexpectedContinuation
    /// A new message inside a message (§5.4).
    case interleavedMessage
    /// A client's frame without a mask, or a server's with one (§5.1).
    case wrongMasking
    /// A length that is not in its shortest form, or has its highest bit set (§5.2).
    case malformedLength
}

/// What the state of a connection allows in the next frame.
struct FrameRules {
    /// Whether the peer is a client, whose frames are masked.
    var isMaskExpected: Bool
    /// Whether compression was negotiated.
    var isCompressionNegotiated: Bool
    /// Whether a message has begun and not ended.
    var isInsideMessage: Bool
}

extension FrameHeader {
    /// Reads a header from the first bytes of a frame, of which some may not be there yet.
    ///
    /// Every byte is judged as soon as it is there: an impossible first byte fails before the
    /// second one has come.
    ///
    /// - Parameters:
    ///   - bytes: what there is of the frame; bytes behind the header are not looked at.
    ///   - rules: what the connection's state allows.
    /// - Returns: the header and how many bytes it took, or nil if it is not complete.
    /// - Throws: ``FrameViolation`` as soon as the bytes cannot become an allowed header.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, rules: FrameRules
    ) throws(FrameViolation) -> (header: FrameHeader, byteCount: Int)? {
        guard bytes.count >= 1 else { return nil }
        // Safety: each access below is preceded by a check that as many bytes are there.
        let first = unsafe bytes[0]
        let opcode = try checkedOpcode(first, rules: rules)
        guard bytes.count >= 2 else { return nil }
        let second = unsafe bytes[1]
        let isMasked = second & 0x80 != 0
        guard isMasked == rules.isMaskExpected else { throw .wrongMasking }
        let shortLength = Int(second & 0x7F)
        if opcode.isControl && shortLength > 125 { throw .oversizedControlFrame }

        var payloadByteCount = shortLength
        var index = 2
        if shortLength == 126 {
            guard bytes.count >= 4 else { return nil }
            // Safety: four bytes are there.
            let length = unsafe bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)
            payloadByteCount = Int(UInt16(bigEndian: length))
            guard payloadByteCount > 125 else { throw .malformedLength }
            index = 4
        } else if shortLength == 127 {
            // Safety: three bytes are there, as the condition checks first.
            if bytes.count >= 3, unsafe bytes[2] & 0x80 != 0 { throw .malformedLength }
            guard bytes.count >= 10 else { return nil }
            // Safety: ten bytes are there.
            let length = unsafe bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self)
            payloadByteCount = Int(truncatingIfNeeded: UInt64(bigEndian: length))
            guard payloadByteCount > 0xFFFF else { throw .malformedLength }
            index = 10
        }
        var maskingKey: UInt32?
        if isMasked {
            guard bytes.count >= index + 4 else { return nil }
            // Safety: the four bytes from index on are there.
            let key = unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self)
            maskingKey = UInt32(littleEndian: key)
            index += 4
        }
        let header = FrameHeader(
            opcode: opcode, payloadByteCount: payloadByteCount, isFinal: first & 0x80 != 0,
            isCompressed: first & 0x40 != 0, maskingKey: maskingKey)
        return (header, index)
    }

    /// Judges a frame's first byte: FIN, RSV1–3 and opcode.
    private static func checkedOpcode(
        _ first: UInt8, rules: FrameRules
    ) throws(FrameViolation) -> Opcode {
        guard first & 0x30 == 0 else { throw .reservedBit }
        guard let opcode = Opcode(rawValue: first & 0x0F) else { throw .reservedOpcode }
        let mayHaveRSV1 =
            rules.isCompressionNegotiated && !opcode.isControl && opcode != .continuation
        if first & 0x40 != 0 && !mayHaveRSV1 { throw .reservedBit }
        if opcode.isControl {
            if first & 0x80 == 0 { throw .fragmentedControlFrame }
        } else if opcode == .continuation {
            if !rules.isInsideMessage { throw .unexpectedContinuation }
        } else if rules.isInsideMessage {
            throw .interleavedMessage
        }
        return opcode
    }
}
