import Security
import TestSupport
import TickFeed
import Testing

@testable import Deriv

@Suite("SocketMachine: requests")
struct SocketMachineRequestTests {
    @Test("an answer finds its request by req_id, in any order")
    func anyOrder() throws {
        let scene = MachineScene.open()
        let time = try scene.request(.time)
        let ping = try scene.request(.ping)
        #expect(time != ping)
        scene.receive(#"{"msg_type":"ping","ping":"pong","req_id":\#(ping)}"#)
        scene.receive(#"{"msg_type":"time","time":1700000000,"req_id":\#(time)}"#)
        #expect(scene.results[ping] == .success(.pong))
        #expect(scene.results[time] == .success(.time(epochSeconds: 1_700_000_000)))
    }

    @Test("InvalidToken is told to who asked, and the link stays")
    func invalidToken() throws {
        let scene = MachineScene.open()
        let id = try scene.request(.authorize(.text("a1-old")))
        scene.receive(MachineScene.error("InvalidToken", id: id, type: "authorize"))
        let error = DerivError(code: .invalidToken, message: "No.")
        #expect(scene.results[id] == .failure(.refused(error)))
        #expect(scene.machine.link == .open)
    }

    @Test("without an answer a request fails after its time, and not before")
    func timeout() throws {
        let scene = MachineScene.open()
        let id = try scene.request(.time)
        scene.advance(seconds: 19.9)
        #expect(scene.results[id] == nil)
        scene.advance(seconds: 0.2)
        #expect(scene.results[id] == .failure(.timedOut))
        // An answer that comes later is nobody's.
        scene.receive(#"{"msg_type":"time","time":1700000000,"req_id":\#(id)}"#)
        #expect(scene.results[id] == .failure(.timedOut))
    }

    @Test("a request waits for the link, and fails where none comes in time")
    func waitsForLink() throws {
        let scene = MachineScene()
        let early = try scene.request(.time)
        scene.start()
        #expect(scene.sent.map(\.id) == [early])
        scene.lose()
        #expect(scene.results[early] == .failure(.linkLost(.lost("reset"))))
        let late = try scene.request(.time)
        #expect(scene.sent.isEmpty)
        scene.machine.linkLost(.nameNotFound, now: scene.now, random: 0)
        for _ in 0..<20 {
            scene.advance(seconds: 3)
            scene.lose(.nameNotFound)
        }
        #expect(scene.results[late] == .failure(.timedOut))
    }

    @Test("an answer of another kind is no answer")
    func otherKind() throws {
        let scene = MachineScene.open()
        let id = try scene.request(.time)
        scene.receive(#"{"msg_type":"ping","ping":"pong","req_id":\#(id)}"#)
        #expect(scene.results[id] == .failure(.malformedReply))
        #expect(scene.machine.counters.strangeMessageCount == 1)
    }

    @Test("the current generation has no sign-in on the socket")
    func notSpoken() {
        let scene = MachineScene.open(.options)
        #expect(throws: SocketError.notSpoken) { try scene.request(.authorize(.text("a1-x"))) }
        #expect(throws: SocketError.notSpoken) { try scene.request(.logout) }
    }

    @Test(
        "what cannot be a token is not sent",
        arguments: ["", "a b", "a\"b", "ä", String(repeating: "a", count: 129)])
    func noToken(text: String) {
        let scene = MachineScene.open()
        #expect(throws: SocketError.invalidToken) { try scene.request(.authorize(.text(text))) }
        #expect(scene.sent.isEmpty)
    }

    @Test("a token of 128 characters is sent")
    func longestToken() throws {
        let scene = MachineScene.open()
        _ = try scene.request(.authorize(.text(String(repeating: "a", count: 128))))
        #expect(scene.sentNames == ["authorize"])
    }

    @Test("only so many requests may wait")
    func pendingBound() throws {
        var limits = SocketLimits()
        limits.pendingRequestCountMax = 2
        limits.subscriptionsPerSocket = 1
        let scene = MachineScene.open(limits: limits)
        for _ in 0..<3 { _ = try scene.request(.time) }
        #expect(throws: SocketError.tooManyRequests(max: 2)) { try scene.request(.time) }
    }

    @Test("what is not JSON breaks the link", arguments: ["", "pong", "{", "[1]", "{} {}"])
    func notJSON(text: String) {
        let scene = MachineScene.open()
        scene.receive(text)
        #expect(scene.disconnectCount == 1)
        #expect(scene.losses.map(\.failure) == [.malformedMessage])
    }

    @Test("stopped, everything fails and nothing is tried again")
    func stop() throws {
        let scene = MachineScene.open()
        let id = try scene.request(.time)
        scene.stop()
        #expect(scene.results[id] == .failure(.linkLost(.stopped)))
        #expect(scene.disconnectCount == 1)
        #expect(scene.machine.link == .ended)
        #expect(scene.machine.deadline(now: scene.now) == nil)
        #expect(throws: SocketError.linkLost(.stopped)) { try scene.request(.time) }
    }

    @Test("a socket that does not reconnect ends with its link")
    func oneLink() throws {
        let scene = MachineScene.open(reconnects: false)
        let id = try scene.request(.time)
        scene.lose()
        #expect(scene.results[id] == .failure(.linkLost(.lost("reset"))))
        #expect(scene.losses.map(\.retryNanoseconds) == [nil])
        #expect(scene.machine.link == .ended)
    }
}

@Suite("SocketMachine: the link")
struct SocketMachineLinkTests {
    @Test("it pings every 30 seconds, and a link that does not answer in 5 is lost")
    func ping() throws {
        let scene = MachineScene.open()
        scene.advance(seconds: 29.9)
        #expect(scene.sent.isEmpty)
        scene.advance(seconds: 0.2)
        let first = try #require(scene.takeSent())
        scene.receive(#"{"msg_type":"ping","ping":"pong","req_id":\#(first.id)}"#)
        scene.advance(seconds: 30)
        #expect(scene.sentNames == ["ping"])
        scene.advance(seconds: 4.8)
        #expect(scene.losses.isEmpty)
        scene.advance(seconds: 0.2)
        #expect(scene.losses.map(\.failure) == [.pongTimedOut])
        #expect(scene.disconnectCount == 1)
    }

    @Test("pauses double up to the longest, and their upper half is random")
    func backoff() {
        let scene = MachineScene()
        scene.machine.start()
        scene.drain()
        for (index, seconds) in [1, 2, 4, 8, 16, 30, 30, 30].enumerated() {
            scene.random = index.isMultiple(of: 2) ? 0 : .max
            scene.lose(.nameNotFound)
            let pause = scene.losses.last?.retryNanoseconds ?? 0
            let full = UInt64(seconds) * MachineScene.second
            #expect(pause >= full / 2 && pause <= full)
            scene.advance(seconds: 30)
            #expect(scene.connectCount == index + 2)
        }
    }

    @Test("a link that lived begins the pauses anew")
    func goodLife() {
        let scene = MachineScene.open()
        scene.lose()
        scene.advance(seconds: 30)
        scene.reopen()
        scene.advance(seconds: 11)
        scene.lose()
        #expect((scene.losses.last?.retryNanoseconds ?? 0) <= MachineScene.second)
    }

    @Test("a server that says when is not asked before")
    func retryAfter() {
        let scene = MachineScene()
        scene.machine.start()
        scene.lose(.refused(status: 503, retryAfterSeconds: 90))
        #expect(scene.losses.last?.retryNanoseconds == 90 * MachineScene.second)
    }

    @Test("while the site is updating the pause is longer")
    func siteStatus() throws {
        let scene = MachineScene.open(watchesSiteStatus: true)
        let request = try #require(scene.takeSent())
        #expect(request.request.name == "website_status")
        func status(_ text: String) -> String {
            """
            {"msg_type":"website_status","req_id":\(request.id),\
            "website_status":{"site_status":"\(text)"}}
            """
        }
        scene.receive(status("up"))
        scene.receive(status("updating"))
        #expect(scene.siteStatuses == [.up, .updating])
        scene.lose()
        #expect(scene.losses.last?.retryNanoseconds == 15 * MachineScene.second)
        scene.advance(seconds: 15)
        scene.reopen()
        scene.lose()
        #expect((scene.losses.last?.retryNanoseconds ?? .max) <= 2 * MachineScene.second)
    }

    @Test("the current generation is not asked for its state")
    func optionsStatus() {
        let scene = MachineScene.open(.options, watchesSiteStatus: true)
        #expect(scene.sent.isEmpty)
    }
}

@Suite("SocketMachine: markets")
struct SocketMachineMarketTests {
    @Test("the first tick is the answer, and each is handed on")
    func live() {
        let scene = MachineScene.open()
        #expect(scene.subscribe("R_100"))
        #expect(scene.sentNames == ["ticks R_100"])
        scene.answerTicks(subscription: "s-1", quote: "100.5")
        scene.receive(
            MachineScene.tick("R_100", subscription: "s-1", id: 1, quote: "101", epoch: 2))
        #expect(scene.ticks.map(\.quote) == ["100.50", "101.00"])
        #expect(scene.marketChanges.map(\.status) == [.live])
    }

    @Test("subscribing twice asks once")
    func twice() {
        let scene = MachineScene.open()
        #expect(scene.subscribe("R_100") && scene.subscribe("R_100"))
        #expect(scene.sentNames == ["ticks R_100"])
    }

    @Test("a socket carries so many markets and no more")
    func bound() {
        var limits = SocketLimits()
        limits.subscriptionsPerSocket = 3
        let scene = MachineScene.open(limits: limits)
        for index in 1...3 { #expect(scene.subscribe("M_\(index)")) }
        #expect(!scene.subscribe("M_4"))
        scene.unsubscribe("M_2")
        #expect(scene.subscribe("M_4"))
    }

    @Test("after a loss the markets are asked for again, in their first order")
    func resubscription() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let scene = MachineScene.open()
            var wanted: [String] = []
            for step in 0..<Int.random(in: 1...40, using: &generator) {
                if let gone = wanted.randomElement(using: &generator),
                    Int.random(in: 0..<4, using: &generator) == 0
                {
                    wanted.removeAll { $0 == gone }
                    scene.unsubscribe(gone)
                } else {
                    wanted.append("M_\(step)")
                    #expect(scene.subscribe("M_\(step)"))
                }
                if Bool.random(using: &generator) {
                    scene.answerTicks(subscription: "s-\(step)")
                }
            }
            scene.lose()
            scene.advance(seconds: 30)
            scene.reopen()
            #expect(scene.sentNames == wanted.map { "ticks \($0)" }, "seed \(seed)")
        }
    }

    @Test("a market that was live is told as lost with the link")
    func lost() {
        let scene = MachineScene.open()
        #expect(scene.subscribe("R_100") && scene.subscribe("R_50"))
        scene.answerTicks(subscription: "s-1")
        scene.lose()
        #expect(scene.marketChanges.map(\.market) == ["R_100", "R_100"])
        #expect(scene.marketChanges.last?.status == .lost(.lost("reset")))
    }

    @Test("a market that is wanted no more is forgotten by its subscription's id")
    func forget() throws {
        let scene = MachineScene.open()
        #expect(scene.subscribe("R_100"))
        scene.answerTicks(subscription: "s-1")
        scene.unsubscribe("R_100")
        #expect(scene.sentNames == ["forget s-1"])
        // What is under way meanwhile is not handed on.
        scene.receive(MachineScene.tick("R_100", subscription: "s-1", id: 1, epoch: 9))
        #expect(scene.ticks.count == 1)
        let forget = try #require(scene.takeSent())
        scene.receive(#"{"msg_type":"forget","forget":1,"req_id":\#(forget.id)}"#)
        #expect(scene.machine.endingSubscriptions.isEmpty)
    }

    @Test("a market that is given up before its answer is forgotten when it comes")
    func forgetEarly() {
        let scene = MachineScene.open()
        #expect(scene.subscribe("R_100"))
        scene.unsubscribe("R_100")
        scene.answerTicks(subscription: "s-1")
        #expect(scene.sentNames == ["forget s-1"])
        #expect(scene.ticks.isEmpty)
    }

    @Test("AlreadySubscribed: the subscription that is there is taken over by its ticks")
    func adopted() throws {
        let scene = MachineScene.open()
        #expect(scene.subscribe("R_100"))
        let request = try #require(scene.takeSent())
        scene.receive(MachineScene.error("AlreadySubscribed", id: request.id))
        #expect(scene.marketChanges.isEmpty)
        scene.receive(MachineScene.tick("R_100", subscription: "s-9", id: 77))
        #expect(scene.marketChanges.map(\.status) == [.live])
        #expect(scene.ticks.count == 1)
    }

    @Test("AlreadySubscribed: without a tick it is asked for again a second later")
    func askedAgain() throws {
        let scene = MachineScene.open()
        #expect(scene.subscribe("R_100"))
        let request = try #require(scene.takeSent())
        scene.receive(MachineScene.error("AlreadySubscribed", id: request.id))
        scene.advance(seconds: 1)
        #expect(scene.sentNames == ["ticks R_100"])
    }

    @Test(
        "a refused market is asked for again after its pause",
        arguments: [("MarketIsClosed", 300.0), ("InvalidSymbol", 300.0), ("WrongResponse", 30.0)])
    func refused(code: String, seconds: Double) throws {
        var limits = SocketLimits()
        limits.pingNanoseconds = 3600 * MachineScene.second
        let scene = MachineScene.open(limits: limits)
        #expect(scene.subscribe("R_100"))
        let request = try #require(scene.takeSent())
        scene.receive(MachineScene.error(code, id: request.id))
        let error = DerivError(code: DerivError.Code(rawValue: code), message: "No.")
        #expect(scene.marketChanges.map(\.status) == [.refused(error)])
        scene.advance(seconds: seconds - 0.1)
        #expect(scene.sent.isEmpty)
        scene.advance(seconds: 0.2)
        #expect(scene.sentNames == ["ticks R_100"])
    }

    @Test("a tick without a subscription's id cannot be ended, so it is no answer")
    func noSubscription() throws {
        let scene = MachineScene.open()
        #expect(scene.subscribe("R_100"))
        let request = try #require(scene.takeSent())
        scene.receive(
            """
            {"msg_type":"tick","req_id":\(request.id),\
            "tick":{"epoch":1,"quote":1,"symbol":"R_100"}}
            """)
        #expect(scene.ticks.isEmpty)
        scene.advance(seconds: 30)
        #expect(scene.sentNames.contains("ticks R_100"))
    }

    @Test("a second subscription of the same market is ended: no tick twice")
    func second() {
        let scene = MachineScene.open()
        #expect(scene.subscribe("R_100"))
        scene.answerTicks(subscription: "s-1")
        scene.receive(MachineScene.tick("R_100", subscription: "s-2", id: 5))
        #expect(scene.sentNames == ["forget s-2"])
        #expect(scene.ticks.count == 1)
    }

    @Test("whatever comes in whatever order, nothing traps and no market is asked for twice")
    func anyMessages() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let scene = MachineScene.open()
            for _ in 0..<200 {
                step(scene, &generator)
                let asked = scene.machine.pending.values.compactMap { waiting -> String? in
                    guard case .market(let name) = waiting.purpose,
                        scene.machine.markets.contains(where: { $0.name == name })
                    else { return nil }
                    return waiting.isSent ? nil : name
                }
                #expect(Set(asked).count == asked.count, "seed \(seed)")
            }
            #expect(scene.machine.link != .ended, "seed \(seed)")
        }
    }

    private func step(_ scene: MachineScene, _ generator: inout SeededGenerator) {
        let market = "M_\(Int.random(in: 1...4, using: &generator))"
        let id = Int64.random(in: 1...30, using: &generator)
        let subscription = "s-\(Int.random(in: 1...6, using: &generator))"
        switch Int.random(in: 0..<9, using: &generator) {
        case 0: _ = scene.subscribe(market)
        case 1: scene.unsubscribe(market)
        case 2: scene.receive(MachineScene.tick(market, subscription: subscription, id: id))
        case 3: scene.receive(MachineScene.error("AlreadySubscribed", id: id))
        case 4: scene.receive(MachineScene.error("RateLimit", id: id))
        case 5: scene.receive(#"{"msg_type":"forget","forget":1,"req_id":\#(id)}"#)
        case 6: scene.advance(seconds: Double.random(in: 0...8, using: &generator))
        case 7: scene.receive(#"{"msg_type":"ping","ping":"pong","req_id":\#(id)}"#)
        default:
            scene.lose()
            scene.advance(seconds: 31)
            scene.reopen()
        }
    }
}
