import GatewayClient
import GatewayServer
import TestSupport
import Testing

/// Handshakes under way of one address.
@Suite("Handshakes under way are bounded", .timeLimit(.minutes(10)), .serialized)
struct HandshakeBoundTests {
    @Test func `one more than the bound is closed at once, and a place that is free is given`()
        async throws
    {
        try await withGateway { configuration in
            configuration.limits.handshakesPerAddress = 3
        } _: { scene in
            var slow: [RawConnection] = []
            for _ in 0..<3 {
                let connection = try scene.connect()
                try connection.send("GET /v1 HTTP/1.1\r\nHost:")
                slow.append(connection)
            }
            // The kernel hands connections over in their order, so that the fourth is one too many.
            #expect(try scene.connect().takeAll().isEmpty)
            try slow[0].send(" x\r\n\r\n")
            #expect(try slow[0].take(through: "\r\n").contains(" 426 "))
            let client = try scene.client()
            // The others still have their places, and the one that asks takes the last.
            #expect(try scene.metric("tradermind_dropped_connections_total") == 1)
            // Who is connected is no handshake under way any more.
            let another = try scene.client()
            #expect(try another.call("ping").has("result"))
            #expect(try client.call("ping").has("result"))
        }
    }

    @Test func `who is refused holds no memory for compression`() async throws {
        try await withGateway { configuration in
            // One connection's.
            configuration.deflateBudgetByteCount = 512
        } _: { scene in
            let offer = "Sec-WebSocket-Extensions"
            let refused = try scene.connect()
            try refused.send(
                SceneClient.head(token: "a.b.c", [offer: "permessage-deflate"]))
            #expect(try refused.take(through: "\r\n\r\n").hasPrefix("HTTP/1.1 401"))
            // It stays, and reads on or not.
            let accepted = try scene.connect()
            try accepted.send(
                SceneClient.head(token: scene.token(), [offer: "permessage-deflate"]))
            let answer = try HTTPAnswer(Array(accepted.take(through: "\r\n\r\n").utf8))
            #expect(answer.status == 101)
            #expect(answer.field(offer)?.hasPrefix("permessage-deflate") ?? false)
            withExtendedLifetime(refused) {}
        }
    }

    @Test(
        "The gate of TLS bounds them as well",
        .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"))
    func gate() async throws {
        try await SecureGateway.run { configuration in
            configuration.limits.handshakesPerAddress = 2
        } _: { gateway in
            let first = try PeerSocket(port: gateway.port)
            let second = try PeerSocket(port: gateway.port)
            #expect(try PeerSocket(port: gateway.port).readToEnd(seconds: 10).isEmpty)
            try gateway.wait("the count") {
                try gateway.metric("tradermind_dropped_connections_total") == 1
            }
            #expect(try gateway.metric("tradermind_tls_failures_total") == 0)
            // What is no TLS ends at once and leaves its place to another.
            try first.send("GET / HTTP/1.1\r\n\r\n")
            _ = try first.readToEnd(seconds: 10)
            let client = try await gateway.client()
            try await client.ping()
            await client.close()
            withExtendedLifetime(second) {}
        }
    }
}
