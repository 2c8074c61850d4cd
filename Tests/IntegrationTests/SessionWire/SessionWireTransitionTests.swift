import GatewayAPI
import GatewayClient
import Security
import TestSupport
import Testing

@Suite(
    "Sessions over the wire: state machine",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct SessionWireTransitionTests {
    @Test func `every event is allowed or refused in every status as the domain says`()
        async throws
    {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            for event in TransitionEvent.allCases {
                for status in SessionStatus.allCases {
                    try await check(event, status, actors)
                }
            }
        }
    }

    private func check(
        _ event: TransitionEvent, _ status: SessionStatus, _ actors: WireActors
    ) async throws {
        let place: Comment = "\(event.rawValue) in \(status.rawValue)"
        let id = try await actors.session(status)
        let before = try await actors.admin.session(id)
        try #require(before.status == status, place)
        let error = await refusal { try await actors.take(event, id) }
        guard let target = event.target(from: status) else {
            #expect(error?.code == .invalidState, place)
            #expect(error?.currentStatus == status.rawValue, place)
            #expect(try await actors.admin.session(id) == before, place)
            return
        }
        #expect(error == nil, place)
        if event == .delete {
            let gone = await refusal { _ = try await actors.admin.session(id) }
            #expect(gone?.code == .notFound, place)
            #expect(gone?.field == "session_id", place)
            return
        }
        let after = try await actors.admin.session(id)
        #expect(after.status == target, place)
        let steps: Int64 = event == .firstSignal && status == .running ? 0 : 1
        #expect(after.version == before.version + steps, place)
    }

    @Test func `a change that expects another version is refused`() async throws {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            let id = try await actors.create()
            let error = await refusal {
                try await actors.admin.startSession(
                    SessionCommandParams(sessionID: id, expectedVersion: 7))
            }
            #expect(error?.code == .versionConflict)
            #expect(error?.currentStatus == "PENDING")
            try await actors.admin.startSession(
                SessionCommandParams(sessionID: id, expectedVersion: 1))
        }
    }

    @Test func `a config is completed, reported back, and refused by its field`() async throws {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            let session = try await actors.admin.createSession(
                SessionCreateParams(name: "Früh \"1\"", config: .wire()))
            #expect(session.name == "Früh \"1\"")
            #expect(session.config == .wire())
            #expect(session.effective.minConfidence == 0.65)
            #expect(session.effective.maxStake == "50")
            #expect(session.startedAt == nil && session.endReason == nil)
            for (json, field) in [
                (#"{"max_participants":0,"allowed_markets":["R_100"]}"#, "config.max_participants"),
                (#"{"max_participants":5}"#, "config.allowed_markets"),
                (
                    #"{"max_participants":5,"allowed_markets":["R_1","R_1"]}"#,
                    "config.allowed_markets[1]"
                ),
                (#"{"max_participants":5,"allowed_markets":["R_1"],"x":1}"#, "config.x"),
                (
                    #"{"max_participants":5,"allowed_markets":["R_1"],"min_balance":"007"}"#,
                    "config.min_balance"
                ),
            ] {
                let params = RawJSON(#"{"name":"n","config":\#(json)}"#)
                let error = await refusal {
                    _ = try await actors.admin.call("session.create", parameters: params)
                }
                #expect(error?.code == .invalidParams, "\(json)")
                #expect(error?.field == field, "\(json)")
            }
        }
    }

    @Test func `every field of a configuration that does not fit is named at once`() async throws {
        try await GatewayScene.run(nodeCount: 1) { scene in
            let admin = try await scene.client(.admin)
            let wrong = #"""
                {"min_balance":"-1","risk_profile":"WILD","allowed_markets":["R_1","R_1"],
                 "min_confidence":2,"global_loss_threshold":"0","duration_minutes":1441,
                 "max_stake":"0.5","stop_loss":5,"take_profit":"x","max_trades_per_hour":0,
                 "x":1,"y":2}
                """#
            let error = await refusal {
                _ = try await admin.call(
                    "session.create", parameters: RawJSON(#"{"name":"","config":\#(wrong)}"#))
            }
            #expect(error?.code == .invalidParams)
            #expect(error?.field == "name" && error?.reason == "wrong_length")
            #expect(
                error?.fieldErrors.map { "\($0.field) \($0.reason)" } == [
                    "name wrong_length", "config.max_participants missing_field",
                    "config.min_balance out_of_range", "config.risk_profile unknown_value",
                    "config.allowed_markets[1] repeated_value",
                    "config.min_confidence out_of_range",
                    "config.global_loss_threshold out_of_range",
                    "config.duration_minutes out_of_range", "config.max_stake out_of_range",
                    "config.stop_loss wrong_type", "config.take_profit wrong_format",
                    "config.max_trades_per_hour out_of_range", "config.x unknown_field",
                    "config.y unknown_field",
                ])
            // What only the functions see: more decimals than the store keeps.
            let fine =
                #"{"max_participants":5,"allowed_markets":["R_1"],"min_confidence":0.123456789}"#
            let stored = await refusal {
                _ = try await admin.call(
                    "session.create", parameters: RawJSON(#"{"name":"n","config":\#(fine)}"#))
            }
            #expect(
                stored?.fieldErrors
                    == [FieldError(field: "config.min_confidence", reason: "wrong_format")])
        }
    }

    @Test func `the same idempotency key gives the same answer on any node`() async throws {
        try await GatewayScene.run(nodeCount: 2) { scene in
            let first = try await scene.client(.admin, node: 0)
            let second = try await scene.client(.admin, node: 1)
            let params = SessionCreateParams(
                name: "Run", config: .wire(), idempotencyKey: "create-1")
            let one = try await first.createSession(params)
            let two = try await second.createSession(params)
            #expect(one == two)
            let error = await refusal {
                _ = try await second.createSession(
                    SessionCreateParams(
                        name: "Other", config: .wire(), idempotencyKey: "create-1"))
            }
            #expect(error?.code == .idempotencyConflict)
            #expect(error?.field == "idempotency_key")
        }
    }

    @Test func `roles and users are kept apart`() async throws {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            let id = try await actors.create()
            let command = SessionCommandParams(sessionID: id)
            for client in [actors.user, actors.engine] {
                let error = await refusal { try await client.startSession(command) }
                #expect(error?.code == .forbidden)
            }
            let other = GatewayScene.subject(.user, 9).text
            let error = await refusal {
                try await actors.user.joinSession(
                    ParticipationParams(sessionID: id, userID: other))
            }
            #expect(error?.code == .forbidden)
            try await actors.user.joinSession(ParticipationParams(sessionID: id))
            try await actors.admin.joinSession(ParticipationParams(sessionID: id, userID: other))
            let own = try await actors.user.participants(ParticipantListParams(sessionID: id))
            #expect(own.participants.map(\.userID) == [GatewayScene.subject(.user).text])
            let all = try await actors.admin.participants(ParticipantListParams(sessionID: id))
            #expect(all.participants.count == 2)
            #expect(all.session.participantCount == 2)
            let spying = await refusal {
                _ = try await actors.user.participants(
                    ParticipantListParams(sessionID: id, userID: other))
            }
            #expect(spying?.code == .forbidden)
            let channels = try await actors.user.subscribe("user:\(other)", "signals:no-such")
            #expect(channels.map { $0.error?.code } == [.forbidden, .notFound])
        }
    }

    @Test func `sessions are listed a page at a time`() async throws {
        try await GatewayScene.run { scene in
            let actors = try await WireActors(scene)
            var ids: [String] = []
            for _ in 0..<5 { ids.append(try await actors.create()) }
            try await actors.admin.startSession(SessionCommandParams(sessionID: ids[0]))
            var found: [String] = []
            var cursor: String?
            repeat {
                let page = try await actors.user.sessions(
                    SessionListParams(status: .pending, limit: 2, cursor: cursor))
                #expect(page.sessions.count <= 2)
                found += page.sessions.map(\.id)
                cursor = page.nextCursor
            } while cursor != nil
            #expect(Set(found) == Set(ids.dropFirst()) && found.count == 4)
        }
    }
}
