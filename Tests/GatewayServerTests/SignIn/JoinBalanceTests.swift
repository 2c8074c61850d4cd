import Deriv
import DerivStandIn
import GatewayAPI
import GatewayClient
import GatewayServer
import Security
import TestSupport
import Testing
import WebSocketProtocol

@Suite(
    "Joining with a balance at the broker (domain: Participants)", .timeLimit(.minutes(10)),
    .enabled(
        if: PrivatePostgresServer.isAvailable && PrivateRedisServer.isAvailable,
        "PostgreSQL or Redis is missing"))
struct JoinBalanceTests {
    /// Signs a user in, who has 10000.00 on each account, and creates sessions that want some.
    private func run(
        _ generation: OAuthGeneration,
        _ body:
            @escaping @Sendable (SignInScene, SignInDatabase, GatewayClient, String)
            async throws -> Void
    ) async throws {
        let database = try await SignInDatabase()
        defer { database.stop() }
        try await SignInScene.run(generation, database: database.configuration) { scene in
            _ = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
            let session = try WireMessage(try await scene.ask(.post, "/auth/session").text)
            for (id, least) in [
                ("free", "0"), ("enough", "10000"), ("again", "1"), ("much", "10000.01"),
            ] {
                try create(id, least, scene)
            }
            let client = try await scene.client(token: session.string("token").orThrow("a token"))
            try await body(scene, database, client, session.string("user_id").orThrow("a user"))
            _ = await client.close()
        }
    }

    private func create(_ id: String, _ least: String, _ scene: SignInScene) throws {
        let config = """
            {"max_participants":3,"min_balance":"\(least)","risk_profile":"MEDIUM",\
            "min_confidence":0.6,"allowed_markets":["R_100"],"global_loss_threshold":"1000",\
            "duration_minutes":60,"max_stake":"50","stop_loss":"100","take_profit":"200",\
            "max_trades_per_hour":100}
            """
        let request = #"{"session_id":"\#(id)","actor":"admin","name":"Run","config":\#(config)}"#
        try call("session_create", request, scene)
    }

    private func call(_ function: String, _ request: String, _ scene: SignInScene) throws {
        let words = ["FCALL", "tradermind_\(function)", "0", request]
        let connection = try RawConnection(path: scene.redis.socketPath)
        try connection.send(
            "*4\r\n" + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined())
        #expect(try connection.take(through: "\r\n") == "*2\r\n")
    }

    private func join(_ session: String, _ client: GatewayClient) async -> GatewayError? {
        do throws(GatewayClientError) {
            _ = try await client.joinSession(ParticipationParams(sessionID: session))
            return nil
        } catch {
            return error.serverError?.known ?? GatewayError(.internalError)
        }
    }

    @Test(arguments: OAuthGeneration.allCases)
    func `Whoever has less than the session wants is refused`(
        generation: OAuthGeneration
    ) async throws {
        try await run(generation) { scene, _, client, _ in
            #expect(await join("enough", client) == nil)
            let refusal = await join("much", client)
            #expect(refusal?.code == .balanceTooLow && refusal?.field == "min_balance")
            // Nothing is known of an account of somebody who has connected none.
            let stranger = try await scene.client(
                token: scene.token(of: SubjectID(high: 7, low: 7)))
            #expect(await join("much", stranger) == nil)
            _ = await stranger.close()
        }
    }

    @Test
    func `A broker that cannot be asked keeps out of sessions that want a balance only`()
        async throws
    {
        try await run(.options) { scene, _, client, _ in
            try await scene.outside { $0.standIn.stop() }
            let refusal = await join("again", client)
            #expect(refusal?.code == .unavailable && refusal?.reason == "broker_unavailable")
            #expect(await join("free", client) == nil)
        }
    }

    @Test func `Who takes part already is not asked about again`() async throws {
        try await run(.options) { scene, _, client, user in
            let session = #"{"session_id":"again","user_id":"\#(user)","actor":"admin"}"#
            try call("session_join", session, scene)
            let before = try await scene.outside { $0.standIn.accountRequestCount }
            #expect(await join("again", client) == nil)
            #expect(try await scene.outside { $0.standIn.accountRequestCount } == before)
        }
    }

    @Test
    func `Whose token the broker does not know any more has to sign in again`() async throws {
        try await run(.options) { scene, _, client, _ in
            try await scene.outside { $0.standIn.endAccess() }
            let refusal = await join("again", client)
            #expect(refusal?.code == .balanceTooLow)
            #expect(refusal?.reason == "broker_sign_in_needed")
            #expect(await join("free", client) == nil)
        }
    }

    @Test func `A token that has ended does not open the session that wants a balance`()
        async throws
    {
        try await run(.options) { scene, database, client, _ in
            try await database.endTokens()
            let refusal = await join("again", client)
            #expect(refusal?.code == .balanceTooLow)
            #expect(refusal?.reason == "broker_sign_in_needed")
        }
    }

    @Test func `The broker is asked once for many who want to know`() async throws {
        try await run(.options) { scene, _, client, _ in
            let before = try await scene.outside { $0.standIn.accountRequestCount }
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let refusal = await join("much", client)
                        #expect(refusal?.code == .balanceTooLow)
                    }
                }
            }
            let count = try await scene.outside { $0.standIn.accountRequestCount }
            #expect(count == before + 1)
        }
    }
}
