import Deriv
import DerivStandIn
import EventLoop
import GatewayServer
import HTTPFetch
import Security
import Synchronization
import TestSupport
import Testing
import WebSocketProtocol

@Suite("Guards of /auth", .timeLimit(.minutes(10)))
struct AuthGuardTests {
    private func reason(_ step: TestBrowser.Step) throws -> String? {
        try WireMessage(step.text).string("error.data.reason")
    }

    @Test
    func `Every secret of a sign-in stays out of the log, at level trace`() async throws {
        for generation in OAuthGeneration.allCases {
            try await SignInScene.run(generation) { scene in
                _ = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
                let answer = try await scene.ask(.post, "/auth/session")
                let token = try #require(try WireMessage(answer.text).string("token"))
                _ = try await scene.whoami(token: token)
                // Failures too: they are where secrets slip out.
                let callback = try await scene.callbackURL()
                _ = try await scene.outside { try await $0.browser.send(.get, callback + "x") }
                _ = try await scene.ask(.post, "/auth/deriv/connect", token: token + "x")
                _ = try await scene.ask(
                    .post, "/auth/deriv/connect", token: token,
                    body: #"{"tokens":[{"token":"a1-unknownsecret"}]}"#)
                let secrets = try await scene.outside { outside in
                    outside.standIn.secrets + outside.browser.cookieValues
                        + [token, "a1-unknownsecret"]
                }
                let log = scene.log.text
                #expect(log.contains("sign_in") && log.contains("token.refresh"))
                #expect(secrets.count >= 5)
                for secret in secrets.map(RunEvidence.noting) where !secret.isEmpty {
                    #expect(!log.contains(secret))
                }
                #expect(!log.contains("code=") && !log.contains("token1="))
            }
        }
    }

    @Test
    func `Nothing secret is in Redis`() async throws {
        try await SignInScene.run(.legacy) { scene in
            _ = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
            _ = try await scene.callbackURL()
            let secrets = try await scene.outside { $0.standIn.secrets + $0.browser.cookieValues }
            let dump = try scene.storedSignIns()
            #expect(dump.contains("tradermind:auth:sessions:"))
            #expect(dump.contains("tradermind:auth:sign_ins:"))
            for secret in secrets.map(RunEvidence.noting) where !secret.isEmpty {
                #expect(!dump.contains(secret))
            }
        }
    }

    @Test
    func `Cookies are for this host alone, over TLS, and hidden from scripts`() async throws {
        try await SignInScene.run(.options) { scene in
            let steps = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
            let set = steps.flatMap { $0.response.fields.values(of: "Set-Cookie") }
            #expect(set.count == 3)
            for cookie in set {
                #expect(cookie.hasPrefix("__Host-tradermind_") && cookie.contains("; Path=/;"))
                #expect(cookie.contains("; HttpOnly; SameSite=Lax; Secure"))
                #expect(!cookie.contains("Domain"))
            }
            #expect(set[0].contains("Max-Age=600;") && set[2].contains("Max-Age=0;"))
        }
    }

    @Test
    func `A page of another origin gets nothing, an allowed one may read the answer`() async throws
    {
        try await SignInScene.run(.options) { scene in
            _ = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
            let foreign = try await scene.ask(
                .post, "/auth/session", origin: "https://evil.test")
            #expect(foreign.status == 403)
            #expect(foreign.field("Access-Control-Allow-Origin") == nil)
            // Anybody on the way can write a page that came without TLS.
            let host = "127.0.0.1:\(scene.gatewayPort)"
            let plain = try await scene.ask(.post, "/auth/session", origin: "http://" + host)
            #expect(plain.status == 403)
            #expect(plain.field("Access-Control-Allow-Origin") == nil)
            let encrypted = try await scene.ask(.post, "/auth/session", origin: "https://" + host)
            #expect(encrypted.status == 200)
            let none = try await scene.ask(.post, "/auth/session", origin: nil)
            #expect(none.status == 403)
            #expect(try reason(none) == "origin_missing")
            let own = try await scene.ask(.post, "/auth/session")
            #expect(own.status == 200)
            #expect(own.field("Access-Control-Allow-Origin") == SignInScene.app)
            #expect(own.field("Access-Control-Allow-Credentials") == "true")
            #expect(own.field("Vary") == "Origin")

            let preflight = try await scene.ask(.options, "/auth/session")
            #expect(preflight.status == 204)
            #expect(preflight.field("Access-Control-Allow-Methods") == "POST, DELETE")
            #expect(
                preflight.field("Access-Control-Allow-Headers") == "authorization, content-type")
            let foreignPreflight = try await scene.ask(
                .options, "/auth/session", origin: "https://evil.test")
            #expect(foreignPreflight.status == 403)
        }
    }

