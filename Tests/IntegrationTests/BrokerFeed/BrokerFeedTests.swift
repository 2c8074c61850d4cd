import Deriv
import DerivStandIn
import EventLoop
import GatewayAPI
import GatewayClient
import GatewayServer
import RedisProtocol
import Security
import TestSupport
import Testing
import WebSocketClient

@Suite(
    "Ticks from the broker",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct BrokerFeedTests {
    /// Runs nodes that can feed, with a stand-in for Deriv.
    private func run(
        nodeCount: Int = 1, markets: [String] = [],
        feed change: @escaping @Sendable (inout FeedConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (GatewayScene, DerivStandIn) async throws -> Void
    ) async throws {
        let certificate = try TestCertificate(names: ["127.0.0.1"])
        let deriv = try await DerivStandIn(.options, certificate: certificate)
        defer { deriv.stop() }
        var feed = FeedConfiguration(
            socket: SocketConfiguration(
                generation: .options, url: try WebSocketURL(deriv.url),
                trust: try TLSTrust(authorityPath: certificate.certificatePath)))
        feed.markets = markets
        // Longer than any hold-up of a run: nobody loses it but where a test says so.
        feed.leaseMilliseconds = 60_000
        feed.renewalMilliseconds = 100
        feed.graceNanoseconds = 0
        feed.socket.limits.backoffNanosecondsMin = 1_000_000
        feed.socket.limits.backoffNanosecondsMax = 50_000_000
        change(&feed)
        let configuration = feed
        try await GatewayScene.run(
            nodeCount: nodeCount, configure: { $0.feed = configuration }
        ) { scene in
            try await body(scene, deriv)
        }
    }

    /// Publishes ticks one after the other until there are so many, and gives the last's time.
    private func publish(
        _ deriv: DerivStandIn, _ market: String, times: ClosedRange<Int64>
    ) {
        for time in times {
            deriv.publish(StandInTick("\(time % 1000).25", at: time), of: market)
        }
    }

    @Test func `one node of two feeds, each tick arrives once, and the other takes over`()
        async throws
    {
        try await run(nodeCount: 2, markets: ["R_100"]) { scene, deriv in
            let user = try await scene.client(.user, node: 1)
            let log = EventLog(user)
            _ = try await user.subscribe("ticks:R_100")
            try await GatewayScene.eventually("one node feeds") {
                deriv.subscribedSymbols == ["R_100"]
            }
            publish(deriv, "R_100", times: 1_700_000_100...1_700_000_149)
            try await log.wait("the ticks") { events in
                events.contains { $0.object["epoch_ms"] as? Int == 1_700_000_149_000 }
            }
            let redis = try await SceneRedis(scene.redis)
            let feeder = try await redis.command("GET", "tradermind:feeds:feeder").text ?? ""
            #expect(feeder.hasPrefix("n1 ") || feeder.hasPrefix("n2 "))
            #expect(deriv.connectionCount == 1)
            let times = log.events(of: "ticks:R_100").compactMap { $0.object["epoch_ms"] as? Int }
            #expect(times.filter { $0 >= 1_700_000_100_000 }.count == 50)
            #expect(Set(times).count == times.count)
            // The one that feeds stops; clients of the other see its ticks.
            let index = feeder.hasPrefix("n1 ") ? 0 : 1
            let survivor = try await scene.client(.user, number: 2, node: 1 - index)
            let later = EventLog(survivor)
            _ = try await survivor.subscribe("ticks:R_100")
            await scene.stopNode(index)
            try await GatewayScene.eventually("the other node feeds") {
                // The stand-in may see the end of the first link later than the test.
                deriv.handshakeTargets.count == 2 && deriv.connectionCount == 1
                    && deriv.subscribedSymbols == ["R_100"]
            }
            publish(deriv, "R_100", times: 1_700_000_200...1_700_000_209)
            try await later.wait("the ticks of the other node") { events in
                events.count { ($0.object["epoch_ms"] as? Int ?? 0) >= 1_700_000_200_000 } == 10
            }
            let next = try await redis.command("GET", "tradermind:feeds:feeder").text ?? ""
            #expect(next.hasPrefix("n\(2 - index) "))
        }
    }

    @Test func `a lease that nobody renews is free in its time`() async throws {
        try await run(markets: ["R_100"]) { scene, deriv in
            try await GatewayScene.eventually("it feeds") {
                deriv.subscribedSymbols == ["R_100"]
            }
            // As if another node had taken it …
            let redis = try await SceneRedis(scene.redis)
            try await redis.command("SET", "tradermind:feeds:feeder", "gone abc")
            try await GatewayScene.eventually("it stops, since another has the right") {
                deriv.connectionCount == 0
            }
            // … and died: its time ends with nobody to renew it.
            try await redis.command("PEXPIRE", "tradermind:feeds:feeder", "100")
            try await GatewayScene.eventually("it feeds again") {
                deriv.subscribedSymbols == ["R_100"]
            }
        }
    }

    @Test func `a market is taken while anybody wants it, on whatever node`() async throws {
        try await run(nodeCount: 2) { scene, deriv in
            let first = try await scene.client(.user, number: 1, node: 0)
            let second = try await scene.client(.user, number: 2, node: 1)
            _ = try await first.subscribe("ticks:R_50", "ticks:NO_SUCH", "sessions")
            _ = try await second.subscribe("ticks:R_50", "ticks:1HZ100V")
            try await GatewayScene.eventually("both markets are taken, each once") {
                deriv.subscribedSymbols == ["1HZ100V", "R_50"]
            }
            _ = try await first.unsubscribe(["ticks:R_50"])
            _ = try await second.unsubscribe(["ticks:1HZ100V"])
            try await GatewayScene.eventually("what one still wants stays") {
                deriv.subscribedSymbols == ["R_50"]
            }
            _ = await second.close()
            try await GatewayScene.eventually("nobody wants any") {
                deriv.subscribedSymbols.isEmpty
            }
            // A market that Deriv does not have costs no request.
            #expect(!deriv.requests.contains { $0.argument == "NO_SUCH" })
        }
    }

    @Test func `a market that is wanted no more is kept for the grace period`() async throws {
        try await run(feed: { $0.graceNanoseconds = 3_600_000_000_000 }) { scene, deriv in
            let user = try await scene.client(.user)
            _ = try await user.subscribe("ticks:R_50")
            try await GatewayScene.eventually("it is taken") {
                deriv.subscribedSymbols == ["R_50"]
            }
            _ = try await user.unsubscribe(["ticks:R_50"])
            _ = try await user.subscribe("ticks:R_100")
            // By the time that the later wish is seen, so is the end of the earlier one.
            try await GatewayScene.eventually("the other is taken") {
                deriv.subscribedSymbols == ["R_100", "R_50"]
            }
            #expect(!deriv.requests.contains { $0.call == .forget })
        }
    }

    @Test func `the loss of the link pauses a session, and its return resumes it`() async throws {
        try await run { scene, deriv in
            let actors = try await WireActors(scene)
            let id = try await actors.session(.active, .wire(markets: ["R_100"]))
            // Nobody watches: the session alone makes the market wanted.
            try await GatewayScene.eventually("the session's market is taken") {
                deriv.subscribedSymbols == ["R_100"]
            }
            deriv.refuseHandshakes(with: 503)
            deriv.dropAll()
            try await GatewayScene.eventually("the session is paused") {
                try await actors.admin.session(id).status == .paused
            }
            let paused = try await actors.admin.session(id)
            #expect(paused.pauseCauses == ["FEED:R_100"])
            #expect(scene.nodes[0].problems.isEmpty, "the broker is no reason to be unready")
            deriv.refuseHandshakes(with: nil)
            try await GatewayScene.eventually("the session goes on") {
                try await actors.admin.session(id).status == .active
            }
        }
    }

    @Test func `a node that does not reach the broker lets the other have its turn`() async throws {
        try await run(
            nodeCount: 2, markets: ["R_100"], feed: { $0.handOverNanoseconds = 200_000_000 }
        ) { scene, deriv in
            try await GatewayScene.eventually("it feeds") {
                deriv.subscribedSymbols == ["R_100"]
            }
            let redis = try await SceneRedis(scene.redis)
            let before = try await redis.command("GET", "tradermind:feeds:feeder").text
            deriv.refuseHandshakes(with: 503)
            deriv.dropAll()
            try await GatewayScene.eventually("the other node tries") {
                let holder = try await redis.command("GET", "tradermind:feeds:feeder").text
                return holder != nil && holder != before
            }
            deriv.refuseHandshakes(with: nil)
            try await GatewayScene.eventually("it feeds again") {
                deriv.subscribedSymbols == ["R_100"]
            }
        }
    }
}
