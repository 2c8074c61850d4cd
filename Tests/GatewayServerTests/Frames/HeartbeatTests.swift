import Security
import WebSocketProtocol
import GatewayServer
import TestSupport
import Testing

/// Pings and the ends that time brings.
@Suite("Heartbeats and expiry over sockets", .timeLimit(.minutes(10))) struct HeartbeatTests {
    @Test func `a silent client is pinged, then closed with 4004`() async throws {
        try await withGateway { configuration in
            configuration.limits.heartbeatInterval = .seconds(1)
            configuration.limits.heartbeatTimeout = .seconds(1)
        } _: { scene in
            let client = try scene.client()
            #expect(client.hello.int("params.heartbeat.timeout_ms") == 2000)
            let begin = monotonicSeconds()
            let ping = try #require(try client.socket.next())
            #expect(ping.opcode == RawWebSocket.ping)
            let close = try client.close()
            #expect(close.closeCode == 4004 && close.closeReason == "heartbeat_timeout")
            #expect(monotonicSeconds() - begin > 1.5, "it had the time that hello promises")
        }
    }

    @Test func `a client that answers its pings stays`() async throws {
        try await withGateway { configuration in
            configuration.limits.heartbeatInterval = .seconds(1)
            configuration.limits.heartbeatTimeout = .seconds(1)
        } _: { scene in
            let client = try scene.client()
            for _ in 0..<4 {
                let ping = try #require(try client.socket.next())
                #expect(ping.opcode == RawWebSocket.ping)
                try client.socket.send(RawWebSocket.pong, ping.payload)
            }
            #expect(try client.call("ping").has("result.server_time"))
        }
    }

    @Test func `a client whose token ends is closed with 4003`() async throws {
        try await withGateway { configuration in
            configuration.tokenLimits.graceMilliseconds = 500
        } _: { scene in
            let client = try scene.client(token: scene.token(lifetime: 1500))
            let close = try client.close(within: 60)
            #expect(close.closeCode == 4003 && close.closeReason == "token_expired")
        }
    }

    @Test func `a message that stays incomplete is closed with 1008`() async throws {
        try await withGateway { configuration in
            configuration.webSocketLimits.messageDurationMax = 200_000_000
        } _: { scene in
            let client = try scene.client()
            try client.socket.send(RawWebSocket.text, [0x7b], isFinal: false)
            #expect(try client.close().closeCode == 1008)
        }
    }
}
