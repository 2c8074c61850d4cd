import Deriv
import DerivStandIn
import EventLoop
import GatewayAPI
import GatewayClient
import GatewayServer
import HTTPFetch
import Security
import Synchronization
import TestSupport
import Testing
import WebSocketProtocol

@Suite("Signing in with Deriv", .timeLimit(.minutes(10)))
struct SignInChainTests {
    @Test(arguments: OAuthGeneration.allCases)
    func `The whole way: to Deriv, back, to the app, a token, a socket`(
        generation: OAuthGeneration
    ) async throws {
        try await SignInScene.run(generation) { scene in
            let steps = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
            #expect(steps.map(\.status) == [303, 200, 302, 303])
            let last = try #require(steps.last)
            #expect(last.location == SignInScene.app + "/signed-in")
            for step in [steps[0], last] {
                #expect(step.field("Referrer-Policy") == "no-referrer")
                #expect(step.field("Cache-Control") == "no-store")
            }
            #expect(try await scene.cookie(SignInScene.signInCookie) == nil)

            let answer = try await scene.ask(.post, "/auth/session")
            #expect(answer.status == 200)
            let message = try WireMessage(answer.text)
            #expect(message.string("token_type") == "Bearer" && message.string("role") == "user")
            let token = try #require(message.string("token"))
            let userID = try #require(message.string("user_id"))
            #expect(try await scene.whoami(token: token) == userID)

            let user = try #require(SubjectID(userID))
            let connection = try #require(scene.users.connection(of: user))
            #expect(connection.identity.generation == generation)
            #expect(connection.identity.accounts.map(\.id) == ["VRTC1001", "CR2001"])
            switch generation {
            case .legacy:
                #expect(connection.identity.brokerUserID == "7001234")
                #expect(connection.tokens.map(\.account) == ["VRTC1001", "CR2001"])
                #expect(connection.tokens.allSatisfy { $0.expiresAt == nil })
            case .options:
                #expect(connection.identity.brokerUserID == "VRTC1001")
                #expect(connection.tokens.map(\.kind) == [.access, .refresh])
                #expect(connection.tokens[0].expiresAt != nil)
            }
        }
    }

    @Test
    func `The same person is the same user, and the token can be renewed until signing out`()
        async throws
    {
        try await SignInScene.run(.options) { scene in
            var users: Set<String> = []
            for _ in 0..<2 {
                _ = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
                for _ in 0..<2 {
                    let answer = try await scene.ask(.post, "/auth/session")
                    users.insert(try #require(try WireMessage(answer.text).string("user_id")))
                }
            }
            #expect(users.count == 1)
            let cookie = try #require(try await scene.cookie(SignInScene.sessionCookie))
            #expect(try await scene.ask(.delete, "/auth/session").status == 204)
            #expect(try await scene.cookie(SignInScene.sessionCookie) == nil)
            try await scene.setCookie(SignInScene.sessionCookie, cookie)
            let gone = try await scene.ask(.post, "/auth/session")
            #expect(gone.status == 401)
            #expect(try WireMessage(gone.text).string("error.data.reason") == "session_unknown")
        }
    }

    @Test
    func `One node begins and another goes on, and a callback is taken once by any of them`()
        async throws
    {
        try await SignInScene.run(.options, nodes: 2) { scene in
            let callback = try await scene.callbackURL()
            let cookie = try #require(try await scene.cookie(SignInScene.signInCookie))
            let elsewhere = callback.replacing(
                "gateway.tradermind.test", with: "second.tradermind.test")
            try await scene.outside {
                $0.browser.setCookie(
                    SignInScene.signInCookie, cookie, host: "second.tradermind.test")
            }
            let taken = try await scene.outside { try await $0.browser.send(.get, elsewhere) }
            #expect(taken.status == 303 && taken.location == SignInScene.app + "/signed-in")
            for _ in 0..<2 {
                try await scene.setCookie(SignInScene.signInCookie, cookie)
                let replayed = try await scene.outside { try await $0.browser.send(.get, callback) }
                #expect(replayed.status == 400)
                #expect(
                    try WireMessage(replayed.text).string("error.data.reason") == "sign_in_spent")
            }
            #expect(try await scene.outside { $0.standIn.exchangeCount } == 1)
        }
    }

