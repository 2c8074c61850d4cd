/// The proof that a server speaks WebSocket (RFC 6455 §1.3, §4.2.2 item 5.4).
enum HandshakeKey {
    /// Sec-WebSocket-Accept for a Sec-WebSocket-Key as it stands in the request.
    static func accept(for key: some Collection<UInt8>) -> [UInt8] {
        Base64.encode(
            SHA1.digest(of: Array(key) + Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)))
    }
}
