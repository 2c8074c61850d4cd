import EventLoop
import GatewayAPI
import GatewayClient
import Security
import TestSupport
import Testing

@Suite(
    "Sessions over the wire: kill switch",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct SessionWireKillSwitchTests {
    @Test func `global ends what runs and lets nothing begin`() async throws {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            let pending = try await actors.session(.pending)
            let running = try await actors.session(.running)
            let paused = try await actors.session(.paused)
            let result = try await engage("global", actors)
            #expect(result.engaged)
            #expect(Set(result.endedSessionIDs) == [running, paused])
            for id in [running, paused] {
                let session = try await actors.admin.session(id)
                #expect(session.status == .completed && session.endReason == "KILL_SWITCH")
            }
            let start = await refusal {
                try await actors.admin.startSession(SessionCommandParams(sessionID: pending))
            }
            #expect(start?.code == .killSwitchEngaged && start?.reason == "global")
            let join = await refusal {
                try await actors.user.joinSession(ParticipationParams(sessionID: pending))
            }
            #expect(join?.code == .killSwitchEngaged)
            #expect(try await actors.admin.killSwitches().map(\.scope) == ["global"])
            #expect(try await !engage("global", actors).engaged)
            let released = try await actors.admin.releaseKillSwitch(
                KillSwitchReleaseParams(scope: "global", reason: "over"))
            #expect(released.released && released.killSwitch.reason == "test")
            try await actors.admin.startSession(SessionCommandParams(sessionID: pending))
            let none = await refusal {
                try await actors.admin.releaseKillSwitch(KillSwitchReleaseParams(scope: "global"))
            }
            #expect(none?.code == .notFound && none?.field == "scope")
        }
    }

    @Test func `a user's switch holds however the user's id is written`() async throws {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            let id = try await actors.session(.running)
            try await actors.user.joinSession(ParticipationParams(sessionID: id))
            let user = GatewayScene.subject(.user).text
            let result = try await engage("user:\(user.uppercased())", actors)
            #expect(result.stoppedParticipations == [id])
            #expect(result.killSwitch.scope == "user:\(user)")
            let join = await refusal {
                try await actors.user.joinSession(ParticipationParams(sessionID: id))
            }
            #expect(join?.code == .killSwitchEngaged)
            let released = try await actors.admin.releaseKillSwitch(
                KillSwitchReleaseParams(scope: "user:\(user.uppercased())"))
            #expect(released.released)
            let joined = try await actors.admin.joinSession(
                ParticipationParams(sessionID: id, userID: user.uppercased()))
            #expect(joined.participant.userID == user)
            let settled = try await actors.engine.settleTrade(
                TradeSettleParams(
                    tradeID: "t1", sessionID: id, userID: user.uppercased(), pnl: "1"))
            #expect(settled.applied)
            let removed = try await actors.admin.removeParticipant(
                ParticipantRemoveParams(sessionID: id, userID: user.uppercased()))
            #expect(removed.participant.status == .removed)
        }
    }

    @Test func `a session's switch ends that session alone`() async throws {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            let one = try await actors.session(.running)
            let other = try await actors.session(.active)
            let result = try await engage("session:\(one)", actors)
            #expect(result.endedSessionIDs == [one])
            #expect(try await actors.admin.session(other).status == .active)
        }
    }

    @Test func `a user's switch ends the user's participations and lets none begin`()
        async throws
    {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            let user = GatewayScene.subject(.user).text
            let id = try await actors.session(.active)
            let other = try await actors.session(.active)
            try await actors.user.joinSession(ParticipationParams(sessionID: id))
            let result = try await engage("user:\(user)", actors)
            #expect(result.stoppedParticipations == [id])
            let own = try await actors.user.participants(ParticipantListParams(sessionID: id))
            #expect(own.participants.first?.status == .stopped)
            #expect(own.participants.first?.stopReason == "KILL_SWITCH")
            #expect(own.session.status == .active && own.session.participantCount == 0)
            let join = await refusal {
                try await actors.user.joinSession(ParticipationParams(sessionID: other))
            }
            #expect(join?.code == .killSwitchEngaged && join?.reason == "user:\(user)")
        }
    }

    @Test func `a market's switch cancels its signals and refuses more`() async throws {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            let id = try await actors.session(.active)
            try await actors.signal(id)
            try await actors.signal(id, market: "R_50")
            let result = try await engage("market:R_100", actors)
            #expect(result.cancelledSignals == 1 && result.endedSessionIDs.isEmpty)
            let more = await refusal { try await actors.signal(id) }
            #expect(more?.code == .killSwitchEngaged && more?.reason == "market:R_100")
            let claims = try await actors.engine.claimSignals(SignalClaimParams(max: 10)).claims
            #expect(claims.map(\.signal.market) == ["R_50"])
            #expect(try await actors.admin.session(id).status == .running)
        }
    }

    @Test func `a switch takes effect on both nodes at once`() async throws {
        try await GatewayScene.run(nodeCount: 2) { scene in
            let actors = try await WireActors(scene, node: 0)
            let remote = try await scene.client(.admin, number: 2, node: 1)
            let log = EventLog(remote)
            _ = try await remote.subscribe("system")
            var times: [Double] = []
            for round in 0..<200 {
                let id = try await actors.session(.running)
                let scope = "session:\(id)"
                _ = try await remote.subscribe("session:\(id)")
                let before = MonotonicTime.current().nanoseconds
                _ = try await engage(scope, actors)
                let events = try await log.wait("round \(round)") { events in
                    events.contains {
                        $0.channel == scope && $0.text.contains("\"session.completed\"")
                    } && events.contains { $0.channel == "system" && $0.text.contains(scope) }
                }
                let last = events.filter {
                    $0.channel == scope || $0.channel == "system" && $0.text.contains(scope)
                }.map(\.receivedAt).max()
                times.append(Double(try #require(last) - before) / 1e6)
                let refused = await refusal {
                    try await remote.startSession(SessionCommandParams(sessionID: id))
                }
                #expect(refused != nil)
                try await remote.unsubscribe(["session:\(id)"])
            }
            times.sort()
            let (median, high) = (times[times.count / 2], times[times.count * 99 / 100])
            print("kill switch to effect on the other node: p50 \(median) ms, p99 \(high) ms")
            // The target is 100 ms on a quiet machine. Here all tests share its processors, so that
            // only what would be a fault of ours fails: a switch that waits for a timer or a retry.
            #expect(high < 2000)
        }
    }

    private func engage(
        _ scope: String, _ actors: WireActors
    ) async throws -> KillSwitchEngageResult {
        try await actors.admin.engageKillSwitch(
            KillSwitchEngageParams(scope: scope, reason: "test"))
    }
}