    @Test
    func `A person who refuses comes back to the app with the reason`() async throws {
        for generation in OAuthGeneration.allCases {
            try await SignInScene.run(generation) { scene in
                try await scene.outside { $0.standIn.behaviour.deniesAccess = true }
                let steps = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
                #expect(steps.last?.location == SignInScene.app + "/signed-in?error=access_denied")
                #expect(try await scene.cookie(SignInScene.sessionCookie) == nil)
                #expect(scene.users.state.withLock { $0.users.isEmpty })
            }
        }
    }

    @Test
    func `A grant without lifetime and refresh token counts for an hour`() async throws {
        try await SignInScene.run(.options) { scene in
            try await scene.outside { $0.standIn.behaviour.isTerse = true }
            _ = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
            let connections = scene.users.state.withLock { Array($0.connections.values) }
            #expect(connections.count == 1 && connections[0].tokens.count == 1)
            #expect(connections[0].tokens[0].expiresAt != nil)
        }
    }

    @Test
    func `Tokens that another page leads the browser in with sign nobody in`() async throws {
        try await SignInScene.run(.legacy) { scene in
            // A page can make the browser begin a sign-in, and lead it to a callback of its own:
            // the cookie goes along with both.
            let begun = try await scene.ask(.get, "/auth/deriv/login", origin: nil)
            #expect(begun.status == 303)
            let account = try await scene.outside { $0.standIn.accounts[1] }
            let step = try await scene.outside { outside in
                try await outside.browser.send(
                    .get,
                    SignInScene.gateway + "/auth/deriv/callback?acct1=\(account.id)"
                        + "&token1=\(account.legacyToken)&cur1=USD")
            }
            #expect(step.status == 400)
            #expect(try WireMessage(step.text).string("error.data.reason") == "state_missing")
            #expect(try await scene.cookie(SignInScene.sessionCookie) == nil)
            #expect(scene.users.state.withLock { $0.users.isEmpty })
        }
    }

    @Test
    func `The first generation may leave state out where it is told so, but not another's in`()
        async throws
    {
        try await SignInScene.run(.legacy) {
            $0.profile.requiresState = false
        } _: { scene in
            try await scene.outside { $0.standIn.behaviour.echoesState = false }
            let steps = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
            #expect(steps.last?.location == SignInScene.app + "/signed-in")
            let callback = try await scene.callbackURL()
            let answer = try await scene.outside {
                try await $0.browser.send(.get, callback + "&state=other")
            }
            #expect(answer.status == 400)
        }
    }

    @Test
    func `A callback needs the cookie and the state of its own browser`() async throws {
        try await SignInScene.run(.options) { scene in
            func reason(_ url: String) async throws -> String? {
                let step = try await scene.outside { try await $0.browser.send(.get, url) }
                #expect(step.status == 400 && step.location == nil)
                return try WireMessage(step.text).string("error.data.reason")
            }
            let first = try await scene.callbackURL()
            let cookie = try #require(try await scene.cookie(SignInScene.signInCookie))
            try await scene.setCookie(SignInScene.signInCookie, nil)
            #expect(try await reason(first) == "cookie_missing")
            try await scene.setCookie(SignInScene.signInCookie, "x")
            #expect(try await reason(first) == "cookie_missing")
            // Another sign-in of the same browser: its cookie, the first one's state.
            _ = try await scene.callbackURL()
            #expect(try await reason(first) == "state_mismatch")
            try await scene.setCookie(SignInScene.signInCookie, cookie)
            let bare = String(first.prefix { $0 != "?" })
            #expect(try await reason(bare) == "callback_incomplete")
            try await scene.setCookie(SignInScene.signInCookie, cookie)
            #expect(try await reason(bare + "?code=x") == "state_missing")
            try await scene.setCookie(SignInScene.signInCookie, cookie)
            #expect(try await reason(bare + "?acct1=CR1&token1=x") == "unexpected_answer")
            // None of it has spent the sign-in.
            try await scene.setCookie(SignInScene.signInCookie, cookie)
            let step = try await scene.outside { try await $0.browser.send(.get, first) }
            #expect(step.status == 303)
        }
    }

