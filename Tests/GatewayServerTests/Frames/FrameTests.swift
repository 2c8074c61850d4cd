import GatewayServer
import TestSupport
import Testing

/// Frames of clients, good and bad, over real sockets (RFC 6455 §5 to §7).
@Suite("Frames over sockets (RFC 6455 §5)", .timeLimit(.minutes(10))) struct FrameTests {
    static let request = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#

    @Test func `a fault ends the connection with its code`() async throws {
        try await withGateway { scene in
            let text = RawWebSocket.text
            let cases: [(Int, String, [UInt8])] = [
                (1002, "unmasked", RawWebSocket.frame(text, [0x7b], isMasked: false)),
                (1002, "reserved opcode", RawWebSocket.frame(3, [])),
                (1002, "long ping", RawWebSocket.frame(9, [UInt8](repeating: 0, count: 126))),
                (1002, "continuation of nothing", RawWebSocket.frame(0, [0x7b])),
                (1003, "binary", RawWebSocket.frame(RawWebSocket.binary, [1, 2, 3])),
                (1007, "no UTF-8", RawWebSocket.frame(text, [0x22, 0xff, 0x22])),
                (1009, "too big", RawWebSocket.frame(text, [UInt8](repeating: 32, count: 65_537))),
                (1002, "close of one byte", RawWebSocket.frame(RawWebSocket.close, [3])),
            ]
            for (code, name, bytes) in cases {
                let client = try scene.client()
                try client.socket.connection.send(bytes)
                #expect(try client.close().closeCode == code, "\(name)")
            }
            try waitUntil("the closes in the metrics") {
                try scene.operate("/metrics").body.contains(#"closes_total{code="1002"} 5"#)
            }
        }
    }

    @Test func `a message of the largest size is read`() async throws {
        try await withGateway { scene in
            let client = try scene.client()
            let padding = String(repeating: " ", count: 65_536 - Self.request.utf8.count)
            #expect(try client.exchange(Self.request + padding).has("result.server_time"))
        }
    }

    @Test func `a fragmented request is answered, with a ping in between`() async throws {
        try await withGateway { scene in
            let client = try scene.client()
            let bytes = Array(Self.request.utf8)
            try client.socket.send(RawWebSocket.text, Array(bytes[..<5]), isFinal: false)
            try client.socket.send(0, Array(bytes[5..<9]), isFinal: false)
            try client.socket.send(RawWebSocket.ping, [1, 2, 3])
            try client.socket.send(0, Array(bytes[9...]))
            let pong = try #require(try client.socket.next())
            #expect(pong.opcode == RawWebSocket.pong && pong.payload == [1, 2, 3])
            #expect(pong.isFinal && !pong.isMasked)
            #expect(try client.next().has("result.server_time"))
        }
    }

    @Test(
        "a ping comes back with its payload", arguments: [0, 1, 124, 125])
    func ping(count: Int) async throws {
        try await withGateway { scene in
            let client = try scene.client()
            let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            try client.socket.send(RawWebSocket.ping, payload)
            let pong = try #require(try client.socket.next())
            #expect(pong.opcode == RawWebSocket.pong && pong.payload == payload)
        }
    }

    @Test(
        "the client's close is answered with its code, and the stream ends",
        arguments: [1000, 1001, 3000, 4999])
    func closeByClient(code: Int) async throws {
        try await withGateway { scene in
            let client = try scene.client()
            try client.socket.sendClose(code)
            let answer = try #require(try client.socket.next())
            #expect(answer.opcode == RawWebSocket.close && answer.closeCode == code)
            #expect(try client.socket.next() == nil)
        }
    }

    @Test func `a close without a code is answered without one`() async throws {
        try await withGateway { scene in
            let client = try scene.client()
            try client.socket.send(RawWebSocket.close)
            let answer = try #require(try client.socket.next())
            #expect(answer.opcode == RawWebSocket.close && answer.payload.isEmpty)
            #expect(try client.socket.next() == nil)
        }
    }

    @Test func `what was asked before the client's close is answered before the server's`()
        async throws
    {
        try await withGateway { scene in
            let client = try scene.client()
            try client.socket.connection.send(
                RawWebSocket.frame(RawWebSocket.text, Array(Self.request.utf8))
                    + RawWebSocket.frame(RawWebSocket.close, [0x03, 0xe8])
                    + RawWebSocket.frame(RawWebSocket.text, Array(Self.request.utf8)))
            #expect(try client.next().has("result.server_time"))
            #expect(try client.socket.next()?.closeCode == 1000)
            #expect(try client.socket.next() == nil, "nothing after the close is answered")
        }
    }

    @Test func `a half-closed client gets the answers to what it asked`() async throws {
        try await withGateway { scene in
            let client = try scene.client()
            try client.socket.send(Self.request)
            client.socket.connection.finishSending()
            #expect(try client.next().has("result.server_time"))
            #expect(try client.socket.next() == nil)
            try waitUntil("the end") { try scene.metric("tradermind_connections") == 0 }
        }
    }

    @Test func `a reset frees the connection`() async throws {
        try await withGateway { scene in
            let clients = try (0..<20).map { _ in try scene.client() }
            #expect(try scene.metric("tradermind_connections") == 20)
            for client in clients { client.socket.connection.reset() }
            try waitUntil("the end") { try scene.metric("tradermind_connections") == 0 }
            let closes = try scene.operate("/metrics").body
            #expect(closes.contains(#"tradermind_closes_total{code="1006"} 20"#))
        }
    }

    @Test func `a peer that does not answer a close frame is cut off`() async throws {
        try await withGateway { configuration in
            configuration.limits.closeDuration = .milliseconds(100)
            configuration.limits.lingerDuration = .milliseconds(100)
        } _: { scene in
            let client = try scene.client()
            try client.socket.send(RawWebSocket.binary, [1])
            #expect(try client.socket.next()?.closeCode == 1003)
            #expect(try client.socket.next(within: 5) == nil)
        }
    }
}
