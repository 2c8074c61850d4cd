import EventLoop
import Foundation
import GatewayAPI
import GatewayClient
import GatewayServer
import Redis
import Security
import TestSupport
import Testing

@Suite(
    "Sessions over the wire: signals of those who take part",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct SessionWireParticipationTests {
    /// A connection of the user that sends several requests at once.
    private struct Pipeline {
        let socket: RawWebSocket
        private var lastID = 0

        init(_ scene: GatewayScene) throws {
            guard case .internet(_, let port) = scene.nodes[0].publicAddress else {
                throw GatewayScene.Missing(description: "a port")
            }
            let token = try scene.tokenText(GatewayScene.subject(.user), .user)
            let connection = try RawConnection(port: port)
            try connection.send(
                "GET /v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Protocol: tradermind.v1\r\n"
                    + "Authorization: Bearer \(token)\r\n\r\n")
            _ = try connection.take(through: "\r\n\r\n")
            socket = RawWebSocket(connection)
        }

        /// Sends requests in one piece and reads to the last answer.
        ///
        /// - Returns: the answers by the place of their request.
        mutating func call(_ requests: [(String, String)]) throws -> [[String: Any]] {
            var bytes: [UInt8] = []
            let first = lastID + 1
            for (method, params) in requests {
                lastID += 1
                let text =
                    #"{"jsonrpc":"2.0","id":\#(lastID),"method":"\#(method)","params":\#(params)}"#
                bytes += RawWebSocket.frame(RawWebSocket.text, Array(text.utf8))
            }
            try socket.connection.send(bytes)
            var answers: [Int: [String: Any]] = [:]
            while answers.count < requests.count {
                guard let frame = try socket.next(within: 60) else {
                    throw GatewayScene.Missing(description: "an answer")
                }
                let message =
                    try JSONSerialization.jsonObject(with: Data(frame.payload)) as? [String: Any]
                guard let message, let id = message["id"] as? Int else { continue }
                answers[id] = message
            }
            return (first...lastID).map { answers[$0] ?? [:] }
        }

        mutating func isSubscribed(to channel: String) throws -> Bool {
            let answer = try call([("subscriptions", "{}")])[0]
            let channels = (answer["result"] as? [String: Any])?["channels"] as? [[String: Any]]
            return (channels ?? []).contains { $0["channel"] as? String == channel }
        }
    }

    @Test func `whoever leaves while the subscription is made gets no signals`() async throws {
        try await withTaskExecutorPreference(BlockingExecutor()) {
            try await GatewayScene.run {
                $0.loopCount = 1
            } _: { scene in
                let actors = try await WireActors(scene)
                let id = try await actors.session(.active)
                // Long answers come later than events that Redis sends on another link.
                for _ in 0..<100 { _ = try await actors.create() }
                var user = try Pipeline(scene)
                let own = GatewayScene.subject(.user).text
                _ = try user.call([("subscribe", #"{"channels":[{"channel":"user:\#(own)"}]}"#)])
                let session = #"{"session_id":"\#(id)"}"#
                let channel = "signals:\(id)"
                for round in 0..<20 {
                    let joined = try user.call([("session.join", session)])
                    #expect(joined[0]["result"] != nil, "round \(round)")
                    let lists = Array(
                        repeating: ("session.list", #"{"limit":100}"#), count: 10)
                    _ = try user.call(
                        lists + [
                            ("subscribe", #"{"channels":[{"channel":"\#(channel)"}]}"#),
                            ("session.leave", session),
                        ])
                    try waitUntil("the end of the subscription, round \(round)", within: 60) {
                        try !user.isSubscribed(to: channel)
                    }
                }
            }
        }
    }

    @Test func `where participation cannot be followed there is no subscription`() async throws {
        try await GatewayScene.run {
            $0.loopCount = 1
            // The node's own two channels, and one more.
            $0.redisLimits.channelCountMax = 3
        } _: { scene in
            let actors = try await WireActors(scene)
            let id = try await actors.session(.active)
            _ = try await actors.user.joinSession(ParticipationParams(sessionID: id))
            let state = try #require(try await actors.user.subscribe("signals:\(id)").first)
            #expect(state.error?.code == .overloaded)
            #expect(try await actors.user.subscriptions().isEmpty)
            // An admin's subscription hangs on nothing.
            let admin = try #require(try await actors.admin.subscribe("signals:\(id)").first)
            #expect(admin.error == nil)
        }
    }
}
