import Foundation
import GatewayAPI
import GatewayClient
import GatewayServer
import Security
import TestSupport
import Testing

/// The JavaScript client in a browser, on a page of an origin that the operator has allowed.
@Suite(
    "The JavaScript client on a page", .timeLimit(.minutes(10)),
    .enabled(if: InstalledBrowser.program != nil, "no chromium or google-chrome is installed"),
    .enabled(if: InteropPeer.isAvailable, "\(InteropPeer.unavailableReason)"),
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"))
struct ClientPageTests {
    /// What the page's server says first.
    private struct Place: Decodable {
        var origin: String
    }

    /// What the page saw.
    private struct Seen: Decodable {
        var user: String
        var events: [Int]
        var refusal: String
        var end: String
    }

    @Test func `a page signs in by subprotocol or ticket and sees every event until its end`()
        async throws
    {
        let profile = try TemporaryFolder()
        let script = try ClientScript(
            .python,
            [
                ClientLibrary.python.scenario("page"), InstalledBrowser.program ?? "",
                ClientLibrary.javascript.folder.appending(path: "src").path,
                ClientLibrary.root.appending(path: "Tests/IntegrationTests/Interop/Peers").path,
                profile.path,
            ])
        let place = try JSONDecoder().decode(Place.self, from: Data(try await script.line().utf8))
        let origins = try OriginPolicy(allowedOrigins: [place.origin])
        try await GatewayScene.run {
            $0.origins = origins
        } _: { scene in
            let user = GatewayScene.subject(.user)
            let token = try scene.tokenText(user, .user)
            let url = "ws://\(scene.nodes[0].publicAddress)/v1"
            // The first way is the client's own choice.
            try script.send(
                #"{"url": "\#(url)", "token": "\#(token)", "ways": [null, "ticket"]}"#)
            let admin = try await scene.client(.admin)
            let redis = try await SceneRedis(scene.redis)
            for _ in 0..<2 {
                try #require(try await script.line().contains("subscribed"))
                for number in 0..<20 {
                    try await redis.command(
                        "FCALL", "tradermind_publish", "0", "system", #"{"n":\#(number)}"#)
                }
                _ = try await admin.call(
                    Methods.authDisconnect,
                    DisconnectParams(userID: user.text, reason: "the test is over"))
                let seen = try JSONDecoder().decode(
                    Seen.self, from: Data(try await script.line().utf8))
                #expect(seen.user == user.text)
                #expect(seen.refusal == "not_found")
                #expect(seen.end == "disconnected 4507")
                #expect(seen.events == Array(0..<20))
            }
            await admin.close()
        }
        _ = try await script.finish()
    }
}
