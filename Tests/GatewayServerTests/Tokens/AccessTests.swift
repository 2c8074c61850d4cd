import GatewayAPI
import Security
import TestSupport
import Testing

/// Every method and every form of channel with every role, over the wire: the tables of GatewayAPI
/// are what holds.
@Suite("Access", .timeLimit(.minutes(10))) struct AccessTests {
    /// Session id in the tests' parameters; there is no such session.
    static let sessionID = "ses_nobody"

    private static func clients(
        _ scene: GatewayScene
    ) throws -> [(role: Role, client: SceneClient)] {
        [
            (.user, try scene.client(token: scene.token(.user))),
            (.admin, try scene.client(token: scene.token(.admin))),
            (.service, try scene.client(token: scene.token(.service))),
        ]
    }

    @Test func `a method is forbidden to exactly the roles that the table leaves out`() async throws
    {
        try await withGateway(hasRedis: true) { scene in
            for (role, client) in try Self.clients(scene) {
                for method in GatewayMethod.allCases {
                    // Without parameters nothing is changed, and the role is judged first.
                    let answer = try client.call(method.rawValue, #"{"no_such_parameter":1}"#)
                    let isForbidden = answer.int("error.code") == 1003
                    #expect(
                        isForbidden == !method.isAllowed(for: role),
                        "\(method.rawValue) for \(role): \(answer)")
                    if !isForbidden {
                        #expect(answer.int("error.code") != -32601, "\(method.rawValue)")
                    }
                }
            }
        }
    }

    @Test func `a role is what the table says, not what the client says`() {
        for method in GatewayMethod.allCases {
            #expect(!method.description.roles.roles.isEmpty, "\(method.rawValue)")
        }
        let adminOnly = GatewayMethod.allCases.filter { $0.description.roles == .admin }
        #expect(adminOnly.contains(.authRevoke) && adminOnly.contains(.authDisconnect))
        #expect(adminOnly.contains(.killSwitchEngage))
    }

    @Test func `users name nobody but themselves where the table says so`() async throws {
        let limited = GatewayMethod.allCases.filter(\.description.limitsUsersToThemselves)
        #expect(
            limited.map(\.rawValue) == ["session.join", "session.leave", "session.participants"])
        try await withGateway(hasRedis: true) { scene in
            for (role, client) in try Self.clients(scene) {
                for method in limited {
                    for user in [GatewayScene.userID, GatewayScene.otherID] {
                        let answer = try client.call(
                            method.rawValue,
                            #"{"session_id":"\#(Self.sessionID)","user_id":"\#(user)"}"#)
                        let isForbidden = answer.int("error.code") == 1003
                        let isOther = user != GatewayScene.userID
                        #expect(
                            isForbidden
                                == (!method.isAllowed(for: role) || role == .user && isOther),
                            "\(method.rawValue) for \(role), naming \(user): \(answer)")
                        if isForbidden, role == .user {
                            #expect(answer.string("error.data.field") == "user_id")
                        }
                    }
                }
            }
        }
    }

    @Test func `a channel opens to exactly those that its rule lets in`() async throws {
        let channels: [(name: String, refusals: [Role: Int])] = [
            ("ticks:R_100", [:]), ("session:\(Self.sessionID)", [:]), ("sessions", [:]),
            ("system", [:]),
            // No user takes part in a session that is not there: what is hidden is not found.
            ("signals:\(Self.sessionID)", [.user: 1400]),
            ("user:\(GatewayScene.userID)", [:]),
            (
                "user:\(GatewayScene.otherID)", [.user: 1003, .admin: 1003, .service: 1003]
            ),
        ]
        try await withGateway(hasRedis: true) { scene in
            for (role, client) in try Self.clients(scene) {
                for (name, refusals) in channels {
                    let answer = try client.subscribe(name)
                    let code = answer.int("result.channels.0.error.code")
                    #expect(code == refusals[role], "\(name) for \(role): \(answer)")
                    let rule = try ChannelName(name).orThrow("a channel")
                    let isOpen = rule.isOpen(to: role, userID: GatewayScene.userID)
                    #expect((isOpen ?? false) == (code == nil), "\(name) for \(role)")
                }
            }
        }
    }
}
