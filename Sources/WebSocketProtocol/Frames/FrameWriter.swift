/// Writes whole frames into memory of the caller; allocates nothing.
package enum FrameWriter {
    /// The most bytes that a control frame takes: 125 of payload and a masked header.
    package static let controlFrameByteCountMax = 125 + 6

    /// How many bytes a frame takes.
    ///
    /// - Parameters:
    ///   - payloadByteCount: the length of the payload in bytes.
    ///   - masked: whether it is a client's frame.
    /// - Returns: header and payload together.
    package static func encodedByteCount(payloadByteCount: Int, masked: Bool) -> Int {
        FrameHeader.encodedByteCount(payloadByteCount: payloadByteCount, masked: masked)
            + payloadByteCount
    }

    /// Writes one frame.
    ///
    /// - Parameters:
    ///   - opcode: what the frame is.
    ///   - payload: its payload; at most 125 bytes in a control frame.
    ///   - isFinal: whether it ends its message.
    ///   - isCompressed: whether the payload was deflated and the frame is its message's first.
    ///   - maskingKey: for a client's frame four bytes that nobody can foresee; nil for a server's.
    ///   - target: where to write, with room for the whole frame.
    /// - Returns: how many bytes were written.
    @discardableResult
    package static func write(
        _ opcode: Opcode, payload: RawSpan, isFinal: Bool = true, isCompressed: Bool = false,
        maskingKey: UInt32? = nil, into target: UnsafeMutableRawBufferPointer
    ) -> Int {
        precondition(!opcode.isControl || payload.byteCount <= 125, "control frame too long")
        let header = FrameHeader(
            opcode: opcode, payloadByteCount: payload.byteCount, isFinal: isFinal,
            isCompressed: isCompressed, maskingKey: maskingKey)
        // Safety: the precondition keeps header and payload within the target.
        let headerByteCount = unsafe header.encode(into: target)
        let frameByteCount = headerByteCount + payload.byteCount
        precondition(target.count >= frameByteCount, "no room for the frame")
        let body = unsafe UnsafeMutableRawBufferPointer(
            rebasing: target[headerByteCount..<frameByteCount])
        unsafe payload.withUnsafeBytes { unsafe body.copyMemory(from: $0) }
        if let maskingKey { unsafe Masking.apply(maskingKey, to: body) }
        return frameByteCount
    }

    /// Appends one frame to an array; see
    /// ``write(_:payload:isFinal:isCompressed:maskingKey:into:)``.
    package static func append(
        _ opcode: Opcode, payload: RawSpan, isFinal: Bool = true, isCompressed: Bool = false,
        maskingKey: UInt32? = nil, to target: inout [UInt8]
    ) {
        let start = target.count
        let frameByteCount = encodedByteCount(
            payloadByteCount: payload.byteCount, masked: maskingKey != nil)
        target.append(contentsOf: repeatElement(0, count: frameByteCount))
        // Safety: the array has just grown by the frame's length.
        unsafe target.withUnsafeMutableBytes { bytes in
            _ = unsafe write(
                opcode, payload: payload, isFinal: isFinal, isCompressed: isCompressed,
                maskingKey: maskingKey,
                into: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]))
        }
    }

    /// The payload of a Close frame (RFC 6455 §5.5.1).
    ///
    /// - Parameters:
    ///   - code: the status; nil for a frame without one. Must be valid on the wire.
    ///   - reason: text for people; cut at a character's boundary to the 123 bytes that fit.
    /// - Returns: up to 125 bytes.
    package static func closePayload(_ code: CloseCode?, reason: String = "") -> [UInt8] {
        guard let code else { return [] }
        precondition(code.isValidOnWire, "this close code is for local use only")
        var payload: [UInt8] = [
            UInt8(truncatingIfNeeded: code.rawValue >> 8), UInt8(truncatingIfNeeded: code.rawValue),
        ]
        for scalar in reason.unicodeScalars {
            let encoded = UTF8.encode(scalar).map(Array.init) ?? []
            guard payload.count + encoded.count <= 125 else { break }
            payload += encoded
        }
        return payload
    }
}
