/// A frame as it came (RFC 6455 §5.2).
package struct RawFrame: Equatable, Sendable {
    package let isFinal: Bool
    package let opcode: UInt8
    package let isMasked: Bool
    package let payload: [UInt8]

    /// The payload as text.
    package var text: String { String(decoding: payload, as: UTF8.self) }

    /// The code of a close frame, nil without one.
    package var closeCode: Int? {
        guard opcode == 8, payload.count >= 2 else { return nil }
        return Int(payload[0]) << 8 | Int(payload[1])
    }

    /// The reason of a close frame.
    package var closeReason: String { String(decoding: payload.dropFirst(2), as: UTF8.self) }
}

/// A client's end of a WebSocket connection behind the handshake that sends what a test wants,
/// faults included. Its own reading of RFC 6455, so that it shares no mistake with the server.
package final class RawWebSocket {
    package static let text: UInt8 = 1
    package static let binary: UInt8 = 2
    package static let close: UInt8 = 8
    package static let ping: UInt8 = 9
    package static let pong: UInt8 = 10

    package let connection: RawConnection

    package init(_ connection: RawConnection) {
        self.connection = connection
    }

    /// The bytes of a frame.
    package static func frame(
        _ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true
    ) -> [UInt8] {
        var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
        let mask: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ...125:
            bytes.append(mask | UInt8(payload.count))
        case ...65_535:
            bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
        default:
            bytes.append(mask | 127)
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> ((7 - $0) * 8)) }
        }
        guard isMasked else { return bytes + payload }
        let key: [UInt8] = [0x37, 0xfa, 0x21, 0x3d]
        return bytes + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
    }

    /// Sends a frame.
    package func send(
        _ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true, isMasked: Bool = true
    ) throws {
        try connection.send(
            Self.frame(opcode, payload, isFinal: isFinal, isMasked: isMasked))
    }

    /// Sends a text message.
    package func send(_ text: String) throws {
        try send(Self.text, Array(text.utf8))
    }

    /// Sends a close frame.
    package func sendClose(_ code: Int) throws {
        try send(Self.close, [UInt8(code >> 8), UInt8(code & 0xff)])
    }

    /// The next frame, nil at the end of the stream.
    package func next(within seconds: Double = 10) throws -> RawFrame? {
        guard try connection.hasByte(within: seconds) else { return nil }
        let head = try connection.take(2)
        var count = Int(head[1] & 0x7f)
        if count >= 126 {
            count = try connection.take(count == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) }
        }
        let isMasked = head[1] & 0x80 != 0
        if isMasked { _ = try connection.take(4) }
        return RawFrame(
            isFinal: head[0] & 0x80 != 0, opcode: head[0] & 0x0f, isMasked: isMasked,
            payload: try connection.take(count, within: seconds))
    }
}
