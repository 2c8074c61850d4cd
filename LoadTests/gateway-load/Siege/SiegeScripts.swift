import WebSocketProtocol

extension SiegeConnection.Script {
    /// A head of a request that never ends: a field's value grows by a byte a second.
    static func slowHead(target: String, host: String) -> SiegeConnection.Script {
        .init(
            bytes: Array("GET \(target) HTTP/1.1\r\nHost: \(host)\r\nX-Slow: ".utf8),
            drip: UInt8(ascii: "x"))
    }

    /// The beginning of a record with a ClientHello of 512 bytes (RFC 8446 §5.1), of which a byte a
    /// second follows.
    static let slowClientHello = SiegeConnection.Script(
        bytes: [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03], drip: 0)

    /// A handshake with permessage-deflate, and a message of a megabyte that inflates to a gigabyte
    /// of text, in fragments that no bound on frames refuses.
    ///
    /// - Parameters:
    ///   - target: the path.
    ///   - host: of the gateway.
    ///   - token: to sign in with.
    /// - Returns: the script.
    static func inflateBomb(
        target: String, host: String, token: String
    ) -> SiegeConnection.Script {
        let handshake = ClientHandshake(
            randomBytes: Array(1...16), host: host, target: target,
            subprotocols: ["tradermind.v1"], deflate: DeflateConfiguration(mode: .shared),
            extraFields: [HTTPField("Authorization", "Bearer \(token)")])
        return .init(bytes: handshake.request + frames(of: compressedGigabyte()), drip: nil)
    }

    private static let fragmentByteCount = 16 * 1024

    private static func frames(of payload: [UInt8]) -> [UInt8] {
        var frames: [UInt8] = []
        var opcode = Opcode.text
        for start in stride(from: 0, to: payload.count, by: fragmentByteCount) {
            let end = min(start + fragmentByteCount, payload.count)
            let part = Array(payload[start..<end])
            // Safety: the span does not outlive the array.
            unsafe FrameWriter.append(
                opcode, payload: part.span.bytes, isFinal: end == payload.count,
                isCompressed: opcode == .text, maskingKey: 0, to: &frames)
            opcode = .continuation
        }
        return frames
    }

    /// 1024 MiB of NUL deflated: after the first megabyte each of the others deflates to the same
    /// bytes, so that two are enough to make all.
    private static func compressedGigabyte() -> [UInt8] {
        let deflater = Deflater(windowBits: 15, memoryLevel: 9, level: 9)
        let megabyte = [UInt8](repeating: 0, count: 1 << 20)
        let flushTail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]
        var parts: [[UInt8]] = []
        for _ in 0..<2 {
            var output = ByteStorage()
            // Safety: the spans do not outlive what they are of; the bytes are copied.
            unsafe deflater.deflate(megabyte.span.bytes, into: &output)
            parts.append(unsafe Array(copying: output.bytes))
        }
        var all = parts[0]
        for _ in 1..<1024 { all += flushTail + parts[1] }
        return all
    }
}
