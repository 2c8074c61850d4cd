import Deriv
import DerivStandIn
import EventLoop
import GatewayAPI
import GatewayServer
import HTTPFetch
import Security
import Synchronization
import TestSupport
import Testing
import WebSocketProtocol

@Suite("Connecting Deriv", .timeLimit(.minutes(10)))
struct BrokerConnectTests {
    private static let user = SubjectID(high: 0xb000_0000_0000_4000, low: 0x8000_0000_0000_0007)

    @Test(arguments: OAuthGeneration.allCases)
    func `A signed-in user is sent to Deriv and comes back connected, with no new session`(
        generation: OAuthGeneration
    ) async throws {
        try await SignInScene.run(generation) { scene in
            let token = try scene.token(of: Self.user)
            for body in ["{}", nil] {
                let begun = try await scene.ask(
                    .post, "/auth/deriv/connect", token: token, body: body)
                #expect(begun.status == 200)
                let url = try #require(try WireMessage(begun.text).string("authorize_url"))
                #expect(url.hasPrefix(SignInScene.deriv))
                let steps = try await scene.follow(url)
                #expect(steps.last?.location == SignInScene.app + "/connected")
                #expect(try await scene.cookie(SignInScene.sessionCookie) == nil)
            }
            let connection = try #require(scene.users.connection(of: Self.user))
            #expect(connection.identity.accounts.count == 2)
        }
    }

    @Test
    func `Tokens in the body are verified with Deriv before they are stored`() async throws {
        try await SignInScene.run(.legacy) { scene in
            let token = try scene.token(of: Self.user)
            let secrets = try await scene.outside { $0.standIn.accounts.map(\.legacyToken) }
            func connect(_ body: String) async throws -> TestBrowser.Step {
                try await scene.ask(.post, "/auth/deriv/connect", token: token, body: body)
            }
            func reason(_ body: String) async throws -> String? {
                try WireMessage(try await connect(body).text).string("error.data.reason")
            }
            let wrong = #"{"tokens":[{"token":"a1-nobodys","account":"CR2001"}]}"#
            #expect(try await reason(wrong) == "broker_token_refused")
            let swapped = #"{"tokens":[{"token":"\#(secrets[0])","account":"CR2001"}]}"#
            #expect(try await reason(swapped) == "account_mismatch")
            #expect(scene.users.connection(of: Self.user) == nil)

            let right =
                #"{"tokens":[{"account":"VRTC1001","token":"\#(secrets[0])","currency":"USD"},"#
                + #"{"token":"\#(secrets[1])"}]}"#
            let done = try await connect(right)
            #expect(done.status == 200 && done.text == #"{"success":true}"#)
            let connection = try #require(scene.users.connection(of: Self.user))
            #expect(connection.tokens.map(\.account) == ["VRTC1001", "CR2001"])
        }
    }

