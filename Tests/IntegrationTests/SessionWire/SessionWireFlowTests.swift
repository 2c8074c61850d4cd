import Foundation
import GatewayAPI
import GatewayClient
import GatewayServer
import Security
import TestSupport
import Testing

@Suite(
    "Sessions over the wire: flow",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct SessionWireFlowTests {
    @Test func `create, join, start, signal, claim, acknowledge, settle, stop`() async throws {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            let log = EventLog(actors.user)
            let userID = GatewayScene.subject(.user).text
            let id = try await actors.create()
            try await actors.user.joinSession(ParticipationParams(sessionID: id))
            let states = try await actors.user.subscribe(
                "session:\(id)", "sessions", "signals:\(id)", "user:\(userID)")
            #expect(states.allSatisfy { $0.error == nil && $0.status == .live })
            try await actors.admin.startSession(
                SessionCommandParams(sessionID: id, reason: "go"))
            let signal = try #require(try await actors.signal(id).first)
            let claim = try #require(
                try await actors.engine.claimSignals(SignalClaimParams()).claims.first)
            #expect(claim.signal.id == signal.id && claim.signal.status == .claimed)
            #expect(claim.participants == [userID] && claim.maxStake == "50")
            let executed = try await actors.engine.acknowledgeSignal(
                SignalAcknowledgeParams(signalID: signal.id, outcome: .executed))
            #expect(executed.signal.status == .executed)
            let settled = try await actors.engine.settleTrade(
                TradeSettleParams(tradeID: "t1", sessionID: id, userID: userID, pnl: "12.5"))
            #expect(settled.applied && settled.tradeID == "t1")
            #expect(settled.participant.pnl == "12.5" && settled.session.pnl == "12.5")
            let again = try await actors.engine.settleTrade(
                TradeSettleParams(tradeID: "t1", sessionID: id, userID: userID, pnl: "12.5"))
            #expect(!again.applied)
            let conflict = await refusal {
                try await actors.engine.settleTrade(
                    TradeSettleParams(tradeID: "t1", sessionID: id, userID: userID, pnl: "1"))
            }
            #expect(conflict?.code == .tradeConflict)
            let ended = try await actors.admin.stopSession(SessionCommandParams(sessionID: id))
            #expect(ended.endReason == "ADMIN_STOP" && ended.participantCount == 1)
            try await log.wait("the end") { events in
                events.contains { $0.channel == "sessions" && $0.kind == "session.completed" }
            }
            checkEvents(log, id, userID)
        }
    }

    private func checkEvents(_ log: EventLog, _ id: String, _ userID: String) {
        let session = log.events(of: "session:\(id)")
        #expect(
            session.map(\.kind) == [
                "session.started", "session.running", "session.trade_settled",
                "session.completed",
            ])
        #expect(session.compactMap(\.version) == [3, 4, 5, 6])
        for event in session { #expect(!event.text.contains(userID), "\(event.text)") }
        #expect(
            log.events(of: "sessions").map(\.kind) == [
                "session.started", "session.running", "session.completed",
            ])
        #expect(
            log.events(of: "signals:\(id)").map(\.kind) == [
                "signal.published", "signal.claimed", "signal.executed",
            ])
        let own = log.events(of: "user:\(userID)")
        #expect(own.map(\.kind) == ["trade.settled"])
        #expect((own.first?.object["trade"] as? [String: Any])?["pnl"] as? String == "12.5")
        #expect(log.gapCount == 0)
    }

    @Test func `a late signal is never handed out, and an unacknowledged claim returns`()
        async throws
    {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            let log = EventLog(actors.admin)
            let id = try await actors.session(.active)
            _ = try await actors.admin.subscribe("signals:\(id)")
            let short = SignalClaimParams(leaseMilliseconds: 1000)
            // A run that is held up for seconds may find that its signal has come to its end.
            try await GatewayScene.eventually("a signal is claimed within its life") {
                _ = try await actors.engine.publishSignal(
                    SignalPublishParams(
                        market: "R_100", type: .put, confidence: 0.9, reason: "r", sessionID: id,
                        expiresInMilliseconds: 5000))
                return try await !actors.engine.claimSignals(short).claims.isEmpty
            }
            try await log.wait("the lease's end") { $0.contains { $0.kind == "signal.returned" } }
            try await log.wait("the signal's end") { $0.contains { $0.kind == "signal.expired" } }
            #expect(try await actors.engine.claimSignals(short).claims.isEmpty)
            let list = try await actors.admin.signals(
                SignalListParams(sessionID: id, status: .expired))
            #expect(list.signals.first?.type == .put)
            let late = await refusal {
                try await actors.engine.acknowledgeSignal(
                    SignalAcknowledgeParams(
                        signalID: list.signals.first?.id ?? "", outcome: .executed))
            }
            #expect(late?.code == .signalExpired)
        }
    }

    @Test func `a claimed signal is nobody else's while its lease lasts`() async throws {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            let id = try await actors.session(.active)
            let published = try await actors.signal(id)
            let first = try await actors.engine.claimSignals(
                SignalClaimParams(leaseMilliseconds: 60_000))
            #expect(first.claims.map(\.signal.id) == published.map(\.id))
            #expect(try await actors.engine.claimSignals(SignalClaimParams()).claims.isEmpty)
        }
    }

    @Test func `signals that no session takes are refused by their cause`() async throws {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            let none = await refusal {
                _ = try await actors.engine.publishSignal(
                    SignalPublishParams(
                        market: "R_100", type: .call, confidence: 0.9, reason: "r"))
            }
            #expect(none?.code == .noEligibleSession)
            let id = try await actors.session(.active)
            let market = await refusal { try await actors.signal(id, market: "R_75") }
            #expect(market?.code == .marketNotAllowed)
            let weak = await refusal {
                _ = try await actors.engine.publishSignal(
                    SignalPublishParams(
                        market: "R_100", type: .call, confidence: 0.6, reason: "r",
                        sessionID: id))
            }
            #expect(weak?.code == .confidenceTooLow)
        }
    }

    @Test func `whoever leaves or is removed sees no more signals, on any node`() async throws {
        try await GatewayScene.run(nodeCount: 2) { scene in
            let actors = try await WireActors(scene)
            let remote = try await scene.client(.user, node: 1)
            let log = EventLog(remote)
            let id = try await actors.session(.active)
            let channel = "signals:\(id)"
            let refused = try await remote.subscribe(channel)
            #expect(refused.first?.error?.code == .notParticipant)
            try await actors.user.joinSession(ParticipationParams(sessionID: id))
            #expect(try await remote.subscribe(channel).first?.error == nil)
            try await actors.signal(id)
            try await log.wait("the signal") { $0.contains { $0.channel == channel } }
            try await actors.admin.removeParticipant(
                ParticipantRemoveParams(
                    sessionID: id, userID: GatewayScene.subject(.user).text, reason: "r"))
            try await GatewayScene.eventually("the subscription ends") {
                log.endedChannels == [channel]
            }
            #expect(try await remote.subscriptions().isEmpty)
            let again = await refusal {
                try await actors.user.joinSession(ParticipationParams(sessionID: id))
            }
            #expect(again?.code == .participantRemoved)
        }
    }

    @Test func `ticks are cached, numbered and monotonic`() async throws {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            let log = EventLog(actors.user)
            _ = try await actors.user.subscribe("ticks:R_100")
            let now = Int64(Date().timeIntervalSince1970 * 1000)
            for (offset, quote) in [(0, "1.10"), (1, "1.20"), (1, "9"), (0, "8")] {
                let result = try await actors.engine.publishTick(
                    TickPublishParams(
                        market: "R_100", quote: quote, epochMilliseconds: now + Int64(offset)))
                #expect(result.accepted == (quote.count > 1))
                #expect(result.channel == "ticks:R_100")
            }
            let ticks = try await actors.user.tickHistory(market: "R_100", count: 10)
            #expect(ticks.map(\.quote) == ["1.20", "1.10"])
            let none = try await actors.user.tickHistory(market: "R_25", count: 10)
            #expect(none.isEmpty)
            let events = try await log.wait("both ticks") { $0.count >= 2 }
            #expect(events.map(\.sequence) == [1, 2])
            let ahead = await refusal {
                try await actors.engine.publishTick(
                    TickPublishParams(
                        market: "R_100", quote: "1", epochMilliseconds: now + 3_600_000))
            }
            #expect(ahead?.code == .invalidParams && ahead?.field == "epoch_ms")
        }
    }

    @Test func `a silent feed pauses and its return resumes; an admin's pause stays`()
        async throws
    {
        try await GatewayScene.run(configure: { $0.limits.feedSilenceMilliseconds = 3000 }) {
            scene in
            let actors = try await WireActors(scene)
            let log = EventLog(actors.admin)
            let config = SessionConfig.wire(markets: ["R_100"])
            let id = try await actors.create(config)
            _ = try await actors.admin.subscribe("session:\(id)")
            try await actors.admin.startSession(SessionCommandParams(sessionID: id))
            try await log.wait("the pause") { $0.contains { $0.kind == "session.paused" } }
            #expect(try await actors.admin.session(id).pauseCauses == ["FEED:R_100"])
            try await actors.engine.publishTick(
                TickPublishParams(
                    market: "R_100", quote: "1",
                    epochMilliseconds: Int64(Date().timeIntervalSince1970 * 1000)))
            try await log.wait("the return") { $0.contains { $0.kind == "session.resumed" } }
            try await actors.admin.pauseSession(SessionCommandParams(sessionID: id))
            try await GatewayScene.eventually("the feed is silent again") {
                try await actors.admin.session(id).pauseCauses.sorted() == ["ADMIN", "FEED:R_100"]
            }
            try await GatewayScene.eventually("the feed's return leaves the admin's pause") {
                try await actors.engine.publishTick(
                    TickPublishParams(
                        market: "R_100", quote: "1",
                        epochMilliseconds: Int64(Date().timeIntervalSince1970 * 1000)))
                let session = try await actors.admin.session(id)
                return session.status == .paused && session.pauseCauses == ["ADMIN"]
            }
        }
    }
}
