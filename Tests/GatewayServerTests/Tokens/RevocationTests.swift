import EventLoop
import GatewayServer
import TestSupport
import Testing

/// `auth.revoke` and `auth.disconnect`, on the node that was asked and on another.
@Suite("Revocation", .timeLimit(.minutes(10))) struct RevocationTests {
    /// Runs a body with two nodes on one Redis.
    static func withTwoNodes(
        _ body: @escaping @Sendable (GatewayScene, GatewayScene) async throws -> Void
    ) async throws {
        try await withGateway(hasRedis: true) { scene in
            let sibling = try scene.sibling()
            do {
                try waitUntil("readiness of the other") { sibling.node.problems.isEmpty }
                try await body(scene, sibling)
            } catch {
                await sibling.stop()
                throw error
            }
            await sibling.stop()
        }
    }

    @Test func `of one token ends its connections everywhere and no other`() async throws {
        try await Self.withTwoNodes { scene, sibling in
            let stolen = try scene.token()
            let clients = try [scene.client(token: stolen), sibling.client(token: stolen)]
            let others = try [scene.client(), sibling.client(token: scene.token())]
            let answer = try scene.admin().call(
                "auth.revoke",
                #"{"token_id":"\#(try GatewayScene.tokenID(of: stolen))","reason":"stolen"}"#)
            #expect(answer.bool("result.revoked") == true)
            #expect(!answer.has("result.issued_before"))
            for client in clients { #expect(try client.close(within: 60).closeCode == 4500) }
            for node in [scene, sibling] {
                #expect(try node.handshake(stolen) == (401, "token_revoked"))
            }
            for client in others {
                let refused = try client.call("auth.refresh", #"{"token":"\#(stolen)"}"#)
                #expect(refused.int("error.code") == 1002)
                #expect(try client.call("ping").has("result"))
            }
        }
    }

    @Test func `of a user ends the tokens so far, and a later one is accepted`() async throws {
        try await Self.withTwoNodes { scene, sibling in
            let token = try scene.token()
            let client = try sibling.client(token: token)
            let other = try sibling.client(token: scene.token(of: GatewayScene.otherID))
            let answer = try scene.admin().call(
                "auth.revoke", #"{"user_id":"\#(GatewayScene.userID)","reason":"left"}"#)
            let before = try answer.int("result.issued_before").orThrow("issued_before")
            #expect(try client.close(within: 60).closeCode == 4500)
            #expect(try sibling.handshake(token) == (401, "token_revoked"))
            try waitUntil("the next second") { WallClock.milliseconds() / 1000 * 1000 >= before }
            #expect(try sibling.handshake(scene.token()).status == 101)
            #expect(try other.call("ping").has("result"))
        }
    }

    @Test func `of everything issued before a time spares what came after`() async throws {
        try await Self.withTwoNodes { scene, sibling in
            let admin = try scene.admin()
            let old = try scene.token(age: 60_000)
            let client = try sibling.client(token: old)
            let time = WallClock.milliseconds() - 30_000
            let answer = try admin.call(
                "auth.revoke", #"{"issued_before":\#(time),"reason":"a key leaked"}"#)
            #expect(answer.int("result.issued_before") == Int(time))
            #expect(try client.close(within: 60).closeCode == 4500)
            // Each loop of a node hears of it by itself.
            try waitUntil("the first node refuses it", within: 60) {
                try scene.handshake(old) == (401, "token_revoked")
            }
            #expect(try sibling.handshake(scene.token()).status == 101)
            let future = try admin.call(
                "auth.revoke", #"{"issued_before":\#(time + 600_000),"reason":"x"}"#)
            #expect(future.int("error.code") == -32602)
            #expect(future.string("error.data.field") == "issued_before")
        }
    }

    @Test func `a disconnected user's connections end everywhere, once`() async throws {
        try await Self.withTwoNodes { scene, sibling in
            let token = try scene.token()
            let clients = try [scene.client(token: token), sibling.client(token: token)]
            let other = try sibling.client(token: scene.token(of: GatewayScene.otherID))
            let answer = try scene.admin().call(
                "auth.disconnect", #"{"user_id":"\#(GatewayScene.userID)","reason":"x"}"#)
            #expect(answer.bool("result.disconnected") == true)
            for client in clients { #expect(try client.close(within: 60).closeCode == 4507) }
            #expect(try other.call("ping").has("result"))
            let again = try sibling.client(token: token)
            #expect(try again.call("ping").has("result"))
        }
    }

    @Test func `holds within a second where its announcement was lost`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let client = try scene.client()
            // Written as the function writes it, but announced to nobody.
            let ends = String(WallClock.milliseconds() + 600_000)
            let before = String(WallClock.milliseconds() + 1)
            let entry = "user:\(GatewayScene.userID)"
            try scene.command("HSET", "tradermind:revocations", entry, "\(before) \(ends)")
            try scene.command("ZADD", "tradermind:revocations:order", "1", entry)
            try scene.command("ZADD", "tradermind:revocations:ends", ends, entry)
            try scene.command("SET", "tradermind:revocations:sequence", "1")
            #expect(try client.close(within: 60).closeCode == 4500)
        }
    }

    @Test func `stays known when Redis has lost it, and what follows is learned`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let admin = try scene.admin()
            let first = try scene.token()
            _ = try admin.call(
                "auth.revoke",
                #"{"token_id":"\#(try GatewayScene.tokenID(of: first))","reason":"x"}"#)
            try waitUntil("the revocation") { try scene.handshake(first).status == 401 }
            try scene.command("FLUSHALL")
            let second = try scene.token()
            _ = try admin.call(
                "auth.revoke",
                #"{"token_id":"\#(try GatewayScene.tokenID(of: second))","reason":"x"}"#)
            try waitUntil("the second revocation") { try scene.handshake(second).status == 401 }
            #expect(try scene.handshake(first) == (401, "token_revoked"))
        }
    }

    @Test func `a node that never saw Redis refuses with 503 and is not ready`() async throws {
        try await withGateway {
            $0.tokenLimits.requiresRevocations = true
        } _: { scene in
            let answer = try scene.ask(SceneClient.head(token: scene.token()))
            #expect(answer.status == 503)
            #expect(answer.reason == "revocations_unknown")
            #expect(answer.field("Retry-After") == "1")
            #expect(try scene.operate("/readyz").body.contains("revocations"))
        }
    }

    @Test func `takes exactly one of its three subjects`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let admin = try scene.admin()
            for params in [
                #"{"reason":"x"}"#, #"{"token_id":"a","user_id":"b","reason":"x"}"#,
                #"{"user_id":"b","issued_before":1,"reason":"x"}"#, #"{"user_id":"b"}"#,
            ] {
                let answer = try admin.call("auth.revoke", params)
                #expect(answer.int("error.code") == -32602, "\(params)")
            }
        }
    }
}