    @Test
    func `Other methods and paths are not offered`() async throws {
        try await SignInScene.run(.options) { scene in
            for (method, path, allowed) in [
                (HTTPMethod.post, "/auth/deriv/login", "GET, OPTIONS"),
                (.head, "/auth/deriv/callback", "GET, OPTIONS"),
                (.get, "/auth/session", "POST, DELETE, OPTIONS"),
                (.get, "/auth/deriv/connect", "POST, OPTIONS"),
            ] {
                let answer = try await scene.ask(method, path)
                #expect(answer.status == 405 && answer.field("Allow") == allowed)
            }
            #expect(try await scene.ask(.get, "/auth/deriv/other").status == 404)
        }
    }

    @Test
    func `One address cannot ask without end`() async throws {
        try await SignInScene.run(.options) {
            $0.limits.requestsPerMinutePerAddress = 6
            $0.limits.requestBurstPerAddress = 3
        } _: { scene in
            for _ in 0..<3 {
                #expect(try await scene.ask(.get, "/auth/deriv/login").status == 303)
            }
            let refused = try await scene.ask(.get, "/auth/deriv/login")
            #expect(refused.status == 429)
            let seconds = try #require(refused.field("Retry-After").flatMap { Int($0) })
            #expect((1...10).contains(seconds))
        }
    }

    @Test
    func `Behind a trusted proxy it is the client's address that asks`() async throws {
        let proxies = try TrustedProxies(["127.0.0.1"])
        try await SignInScene.run(.options, trustedProxies: proxies) {
            $0.limits.requestsPerMinutePerAddress = 1
            $0.limits.requestBurstPerAddress = 1
        } _: { scene in
            func ask(_ path: String, for address: String) async throws -> Int {
                let chain = HTTPField("X-Forwarded-For", "198.51.100.9, \(address)")
                return try await scene.ask(.get, path, fields: [chain]).status
            }
            #expect(try await ask("/auth/deriv/login", for: "203.0.113.1") == 303)
            #expect(try await ask("/auth/deriv/login", for: "203.0.113.1:4711") == 429)
            #expect(try await ask("/auth/deriv/login", for: "[2001:db8::1]:4711") == 303)
            #expect(try await ask("/auth/deriv/login", for: "2001:db8::2") == 429)
            #expect(try await ask("/auth/deriv/callback", for: "203.0.113.2") == 400)
            let lines = scene.log.text.split(separator: "\n")
            let record = try #require(lines.first { $0.contains("sign_in.refused") })
            #expect(record.contains("203.0.113.2"))
            #expect(!record.contains("198.51.100.9") && !record.contains("127.0.0.1"))
        }
    }

    @Test
    func `The database, Redis or Deriv away: 503 with Retry-After, and it recovers`() async throws {
        try await SignInScene.run(.options) { scene in
            func expectUnavailable(_ step: TestBrowser.Step, _ reason: String) throws {
                #expect(step.status == 503 && step.field("Retry-After") != nil)
                #expect(try self.reason(step) == reason)
            }
            let login = SignInScene.gateway + "/auth/deriv/login"
            scene.users.state.withLock { $0.isReady = false }
            try expectUnavailable(
                try await scene.ask(.get, "/auth/deriv/login"), "database_unavailable")
            scene.users.state.withLock { $0.isReady = true }

            let callback = try await scene.callbackURL()
            try await scene.outside { $0.standIn.behaviour.failureStatus = 502 }
            let failed = try await scene.outside { try await $0.browser.send(.get, callback) }
            try expectUnavailable(failed, "broker_unavailable")
            try await scene.outside { $0.standIn.behaviour.failureStatus = 429 }
            let busyCallback = try await scene.callbackURL()
            let busy = try await scene.outside { try await $0.browser.send(.get, busyCallback) }
            try expectUnavailable(busy, "broker_busy")
            try await scene.outside { $0.standIn.behaviour.failureStatus = nil }

            let steps = try await scene.follow(login)
            #expect(steps.last?.location == SignInScene.app + "/signed-in")
            scene.redis.kill()
            var answer = try await scene.ask(.get, "/auth/deriv/login")
            for _ in 0..<100 where answer.status != 503 {
                answer = try await scene.ask(.get, "/auth/deriv/login")
            }
            try expectUnavailable(answer, "store_unavailable")
            try expectUnavailable(try await scene.ask(.post, "/auth/session"), "store_unavailable")
        }
    }

    @Test
    func `A session ends with its greatest age`() async throws {
        try await SignInScene.run(.options) {
            $0.limits.sessionSeconds = 0
        } _: { scene in
            _ = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
            try await scene.outside { outside in
                let value = outside.browser.cookieValues.last ?? ""
                outside.browser.setCookie(
                    SignInScene.sessionCookie, value, host: "gateway.tradermind.test")
            }
            let answer = try await scene.ask(.post, "/auth/session")
            #expect(answer.status == 401)
            #expect(try reason(answer) == "session_unknown")
        }
    }
}
