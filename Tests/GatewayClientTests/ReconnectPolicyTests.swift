import TestSupport
import Testing

@testable import GatewayClient

@Suite("ReconnectPolicy: full jitter")
struct ReconnectPolicyTests {
    @Test(
        "the widest delay doubles up to the maximum",
        arguments: [
            (0, 0.5), (1, 1), (2, 2), (5, 16), (6, 30), (7, 30), (1000, 30), (Int.max, 30),
        ] as [(Int, Double)])
    func widest(attemptIndex: Int, seconds: Double) throws {
        let delay = try #require(
            ReconnectPolicy().delay(attemptIndex: attemptIndex, random: .max))
        #expect(delay <= .seconds(seconds))
        #expect(delay > .seconds(seconds * 0.999))
    }

    @Test("the delay is spread from zero on")
    func spread() throws {
        let policy = ReconnectPolicy()
        #expect(policy.delay(attemptIndex: 3, random: 0) == .zero)
        let half = try #require(policy.delay(attemptIndex: 3, random: .max / 2))
        #expect(half > .seconds(1.99) && half < .seconds(2.01))
    }

    @Test("what the server asks for comes on top")
    func retryAfter() {
        let delay = ReconnectPolicy().delay(attemptIndex: 0, atLeast: .seconds(7), random: 0)
        #expect(delay == .seconds(7))
    }

    @Test("a connection has lasted after a minute")
    func steady() {
        #expect(ReconnectPolicy().steadyDuration == .seconds(60))
    }

    @Test("attempts end where a number is set")
    func attempts() {
        var policy = ReconnectPolicy()
        policy.attemptCountMax = 2
        #expect(policy.delay(attemptIndex: 1, random: 1) != nil)
        #expect(policy.delay(attemptIndex: 2, random: 1) == nil)
        policy.attemptCountMax = 0
        #expect(policy.delay(attemptIndex: 0, random: 1) == nil)
    }
}
