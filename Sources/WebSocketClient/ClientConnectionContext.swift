package import EventLoop
package import WebSocketProtocol

/// What a client's connections need for TLS.
package struct ClientTLS: Sendable {
    /// Whom they believe.
    package var trust: TLSTrust
    /// The name or address that the server's certificate has to be for.
    package var host: String

    /// Puts both together.
    package init(trust: TLSTrust, host: String) {
        self.trust = trust
        self.host = host
    }
}

/// How a client's connections are set up.
package struct ClientConnectionConfiguration: Sendable {
    /// The Host field: host and port of the server.
    package var authority: String
    /// The request target: path and query.
    package var target: String
    /// The subprotocols that are offered.
    package var subprotocols: [String] = []
    /// What is offered of permessage-deflate; nothing where it is off.
    package var deflate = DeflateConfiguration(mode: .off)
    /// Bounds on what the server may send.
    package var limits = WebSocketLimits()
    /// TLS, nil for plain TCP.
    package var tls: ClientTLS?
    /// From the first SYN to the end of the opening handshake.
    package var openTimeout: Duration = .seconds(10)
    /// Bytes that may wait for the kernel; a message that would exceed it is not taken.
    package var unsentByteCountMax = WebSocketClientLimits.unsentByteCountMax

    /// A configuration without subprotocol and compression.
    package init(authority: String, target: String) {
        self.authority = authority
        self.target = target
    }
}

/// What the client connections of one loop share, so that each is small.
package final class ClientConnectionContext {
    /// The loop of all of them.
    package let loop: EventLoop
    /// How they are set up.
    package let configuration: ClientConnectionConfiguration
    let webSocket: WebSocketContext
    private var random = RandomPool()

    /// A context for connections of a loop.
    package init(loop: EventLoop, configuration: ClientConnectionConfiguration) {
        self.loop = loop
        self.configuration = configuration
        webSocket = WebSocketContext(role: .client, limits: configuration.limits)
    }

    /// Four bytes that nobody can foresee (RFC 6455 §5.3).
    func makeMaskingKey() -> UInt32 {
        random.next()
    }

    /// The 16 bytes of a Sec-WebSocket-Key.
    func makeNonce() -> [UInt8] {
        (0..<4).flatMap { _ in
            let word = random.next()
            return [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) }
        }
    }
}

/// Random numbers of the kernel, fetched many at a time: one call for 64 masking keys.
private struct RandomPool {
    private var words: [UInt64] = []
    private var half: UInt32?

    mutating func next() -> UInt32 {
        if let half = half.take() { return half }
        if words.isEmpty {
            // Swift's generator reads the kernel's (getrandom) on Linux.
            var generator = SystemRandomNumberGenerator()
            words = (0..<32).map { _ in generator.next() }
        }
        let word = words.popLast() ?? 0
        half = UInt32(truncatingIfNeeded: word >> 32)
        return UInt32(truncatingIfNeeded: word)
    }
}
