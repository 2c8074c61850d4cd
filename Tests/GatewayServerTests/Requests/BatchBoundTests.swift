import EventLoop
import TestSupport
import Testing

@testable import GatewayServer

/// What batches may keep of the gateway's memory while some of their answers are awaited.
@Suite("Batches that wait", .timeLimit(.minutes(10))) struct BatchBoundTests {
    /// A batch one of whose requests waits for a Redis that is not there, for a second.
    private static func batch(_ number: Int, discoverCount: Int) -> [UInt8] {
        let subscribe =
            #"{"jsonrpc":"2.0","id":"s\#(number)","method":"subscribe","#
            + #""params":{"channels":[{"channel":"ticks:B_\#(number)"}]}}"#
        let discover = (0..<discoverCount).map {
            #"{"jsonrpc":"2.0","id":"\#(number).\#($0)","method":"rpc.discover"}"#
        }
        let text = "[\(([subscribe] + discover).joined(separator: ","))]"
        return RawWebSocket.frame(RawWebSocket.text, Array(text.utf8))
    }

    private static func discoverCount(_ scene: GatewayScene) throws -> Int {
        try scene.metric(#"tradermind_requests_total{method="rpc.discover"}"#) ?? 0
    }

    @Test func `answers that wait for others of their batch count as unread`() async throws {
        try await withGateway {
            // Longer than the test may be held up between an answer and the look at the count.
            $0.limits.subscribeConfirmationDuration = .milliseconds(2500)
        } _: { scene in
            let client = try scene.client()
            let batches = (0..<4).map { Self.batch($0, discoverCount: 5) }
            try client.socket.connection.send(Array(batches.joined()))
            var answered = 0
            for number in 0..<4 {
                let answer = try client.next(within: 60)
                answered += 5
                #expect(answer.count("") == 6)
                #expect(answer.text.contains(#""id":"s\#(number)""#))
                // The next one may have been read meanwhile, and no more.
                #expect(try Self.discoverCount(scene) <= answered + 5)
            }
        }
    }

    @Test func `a batch whose answer is larger than any message is not collected to its end`()
        async throws
    {
        try await withGateway { scene in
            let client = try scene.client()
            try client.socket.connection.send(Self.batch(0, discoverCount: 49))
            try waitUntil("all but one answer") { try Self.discoverCount(scene) == 49 }
            let server = scene.node.servers[0]
            let held = await withCheckedContinuation { continuation in
                server.loop.post {
                    let connection = server.value.connections.compactMap { $0 }.first
                    continuation.resume(returning: connection?.heldAnswerByteCount ?? 0)
                }
            }
            #expect(held <= 1_048_576)
            #expect(try client.close().closeCode == 1011)
        }
    }
}