    @Test(arguments: [
        ("[]", "wrong_type"), (#"{"token":"x"}"#, "unknown_field"),
        (#"{"tokens":{}}"#, "wrong_type"),
        (#"{"tokens":[]}"#, "too_few"), (#"{"tokens":[7]}"#, "wrong_type"),
        (#"{"tokens":[{}]}"#, "missing"), (#"{"tokens":[{"token":7}]}"#, "wrong_type"),
        (#"{"tokens":[{"token":"a","x":"b"}]}"#, "unknown_field"),
        (#"{"tokens":[{"token":"a b"}]}"#, "malformed_account"),
        (#"{"tokens":[{"token":"a"},{"token":"a"}]}"#, "repeated_account"),
    ])
    func `A body that does not fit is refused`(body: String, reason: String) async throws {
        try await SignInScene.run(.legacy) { scene in
            let answer = try await scene.ask(
                .post, "/auth/deriv/connect", token: try scene.token(of: Self.user), body: body)
            #expect(answer.status == 400)
            #expect(try WireMessage(answer.text).string("error.data.reason") == reason)
        }
    }

    @Test
    func `The current generation takes one access token, and believes Deriv's list`() async throws {
        try await SignInScene.run(.options) { scene in
            // A token that somebody else's sign-in brought.
            _ = try await scene.follow(SignInScene.gateway + "/auth/deriv/login")
            let access = try await scene.outside { outside in
                outside.standIn.secrets.first { $0.hasPrefix("ory_at_") } ?? ""
            }
            let token = try scene.token(of: Self.user)
            let taken = try await scene.ask(
                .post, "/auth/deriv/connect", token: token,
                body: #"{"tokens":[{"token":"\#(access)"}]}"#)
            #expect(taken.status == 409)
            #expect(try WireMessage(taken.text).int("error.code") == 1009)
            let mismatch = try await scene.ask(
                .post, "/auth/deriv/connect", token: token,
                body: #"{"tokens":[{"token":"\#(access)","account":"CR1"}]}"#)
            #expect(
                try WireMessage(mismatch.text).string("error.data.reason") == "account_mismatch")
            let two = try await scene.ask(
                .post, "/auth/deriv/connect", token: token,
                body: #"{"tokens":[{"token":"a"},{"token":"b"}]}"#)
            #expect(try WireMessage(two.text).string("error.data.reason") == "one_token_only")
        }
    }

    @Test(arguments: OAuthGeneration.allCases)
    func `Disconnecting forgets the tokens and gives them back`(
        generation: OAuthGeneration
    ) async throws {
        try await SignInScene.run(generation) { scene in
            let token = try scene.token(of: Self.user)
            let begun = try await scene.ask(.post, "/auth/deriv/connect", token: token)
            let url = try #require(try WireMessage(begun.text).string("authorize_url"))
            _ = try await scene.follow(url)
            let count = try #require(scene.users.connection(of: Self.user)).tokens.count
            let returned = try await scene.outside { outside in
                let event = LoopEvent<Void>(outside.loop)
                outside.standIn.revocationObserver = { if $0 == count { event.happened(()) } }
                return LoopBound(event, loop: outside.loop)
            }
            let done = try await scene.ask(.post, "/auth/deriv/disconnect", token: token)
            #expect(done.status == 200 && done.text == #"{"success":true}"#)
            #expect(scene.users.connection(of: Self.user) == nil)
            // Given back behind the answer.
            try await scene.outside { _ in
                try await returned.value.wait("the return of the tokens")
            }
        }
    }

    @Test
    func `Without a token, or with a wrong one, nothing is connected`() async throws {
        try await SignInScene.run(.options) { scene in
            for path in ["/auth/deriv/connect", "/auth/deriv/disconnect"] {
                let none = try await scene.ask(.post, path)
                #expect(none.status == 401 && none.field("WWW-Authenticate") != nil)
                let wrong = try await scene.ask(.post, path, token: "a.b.c")
                #expect(wrong.status == 401)
            }
        }
    }

    @Test(arguments: OAuthGeneration.allCases)
    func `A connection that was begun with a token ends with it`(
        generation: OAuthGeneration
    ) async throws {
        for isOfUser in [true, false] {
            try await SignInScene.run(generation) { scene in
                // Whoever has stolen the token has begun, and is with Deriv when it is revoked.
                let token = try scene.token(of: Self.user)
                let begun = try await scene.ask(.post, "/auth/deriv/connect", token: token)
                let url = try #require(try WireMessage(begun.text).string("authorize_url"))
                let id = try GatewayScene.tokenID(of: token)
                try await scene.revoke(
                    isOfUser
                        ? RevokeParams(userID: Self.user.text, reason: "stolen")
                        : RevokeParams(tokenID: id, reason: "stolen"))
                try await scene.expectRevoked(token)
                let steps = try await scene.follow(url)
                #expect(steps.last?.status == 401)
                #expect(
                    try WireMessage(steps.last?.text ?? "").string("error.data.reason")
                        == "token_revoked")
                #expect(scene.users.connection(of: Self.user) == nil)
                #expect(try await scene.cookie(SignInScene.signInCookie) == nil)
            }
        }
    }
}
