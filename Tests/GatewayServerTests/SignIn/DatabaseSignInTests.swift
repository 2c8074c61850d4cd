import Deriv
import DerivStandIn
import EventLoop
import GatewayServer
import HTTPFetch
import Postgres
import Security
import TestSupport
import Testing
import WebSocketProtocol

@Suite(
    "Signing in with PostgreSQL", .timeLimit(.minutes(10)),
    .enabled(
        if: PrivatePostgresServer.isAvailable, "\(PrivatePostgresServer.unavailableReason)"))
struct DatabaseSignInTests {
    private func run(
        _ generation: OAuthGeneration,
        _ body: @escaping @Sendable (SignInScene, SignInDatabase) async throws -> Void
    ) async throws {
        let database = try await SignInDatabase()
        defer { database.stop() }
        try await SignInScene.run(generation, database: database.configuration) { scene in
            try await body(scene, database)
        }
    }

    @Test(arguments: OAuthGeneration.allCases)
    func `The whole way leaves a user, sealed tokens and an audit log, and no secret`(
        generation: OAuthGeneration
    ) async throws {
        try await run(generation) { scene, database in
            var users: Set<String> = []
            for _ in 0..<2 {
                let steps = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
                #expect(steps.last?.location == SignInScene.app + "/signed-in")
                let answer = try await scene.ask(.post, "/auth/session")
                let message = try WireMessage(answer.text)
                let token = try #require(message.string("token"))
                let user = try #require(message.string("user_id"))
                #expect(try await scene.whoami(token: token) == user)
                users.insert(user)
            }
            #expect(users.count == 1)
            let profiles = try await database.texts("SELECT id::text || role FROM public.profiles")
            #expect(profiles == users.map { $0 + "user" })
            let kinds = try await database.texts(
                "SELECT account || ' ' || kind FROM public.broker_tokens ORDER BY 1")
            #expect(
                kinds
                    == (generation == .legacy
                        ? ["CR2001 access", "VRTC1001 access"] : ["* access", "* refresh"]))
            let accounts = try await database.texts(
                "SELECT account FROM public.broker_accounts ORDER BY 1")
            #expect(accounts == ["CR2001", "VRTC1001"])

            let stored = try await database.storedText()
            let secrets = try await scene.outside { $0.standIn.secrets + $0.browser.cookieValues }
            for secret in secrets where !secret.isEmpty {
                let hexadecimal = secret.utf8.map { byte in
                    (byte < 16 ? "0" : "") + String(byte, radix: 16)
                }.joined()
                #expect(!stored.contains(secret) && !stored.contains(hexadecimal))
                #expect(!scene.log.text.contains(secret))
                #expect(!database.server.log.contains(secret))
            }
        }
    }

    @Test
    func `A role that is given is in the next token`() async throws {
        try await run(.options) { scene, database in
            _ = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
            _ = try await database.asOwner { pool in
                try await pool.query("UPDATE public.profiles SET role = 'admin'")
            }
            let answer = try await scene.ask(.post, "/auth/session")
            #expect(try WireMessage(answer.text).string("role") == "admin")
        }
    }

    @Test
    func `Disconnecting gives the sealed tokens back to Deriv`() async throws {
        try await run(.options) { scene, database in
            _ = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
            let session = try WireMessage(try await scene.ask(.post, "/auth/session").text)
            let returned = try await scene.outside { outside in
                let event = LoopEvent<Void>(outside.loop)
                outside.standIn.revocationObserver = { if $0 == 2 { event.happened(()) } }
                return LoopBound(event, loop: outside.loop)
            }
            let done = try await scene.ask(
                .post, "/auth/deriv/disconnect", token: session.string("token"))
            #expect(done.status == 200)
            #expect(try await database.texts("SELECT kind FROM public.broker_tokens").isEmpty)
            try await scene.outside { _ in
                try await returned.value.wait("the return of the tokens")
            }
            let given = try await scene.outside { outside in
                outside.standIn.revokedTokens.isSubset(of: outside.standIn.secrets)
            }
            #expect(given)
        }
    }

    @Test
    func `Stopped and started again: 503 with Retry-After meanwhile, and it recovers by itself`()
        async throws
    {
        try await run(.options) { scene, database in
            _ = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
            let session = try WireMessage(try await scene.ask(.post, "/auth/session").text)
            let token = try #require(session.string("token"))
            let callback = try await scene.callbackURL()
            database.server.kill()
            for request in [(HTTPMethod.get, "/auth/deriv/login"), (.post, "/auth/session")] {
                let answer = try await scene.ask(request.0, request.1)
                #expect(answer.status == 503 && answer.field("Retry-After") != nil)
            }
            let late = try await scene.outside { try await $0.browser.send(.get, callback) }
            #expect(late.status == 503)
            #expect(!scene.node.problems.isEmpty)
            // Sockets need no database.
            _ = try await scene.whoami(token: token)
            try database.server.start()
            try waitUntil("readiness", within: 60) { scene.node.problems.isEmpty }
            let steps = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
            #expect(steps.last?.location == SignInScene.app + "/signed-in")
        }
    }
}
