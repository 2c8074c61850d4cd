import Foundation
import GatewayAPI
import GatewayClient
import GatewayServer
import Security
import Synchronization
import TestSupport
import Testing

@Suite(
    "Sessions over the wire: contention",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct SessionWireContentionTests {
    private static let userCount = 56
    private static let commandsPerClient = 60
    private static let capacity = 20

    @Test func `random commands of 64 clients on two nodes keep every invariant`() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("contention seed: \(seed)")
        try await GatewayScene.run(nodeCount: 2) { scene in
            let admins = [
                try await scene.client(.admin, number: 0, node: 0),
                try await scene.client(.admin, number: 1, node: 1),
            ]
            let config = SessionConfig.wire(max: Self.capacity, markets: ["R_100"])
            var ids: [String] = []
            for index in 0..<8 {
                ids.append(
                    try await admins[index % 2].createSession(
                        SessionCreateParams(name: "Run", config: config)
                    ).id)
            }
            let logs = [EventLog(admins[0]), EventLog(admins[1])]
            for admin in admins {
                let channels = ids.map { ChannelSubscription(channel: "session:\($0)") }
                _ = try await admin.subscribe(channels)
            }
            for id in ids { try await admins[0].startSession(SessionCommandParams(sessionID: id)) }
            let invariants = SessionInvariants(capacity: Self.capacity, seed: seed)
            let outcomes = try await work(scene, ids, seed, losesNode: false)
            print("contention: \(outcomes.sorted { $0.key < $1.key })")
            #expect(outcomes["unavailable"] == nil && outcomes["timeout"] == nil, "seed \(seed)")
            for id in ids { try await invariants.check(id, admins[0], logs) }
            let findings = try await SceneRedis(scene.redis).repair()
            #expect(findings.isEmpty, "seed \(seed)")
        }
    }

    /// The node's links break with commands under way, as when its process is killed: what Redis
    /// has read is carried out, and nothing else.
    @Test func `a node that ends in the middle leaves nothing half done`() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("node loss seed: \(seed)")
        try await GatewayScene.run(nodeCount: 2) { scene in
            let admin = try await scene.client(.admin, node: 0)
            let config = SessionConfig.wire(max: Self.capacity, markets: ["R_100"])
            var ids: [String] = []
            for _ in 0..<8 {
                let params = SessionCreateParams(name: "Run", config: config)
                ids.append(try await admin.createSession(params).id)
            }
            let log = EventLog(admin)
            _ = try await admin.subscribe(
                ids.map { ChannelSubscription(channel: "session:\($0)") })
            for id in ids { try await admin.startSession(SessionCommandParams(sessionID: id)) }
            let invariants = SessionInvariants(capacity: Self.capacity, seed: seed)
            let outcomes = try await work(scene, ids, seed, losesNode: true)
            print("node loss: \(outcomes.sorted { $0.key < $1.key })")
            for id in ids { try await invariants.check(id, admin, [log]) }
            #expect(try await SceneRedis(scene.redis).repair().isEmpty, "seed \(seed)")
        }
    }

    /// Lets every client work; gives how often each outcome came.
    private func work(
        _ scene: GatewayScene, _ ids: [String], _ seed: UInt64, losesNode: Bool
    ) async throws -> [String: Int] {
        try await withThrowingTaskGroup(of: [String: Int].self) { group in
            let counter = Counter()
            if losesNode {
                group.addTask {
                    try await GatewayScene.eventually("half of the work is done") {
                        counter.count > 64 * Self.commandsPerClient / 4
                    }
                    await scene.stopNode(1)
                    return [:]
                }
            }
            var clients: [(TokenRole, GatewayClient)] = []
            for number in 0..<64 {
                let role: TokenRole =
                    number < Self.userCount ? .user : number < 60 ? .service : .admin
                let client = try await scene.client(
                    role, number: UInt64(number + 10), node: number % 2)
                clients.append((role, client))
            }
            for (number, (role, client)) in clients.enumerated() {
                group.addTask {
                    var generator = SeededGenerator(seed: seed &+ UInt64(number))
                    var outcomes: [String: Int] = [:]
                    for step in 0..<Self.commandsPerClient {
                        let id = ids[Int.random(in: 0..<ids.count, using: &generator)]
                        let outcome = await outcome {
                            switch role {
                            case .user: try await Self.user(client, id, &generator)
                            case .service:
                                try await Self.engine(
                                    client, id, "t\(number)-\(step)", &generator)
                            case .admin: try await Self.admin(client, id, &generator)
                            }
                        }
                        counter.add()
                        outcomes[outcome, default: 0] += 1
                    }
                    return outcomes
                }
            }
            var sum: [String: Int] = [:]
            for try await outcomes in group { sum.merge(outcomes, uniquingKeysWith: +) }
            return sum
        }
    }

    /// Counts what was done by all.
    private final class Counter: Sendable {
        private let value = Mutex(0)
        var count: Int { value.withLock { $0 } }
        func add() { value.withLock { $0 += 1 } }
    }

    private static func user(
        _ client: GatewayClient, _ id: String, _ generator: inout SeededGenerator
    ) async throws {
        if Int.random(in: 0..<3, using: &generator) > 0 {
            try await client.joinSession(ParticipationParams(sessionID: id))
        } else {
            try await client.leaveSession(SessionLeaveParams(sessionID: id))
        }
    }

    private static func engine(
        _ client: GatewayClient, _ id: String, _ trade: String,
        _ generator: inout SeededGenerator
    ) async throws {
        switch Int.random(in: 0..<3, using: &generator) {
        case 0:
            _ = try await client.publishSignal(
                SignalPublishParams(
                    market: "R_100", type: .put, confidence: 0.9, reason: "r", sessionID: id))
        case 1:
            for claim in try await client.claimSignals(SignalClaimParams(max: 3)).claims {
                try await client.acknowledgeSignal(
                    SignalAcknowledgeParams(signalID: claim.signal.id, outcome: .executed))
            }
        default:
            let user = UInt64(Int.random(in: 0..<userCount, using: &generator) + 10)
            let cents = Int.random(in: -500...500, using: &generator)
            try await client.settleTrade(
                TradeSettleParams(
                    tradeID: trade, sessionID: id,
                    userID: GatewayScene.subject(.user, user).text,
                    pnl: "\(cents < 0 ? "-" : "")\(abs(cents) / 100).\(abs(cents) % 100 / 10)"))
        }
    }

    private static func admin(
        _ client: GatewayClient, _ id: String, _ generator: inout SeededGenerator
    ) async throws {
        let command = SessionCommandParams(sessionID: id)
        if Bool.random(using: &generator) {
            try await client.pauseSession(command)
        } else {
            try await client.resumeSession(command)
        }
    }
}
