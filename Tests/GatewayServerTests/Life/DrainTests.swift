import EventLoop
import GatewayServer
import Glibc
import Security
import TestSupport
import Testing

/// How a node ends.
@Suite("Drain", .timeLimit(.minutes(10))) struct DrainTests {
    @Test func `clients are told, closed with 4001, and no more are taken, on every loop at once`()
        async throws
    {
        try await withGateway(loops: 2) { configuration in
            configuration.drainDuration = .milliseconds(1000)
        } _: { scene in
            // Enough to be spread over both loops.
            let clients = try (0..<24).map { _ in try scene.client() }
            let end = Task.detached { await scene.node.drain() }
            var deadlines: [Int] = []
            for client in clients {
                let notice = try client.next()
                #expect(notice.string("method") == "server.draining")
                #expect(notice.string("params.reason") == "shutdown")
                deadlines.append(try #require(notice.int("params.closes_at")))
                #expect((0...2000).contains(notice.int("params.reconnect_after_ms") ?? -1))
            }
            let spread = (deadlines.max() ?? 0) - (deadlines.min() ?? 0)
            #expect(spread < 500, "both loops drain at the same time")
            for _ in 0..<8 {
                #expect(throws: RawConnection.Failure.self) { try scene.connect() }
            }
            #expect(try scene.operate("/readyz").body.contains("draining"))
            for client in clients {
                let close = try client.close()
                #expect(close.closeCode == 4001 && close.closeReason == "draining")
            }
            await end.value
            #expect(try scene.metric("tradermind_connections") == 0)
        }
    }

    @Test func `a client that does not go is cut off`() async throws {
        try await withGateway { configuration in
            configuration.drainDuration = .milliseconds(200)
            configuration.limits.closeDuration = .milliseconds(200)
            configuration.limits.lingerDuration = .milliseconds(200)
        } _: { scene in
            let client = try scene.client()
            await scene.node.drain()
            #expect(try client.next().string("method") == "server.draining")
            #expect(try client.socket.next()?.closeCode == 4001)
        }
    }

    @Test func `the last clients get the time to read why they are closed`() async throws {
        try await withGateway { configuration in
            configuration.drainDuration = .milliseconds(100)
            configuration.limits.lingerDuration = .milliseconds(1500)
        } _: { scene in
            // It never closes its side, as if the Close frame were still on its way.
            let client = try scene.client()
            let start = monotonicSeconds()
            await scene.node.drain()
            #expect(monotonicSeconds() - start >= 1.5)
            #expect(try client.close().closeCode == 4001)
        }
    }

    @Test func `a node without clients drains at once`() async throws {
        try await withGateway(loops: 2) { scene in
            await scene.node.drain()
            #expect(scene.node.problems.contains("draining"))
        }
    }

    @Test func `a handshake that was under way is refused with 503`() async throws {
        try await withGateway { configuration in
            configuration.drainDuration = .seconds(2)
        } _: { scene in
            let client = try scene.client()
            let late = try scene.connect()
            let head = SceneClient.head(token: try scene.token())
            try late.send(String(head.dropLast(4)))
            // The loop takes connections in order, so it has taken the one before.
            _ = try scene.client()
            let end = Task.detached { await scene.node.drain() }
            #expect(try client.next().string("method") == "server.draining")
            try late.send(String(head.suffix(4)))
            let answer = try HTTPAnswer(late.takeAll())
            #expect(answer.status == 503 && answer.field("Retry-After") == "1")
            #expect(try WireMessage(answer.body).int("error.code") == 1203)
            await end.value
        }
    }

    @Test func `stop ends what is there at once`() async throws {
        try await withGateway(loops: 2) { scene in
            let clients = try (0..<8).map { _ in try scene.client() }
            await scene.node.stop()
            for client in clients { #expect(try client.socket.next() == nil) }
        }
    }

    @Test func `a port that another node serves is refused`() async throws {
        try await withGateway { scene in
            let port = scene.publicPort
            let taken = SystemError(call: "bind", code: EADDRINUSE)
            let address = SocketAddress.internet(host: "127.0.0.1", port: port)
            #expect(throws: NodeStartError.cannotListen(address, taken)) {
                try GatewayScene(loops: 2, hasRedis: false) { configuration in
                    configuration.publicAddress = .internet(host: "127.0.0.1", port: port)
                }
            }
            #expect(throws: NodeStartError.cannotListen(address, taken)) {
                try GatewayScene(loops: 1, hasRedis: false) { configuration in
                    configuration.internalAddress = .internet(host: "127.0.0.1", port: port)
                }
            }
        }
    }
}
