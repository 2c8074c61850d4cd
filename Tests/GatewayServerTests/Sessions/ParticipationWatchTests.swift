import Streams
import Testing

@testable import GatewayServer

@Suite("ParticipationWatch")
struct ParticipationWatchTests {
    private let one: OutboundID
    private let two: OutboundID

    init() throws {
        var fanOut = FanOut(limits: StreamLimits(), encodingCount: 1, hashSeed: 1)
        one = try fanOut.addConnection(encoding: 0)
        two = try fanOut.addConnection(encoding: 0)
    }

    @Test func `a user is watched until the last subscription ends`() {
        var watch = ParticipationWatch()
        #expect(watch.isEmpty && !watch.contains(user: "u"))
        _ = watch.add(one, user: "u", session: "a")
        _ = watch.add(two, user: "u", session: "a")
        _ = watch.add(one, user: "u", session: "b")
        #expect(Set(watch.sessions(of: "u")) == ["a", "b"])
        watch.remove(one, user: "u")
        #expect(watch.sessions(of: "u") == ["a"])
        watch.remove(two, user: "u", session: "b")
        #expect(watch.contains(user: "u"))
        watch.remove(two, user: "u", session: "a")
        #expect(watch.isEmpty)
    }

    @Test func `what is watched already is told`() {
        var watch = ParticipationWatch()
        let isNew = [one, one, two].map { watch.add($0, user: "u", session: "a") }
        #expect(isNew == [true, false, true])
    }

    @Test func `the end of a participation takes its subscriptions out once`() {
        var watch = ParticipationWatch()
        _ = watch.add(one, user: "u", session: "a")
        _ = watch.add(two, user: "u", session: "a")
        _ = watch.add(one, user: "v", session: "a")
        #expect(watch.takeAll(user: "u", session: "a") == [one, two])
        #expect(watch.takeAll(user: "u", session: "a").isEmpty)
        #expect(watch.takeAll(user: "x", session: "a").isEmpty)
        #expect(!watch.contains(user: "u") && watch.contains(user: "v"))
    }
}
