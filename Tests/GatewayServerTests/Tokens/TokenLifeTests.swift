import EventLoop
import GatewayAPI
import Security
import TestSupport
import Testing

@testable import GatewayServer

/// A connection and its token: the notice, the new token, the grace, the end.
@Suite("The token of a living connection", .timeLimit(.minutes(10))) struct TokenLifeTests {
    @Test func `its end is announced before, and 4003 comes after the grace`() async throws {
        try await withGateway { configuration in
            configuration.tokenLimits.noticeMilliseconds = 2000...2000
            configuration.tokenLimits.graceMilliseconds = 2500
        } _: { scene in
            let client = try scene.client(token: scene.token(lifetime: 4000))
            let expiresAt = try client.hello.int("params.expires_at").orThrow("expires_at")
            let notice = try client.next(within: 60)
            #expect(notice.string("method") == "auth.expiring")
            #expect(notice.int("params.expires_at") == expiresAt)
            #expect(notice.int("params.closes_at") == expiresAt + 2500)
            #expect(WallClock.milliseconds() >= expiresAt - 2000)
            let frame = try client.close(within: 60)
            #expect(frame.closeCode == 4003)
            #expect(WallClock.milliseconds() >= expiresAt + 2500)
        }
    }

    @Test func `requests are answered in the time of grace`() async throws {
        try await withGateway { configuration in
            configuration.tokenLimits.graceMilliseconds = 60_000
        } _: { scene in
            let client = try scene.client(token: scene.token(age: 3_595_000, lifetime: 3_600_000))
            let expiresAt = try client.hello.int("params.expires_at").orThrow("expires_at")
            try waitUntil("the token's end") { WallClock.milliseconds() > expiresAt }
            #expect(try client.call("ping").has("result.server_time"))
            let answer = try client.call("auth.refresh", #"{"token":"\#(try scene.token())"}"#)
            #expect(answer.int("result.expires_at") ?? 0 > expiresAt)
        }
    }

    @Test func `one that is accepted within the leeway lives for the whole grace`() async throws {
        try await withGateway { configuration in
            configuration.tokenLimits.graceMilliseconds = 3000
        } _: { scene in
            let accepted = WallClock.milliseconds()
            // Whole seconds are cut off, so it ended 27 s ago at least.
            let client = try scene.client(token: scene.token(age: 87_000, lifetime: 60_000))
            #expect(try client.next(within: 60).string("method") == "auth.expiring")
            #expect(try client.call("ping").has("result.server_time"))
            #expect(try client.close(within: 60).closeCode == 4003)
            #expect(WallClock.milliseconds() >= accepted + 3000)
        }
    }

    @Test func `a new token moves the end, and is announced again`() async throws {
        try await withGateway { configuration in
            configuration.tokenLimits.noticeMilliseconds = 2000...2000
        } _: { scene in
            let client = try scene.client(token: scene.token(lifetime: 3000))
            #expect(try client.next(within: 60).string("method") == "auth.expiring")
            let answer = try client.call(
                "auth.refresh", #"{"token":"\#(try scene.token(lifetime: 5000))"}"#)
            #expect(answer.string("result.user_id") == GatewayScene.userID)
            #expect(answer.string("result.role") == "user")
            let expiresAt = try answer.int("result.expires_at").orThrow("expires_at")
            let second = try client.next(within: 60)
            #expect(second.string("method") == "auth.expiring")
            #expect(second.int("params.expires_at") == expiresAt)
            #expect(try client.call("auth.whoami").int("result.expires_at") == expiresAt)
        }
    }

    @Test func `a new token is judged like that of a handshake`() async throws {
        try await withGateway { configuration in
            configuration.tokenLimits.longestLifeMilliseconds = 7_200_000
        } _: { scene in
            let client = try scene.client()
            let cases: [(String, Int, String)] = [
                (try scene.token(of: GatewayScene.otherID), 1007, "identity_mismatch"),
                (try scene.token(age: 7_200_000), 1001, "token_expired"),
                (try scene.token(age: -600_000), 1000, "token_not_yet_valid"),
                (try scene.token(audience: "other"), 1000, "wrong_audience"),
                (try scene.token(keyring: GatewayScene.makeKeyring()), 1000, "unknown_key"),
                (try scene.token(lifetime: 7_201_000), 1000, "token_lives_too_long"),
                ("nonsense-of-enough-letters", 1000, "token_malformed"),
            ]
            for (token, code, reason) in cases {
                let answer = try client.call("auth.refresh", #"{"token":"\#(token)"}"#)
                #expect(answer.int("error.code") == code, "\(reason)")
                #expect(answer.string("error.data.reason") == reason)
                #expect(!answer.text.contains(token), "a token is never shown")
            }
            #expect(try client.call("auth.refresh").int("error.code") == -32602)
            #expect(try client.call("auth.whoami").string("result.user_id") == GatewayScene.userID)
        }
    }

    @Test func `a lower role holds at once, and ends what it has no access to`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let client = try scene.client(token: scene.token(.admin))
            for channel in ["signals:s1", "ticks:R_100", "user:\(GatewayScene.userID)"] {
                #expect(try client.subscribe(channel).string("result.channels.0.status") == "live")
            }
            let answer = try client.call("auth.refresh", #"{"token":"\#(try scene.token())"}"#)
            #expect(answer.string("result.role") == "user")
            let ended = try client.next(within: 60)
            #expect(ended.string("method") == "channel.status")
            #expect(ended.string("params.status") == "ended")
            #expect(ended.string("params.reason") == "role_changed")
            #expect(ended.string("params.channels.0.channel") == "signals:s1")
            let left = try client.call("subscriptions")
            #expect(left.count("result.channels") == 2)
            #expect(!left.text.contains("signals:s1"))
            let refused = try client.call("session.create", #"{"name":"x","config":{}}"#)
            #expect(refused.int("error.code") == 1003)
            try scene.publish("signals:s1", "{}")
            #expect(try client.call("ping").has("result"), "nothing came in between")
        }
    }

    @Test func `a higher role opens more, and ends nothing`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let client = try scene.client()
            #expect(try client.subscribe("ticks:R_100").has("result"))
            #expect(try client.call("kill_switch.list").int("error.code") == 1003)
            let admin = try scene.token(.admin)
            _ = try client.call("auth.refresh", #"{"token":"\#(admin)"}"#)
            #expect(try client.call("kill_switch.list").has("result"))
            #expect(try client.call("subscriptions").count("result.channels") == 1)
        }
    }

    @Test func `connections that came together are told at different moments`() {
        let moments = (0..<1000).map { number in
            ConnectionIdentity(
                subject: SubjectID(high: 1, low: 2), expiresAt: 1_000_000,
                mark: TokenMark(
                    of: VerifiedToken(
                        subject: SubjectID(high: 1, low: 2), role: .user, issuer: "i",
                        issuedAtMilliseconds: 0, expiresAtMilliseconds: 1_000_000, tokenID: nil,
                        keyID: nil)),
                number: UInt32(number), graceMilliseconds: 25_000, role: .user
            ).noticeAt(within: 30_000...60_000)
        }
        #expect(moments.allSatisfy { (940_000...970_000).contains($0) })
        for start in stride(from: Int64(940_000), to: 970_000, by: 3000) {
            #expect(moments.count { (start..<start + 3000).contains($0) } > 50)
        }
    }

    @Test func `what is kept of a token is small`() {
        #expect(MemoryLayout<ConnectionIdentity>.size <= 48)
    }
}
