import Security
import GatewayServer
import Foundation
import GatewayAPI
import JSONRPC
import TestSupport
import Testing

/// Results of the methods about the connection, read with the types of the contract.
@Suite("ping, auth.whoami, limits.get, connection.stats, rpc.discover", .timeLimit(.minutes(10)))
struct ConnectionMethodTests {
    /// Reads a result as the contract's own client does.
    static func result<Result: APIObject>(
        _ type: Result.Type, _ answer: WireMessage
    ) throws -> Result {
        let bytes = Array(answer.text.utf8)
        var tape = JSONTape(limits: JSONLimits(byteCountMax: 1_048_576))
        // Safety: the array lives as long as the views into it.
        let text = unsafe bytes.span.bytes
        try tape.read(text)
        guard let value = tape.root(in: text).member("result") else {
            throw Lacking(what: "a result in \(answer)")
        }
        return try Result(params: value)
    }

    @Test func `say what is so`() async throws {
        try await withGateway { configuration in
            configuration.limits.messagesPerSecond = 0
        } _: { scene in
            let client = try scene.client(token: scene.token(.service))
            let now = Int64(Date().timeIntervalSince1970 * 1000)
            let ping = try Self.result(PingResult.self, client.call("ping"))
            #expect(abs(ping.serverTime - now) < 5000)
            let who = try Self.result(WhoAmIResult.self, client.call("auth.whoami"))
            #expect(who.userID == GatewayScene.userID && who.role == .service)
            #expect(abs(who.expiresAt - now - 3_600_000) < 5000)
            let limits = try Self.result(LimitsResult.self, client.call("limits.get")).limits
            #expect(limits.messagesPerSecondMax == 0 && limits.batchCountMax == 50)
            #expect(limits.messageByteCountMax == 65_536)
        }
    }

    @Test func `statistics count what went over the connection`() async throws {
        try await withGateway { scene in
            let client = try scene.client()
            for _ in 0..<5 { _ = try client.call("ping") }
            let first = try Self.result(
                ConnectionStatsResult.self, client.call("connection.stats"))
            #expect(first.connectionID == client.hello.string("params.connection_id"))
            #expect(first.node == "scene" && first.subscriptionCount == 0)
            #expect(first.messagesIn == 6 && first.messagesOut == 6, "hello and five answers")
            #expect(first.bytesIn > 300 && first.bytesOut > 300)
            let second = try Self.result(
                ConnectionStatsResult.self, client.call("connection.stats"))
            #expect(second.messagesIn == 7 && second.messagesOut == 7)
            #expect(second.bytesIn > first.bytesIn && second.bytesOut > first.bytesOut)
        }
    }

    @Test func `rpc.discover answers the published document`() async throws {
        try await withGateway { scene in
            let client = try scene.client()
            let answer = try client.call("rpc.discover")
            #expect(answer.string("result.openrpc")?.hasPrefix("1.") == true)
            let file = try scene.ask("GET /protocol/openrpc.json HTTP/1.1\r\nHost: a\r\n\r\n").body
            let published = try WireMessage(file)
            #expect(answer.string("result.info.version") == published.string("info.version"))
            #expect(answer.string("result.methods.0.name") == published.string("methods.0.name"))
        }
    }

    @Test func `large answers to many requests at once all come`() async throws {
        try await withGateway { scene in
            let client = try scene.client()
            let requests = (1...24).flatMap { id in
                RawWebSocket.frame(
                    RawWebSocket.text,
                    Array(#"{"jsonrpc":"2.0","id":\#(id),"method":"rpc.discover"}"#.utf8))
            }
            try client.socket.connection.send(requests)
            for id in 1...24 { #expect(try client.next().int("id") == id) }
        }
    }
}
