import EventLoop
import Synchronization
import TestSupport
import Testing

@testable import GatewayServer

/// Loops that do nothing, which none of them can tell itself.
@Suite(
    "Blocked loops", .timeLimit(.minutes(10)),
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"))
struct LoopPulseTests {
    /// Whether a loop may go on.
    private final class Gate: Sendable {
        private let value = Atomic<Bool>(false)

        func open() { value.store(true, ordering: .releasing) }

        /// Blocks the thread until it is open.
        func wait() { try? waitUntil("the gate", within: 60) { value.load(ordering: .acquiring) } }
    }

    @Test func `a blocked loop makes its node unready, then dead, until it goes on`() async throws {
        try await withGateway(loops: 2, hasRedis: true) { configuration in
            configuration.limits.silentLoopDuration = .milliseconds(1000)
            configuration.limits.stuckLoopDuration = .milliseconds(2000)
        } _: { scene in
            #expect(try scene.operate("/livez").status == 200)
            let gate = Gate()
            defer { gate.open() }
            // The other answers on the internal port.
            scene.node.servers[1].loop.post { gate.wait() }
            try waitUntil("unreadiness") {
                let answer = try scene.operate("/readyz")
                return answer.status == 503
                    && answer.body.contains("the loop gateway-1 has done nothing for")
            }
            try waitUntil("death") { try scene.operate("/livez").status == 503 }
            #expect(try scene.operate("/livez").body.contains("gateway-1"))
            gate.open()
            try waitUntil("readiness") { try scene.operate("/readyz").status == 200 }
            #expect(try scene.operate("/livez").status == 200)
            try waitUntil("the count") {
                try scene.metric("tradermind_loop_stalls_total") ?? 0 > 0
            }
        }
    }

    @Test func `a pulse that never beat is not silent, and one that beat ages`() throws {
        let pulse = LoopPulse(name: "one")
        #expect(pulse.silence == .zero)
        #expect(pulse.beat() == .zero)
        try waitUntil("time to pass") { pulse.silence > .milliseconds(2) }
        #expect(pulse.beat() > .milliseconds(2))
    }
}
