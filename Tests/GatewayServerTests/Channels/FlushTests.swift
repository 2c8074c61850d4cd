import EventLoop
import TestSupport
import Testing

@testable import GatewayServer

/// How the loops' time is shared between those who write.
@Suite("Flushing", .timeLimit(.minutes(10))) struct FlushTests {
    @Test func `one connection takes no more than its share of a turn`() async throws {
        try await withGateway { scene in
            let client = try scene.client()
            let server = scene.node.servers[0]
            let count = 4000
            let counter: LoopBound<WriteCounter> = await withCheckedContinuation { continuation in
                server.loop.post {
                    let counter = WriteCounter(server.value)
                    server.loop.observeTurns(counter)
                    let text = Array(#"{"jsonrpc":"2.0","method":"test"}"#.utf8)
                    for case let connection? in server.value.connections {
                        for _ in 0..<count {
                            // Safety: the array outlives the call, which copies.
                            unsafe server.value.send(text.span.bytes, to: connection)
                        }
                    }
                    continuation.resume(returning: LoopBound(counter, loop: server.loop))
                }
            }
            for _ in 0..<count { #expect(try client.next().string("method") == "test") }
            let counts = await withCheckedContinuation { continuation in
                server.loop.post {
                    continuation.resume(
                        returning: (most: counter.value.most, all: counter.value.all))
                }
            }
            #expect(counts.all >= count / SegmentBuffer.segmentCountMax)
            #expect(counts.most <= LoopServer.writesPerTurnMax)
        }
    }
}

/// Counts the writes of each turn of a loop. Confined to it.
private final class WriteCounter: TurnObserver {
    private let server: LoopServer
    private var last: Int
    /// The writes of the turn that had most.
    private(set) var most = 0
    /// The writes of all turns.
    private(set) var all = 0

    init(_ server: LoopServer) {
        self.server = server
        last = server.metrics.flushCount
    }

    func turnEnded() {
        let count = server.metrics.flushCount - last
        last += count
        all += count
        most = max(most, count)
    }
}
