import GatewayAPI
import GatewayClient
import GatewayServer
import TestSupport
import Testing
import WebSocketProtocol

/// How often a node compresses what many get, read from its counters.
@Suite(
    "Compressing once for everybody", .timeLimit(.minutes(10)), .serialized,
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"))
struct SharedCompressionTests {
    /// An event of the size of a session's, which is worth compressing.
    private static func payload(_ number: Int) -> String {
        let members = (0..<12).map { #""member_\#($0)":"value \#(number * 31 + $0)""# }
        return #"{"n":\#(number),\#(members.joined(separator: ",")),"text":"\#(filling)"}"#
    }

    private static let filling = String(repeating: "trading session ", count: 24)

    /// Clients of every loop, subscribed.
    private static func clients(
        of scene: GatewayScene, loops: Int, isCompressed: Bool
    ) async throws -> [GatewayClient] {
        var options = ClientOptions()
        options.acceptsCompression = isCompressed
        options.reconnect = nil
        var clients: [GatewayClient] = []
        var seenLoops: Set<Substring> = []
        // The kernel spreads connections over the loops; a connection's name says which it got.
        while clients.count < 8 || seenLoops.count < loops {
            let client = try await GatewayClient.connect(
                to: "ws://127.0.0.1:\(scene.publicPort)/v1",
                token: GatewayToken(try scene.token()), options: options)
            try await client.subscribe("ticks:R_100")
            clients.append(client)
            seenLoops.insert(client.hello.connectionID.split(separator: "-")[1])
            try #require(clients.count < 200, "the kernel gave a loop no connection")
        }
        return clients
    }

    @Test(
        "A publication is compressed once, however many subscribe on however many loops",
        arguments: [1, 2, 3])
    func compressedOnce(loops: Int) async throws {
        try await withGateway(loops: loops, hasRedis: true) { scene in
            let clients = try await Self.clients(of: scene, loops: loops, isCompressed: true)
            for number in 1...50 {
                #expect(try scene.publish("ticks:R_100", Self.payload(number)) == loops)
            }
            for client in clients {
                var events = client.events.makeAsyncIterator()
                for number in 1...50 {
                    guard case .event(let event) = await events.next() else {
                        Issue.record("something else came")
                        return
                    }
                    #expect(event.data.text == Self.payload(number))
                }
            }
            #expect(try scene.metric("tradermind_compressions_total") == 50)
            #expect(
                try scene.metric("tradermind_compressions_reused_total") == 50 * (loops - 1))
            #expect(try scene.metric("tradermind_deliveries_total") == 50 * clients.count)
            let before = try #require(try scene.metric("tradermind_compression_input_bytes_total"))
            let after = try #require(try scene.metric("tradermind_compression_output_bytes_total"))
            #expect(before > 50 * Self.payload(1).utf8.count && after < before / 2)
            for client in clients { await client.close() }
        }
    }

    @Test func `nothing is compressed for clients that did not ask, or below the minimum`()
        async throws
    {
        try await withGateway(loops: 2, hasRedis: true) { scene in
            let plain = try await Self.clients(of: scene, loops: 2, isCompressed: false)
            try scene.publish("ticks:R_100", Self.payload(1))
            let compressing = try await Self.clients(of: scene, loops: 2, isCompressed: true)
            try scene.publish("ticks:R_100", #"{"n":2}"#)
            for client in plain + compressing {
                var events = client.events.makeAsyncIterator()
                while case .event(let event) = await events.next() {
                    if event.data.text == #"{"n":2}"# { break }
                }
            }
            #expect(try scene.metric("tradermind_compressions_total") == 0)
            #expect(try scene.metric("tradermind_compressions_reused_total") == 0)
            for client in plain + compressing { await client.close() }
        }
    }

    @Test func `connections with a compressor of their own compress for themselves`() async throws {
        try await withGateway(hasRedis: true) { configuration in
            configuration.deflate.mode = .dedicated
        } _: { scene in
            let clients = try await Self.clients(of: scene, loops: 1, isCompressed: true)
            let before = try #require(
                try scene.metric("tradermind_dedicated_compressions_total"))
            for number in 1...20 { try scene.publish("ticks:R_100", Self.payload(number)) }
            for client in clients {
                var events = client.events.makeAsyncIterator()
                for number in 1...20 {
                    guard case .event(let event) = await events.next() else {
                        Issue.record("something else came")
                        return
                    }
                    #expect(event.data.text == Self.payload(number))
                }
            }
            #expect(
                try scene.metric("tradermind_dedicated_compressions_total")
                    == before + 20 * clients.count)
            #expect(try scene.metric("tradermind_compressions_total") == 0)
            for client in clients { await client.close() }
        }
    }
}