    @Test
    func `A token of another account than claimed signs nobody in`() async throws {
        try await SignInScene.run(.legacy) { scene in
            let callback = try await scene.callbackURL()
            let swapped = callback.replacing("acct1=vrtc1001", with: "acct1=cr9999")
            let step = try await scene.outside { try await $0.browser.send(.get, swapped) }
            #expect(step.status == 400)
            #expect(
                try WireMessage(step.text).string("error.data.reason") == "account_mismatch")
            #expect(scene.users.state.withLock { $0.users.isEmpty })
        }
    }

    @Test
    func `Revoking everything of a user ends the browser's sign-in too`() async throws {
        try await SignInScene.run(.options) { scene in
            _ = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
            let session = try WireMessage(try await scene.ask(.post, "/auth/session").text)
            let user = try #require(session.string("user_id"))
            let admin = SubjectID(high: 0xa000_0000_0000_4000, low: 0x8000_0000_0000_0001)
            let client = try await scene.client(token: try scene.token(of: admin, role: .admin))
            _ = try await client.call(
                Methods.authRevoke, RevokeParams(userID: user, reason: "test"))
            _ = await client.close()
            var answer = try await scene.ask(.post, "/auth/session")
            for _ in 0..<200 where answer.status == 200 {
                answer = try await scene.ask(.post, "/auth/session")
            }
            #expect(answer.status == 401)
            #expect(try WireMessage(answer.text).int("error.code") == 1002)
            let again = try await scene.ask(.post, "/auth/session")
            #expect(try WireMessage(again.text).string("error.data.reason") == "session_unknown")
        }
    }

    @Test
    func `What a sign-in brings is revoked with what was issued before it`() async throws {
        try await SignInScene.run(.options) { scene in
            _ = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
            let first = try WireMessage(try await scene.ask(.post, "/auth/session").text)
            let expiry = try #require(first.int("expires_at"))
            // A node that has not heard of a revocation yet still gives a token, issued behind it.
            try waitUntil("the next second") {
                WallClock.milliseconds() / 1000 > Int64(expiry) / 1000 - 3600
            }
            let second = try WireMessage(try await scene.ask(.post, "/auth/session").text)
            let token = RunEvidence.noting(try #require(second.string("token")))
            let issuedAt = Int64(try #require(second.int("expires_at"))) - 3_600_000
            try await scene.revoke(RevokeParams(issuedBefore: issuedAt, reason: "test"))
            try await scene.expectRevoked(token)
            let session = try await scene.ask(.post, "/auth/session")
            #expect(session.status == 401)
        }
    }

    @Test
    func `A revocation is kept as long as a sign-in lasts`() async throws {
        let day: Int64 = 86_400_000
        try await SignInScene.run(.options) {
            $0.limits.sessionSeconds = Int(90 * day / 1000)
        } _: { scene in
            let user = SubjectID(high: 0xb000_0000_0000_4000, low: 0x8000_0000_0000_0007)
            let result = try await scene.revoke(RevokeParams(userID: user.text, reason: "test"))
            #expect(result.keptUntil > WallClock.milliseconds() + 89 * day)
        }
    }

    @Test
    func `Deriv's socket away: 503; a token that it does not know: nobody is signed in`()
        async throws
    {
        try await SignInScene.run(.legacy) { scene in
            let first = try await scene.callbackURL()
            scene.socket.refuseHandshakes(with: 503)
            let away = try await scene.outside { try await $0.browser.send(.get, first) }
            #expect(away.status == 503 && away.field("Retry-After") != nil)
            scene.socket.refuseHandshakes(with: nil)
            let second = try await scene.callbackURL()
            let token = try await scene.outside { $0.standIn.accounts[1].legacyToken }
            scene.socket.revoke(token)
            let refused = try await scene.outside { try await $0.browser.send(.get, second) }
            #expect(refused.status == 400)
            #expect(
                try WireMessage(refused.text).string("error.data.reason")
                    == "broker_token_refused")
            #expect(scene.users.state.withLock { $0.users.isEmpty })
            #expect(!scene.log.text.contains(token))
        }
    }
}
