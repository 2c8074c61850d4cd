import Foundation
import GatewayAPI
import GatewayClient
import Security
import Synchronization
import TestSupport
import Testing

/// Many clients on two nodes, one of which is killed in the middle.
@Suite(
    "Two processes: contention and the loss of a node",
    .enabled(if: ServedNodes.isAvailable, "\(ServedNodes.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct NodeLossTests {
    private static let clientCount = 64
    private static let commandCount = 10_000
    private static let sessionCount = 8
    private static let capacity = 20
    private static let userNumbers: Range<UInt64> = 10..<62

    @Test func `10 000 commands of 64 clients on 8 sessions outlive the kill of a node`()
        async throws
    {
        let seed = UInt64.random(in: 0 ... .max)
        print("node kill seed: \(seed)")
        let nodes = try ServedNodes(redis: try PrivateRedisServer())
        for _ in 0..<2 { try await nodes.start() }
        let admin = try await nodes.client(.admin, node: 0)
        let witness = try await nodes.client(.admin, number: 1, node: 1)
        let ids = try await createSessions(admin)
        let log = EventLog(admin)
        let channels = ids.map { ChannelSubscription(channel: "session:\($0)") }
        let states = try await admin.subscribe(channels)
        #expect(states.allSatisfy { $0.error == nil && $0.status == .live })
        let mover = try await MovingWitness(witness, channels: channels)
        for id in ids { try await admin.startSession(SessionCommandParams(sessionID: id)) }
        let began = Date()
        let outcomes = try await work(nodes, ids, seed) {
            nodes.kill(1)
            try await mover.move(to: nodes.client(.admin, number: 1, node: 0))
        }
        print(
            "node kill: \(outcomes.sorted { $0.key < $1.key }) in "
                + "\(Int(Date().timeIntervalSince(began) * 1000)) ms")
        #expect(mover.recoveredCount == ids.count, "seed \(seed)")
        #expect(outcomes.values.reduce(0, +) == Self.commandCount, "seed \(seed)")
        for fault in ["internal_error", "idempotency_conflict", "trade_conflict", "not_found"] {
            #expect(outcomes[fault] == nil, "seed \(seed)")
        }
        let invariants = SessionInvariants(capacity: Self.capacity, seed: seed)
        for id in ids {
            try await invariants.check(id, admin, [log])
            let channel = "session:\(id)"
            try await GatewayScene.eventually("the mover's last event, seed \(seed)") {
                mover.texts(of: channel).count >= log.events(of: channel).count
            }
            #expect(mover.texts(of: channel) == log.events(of: channel).map(\.text), "seed \(seed)")
        }
        let look = try await SceneRedis(nodes.redis)
        #expect(try await look.repair().isEmpty, "seed \(seed)")
        try await checkSuccessor(nodes, ids, admin, seed)
    }

    private func createSessions(_ admin: GatewayClient) async throws -> [String] {
        let config = SessionConfig.wire(max: Self.capacity, markets: ["R_100"])
        var ids: [String] = []
        for _ in 0..<Self.sessionCount {
            let params = SessionCreateParams(name: "Run", config: config)
            ids.append(try await admin.createSession(params).id)
        }
        return ids
    }

    /// A node that takes the killed one's place says the same of every session.
    private func checkSuccessor(
        _ nodes: ServedNodes, _ ids: [String], _ admin: GatewayClient, _ seed: UInt64
    ) async throws {
        let successor = try await nodes.client(.admin, node: try await nodes.start())
        for id in ids {
            #expect(try await successor.session(id) == admin.session(id), "seed \(seed)")
        }
    }

    /// Lets every client work, and lets happen what is to happen when half of the commands are
    /// through.
    private func work(
        _ nodes: ServedNodes, _ ids: [String], _ seed: UInt64,
        atHalf: @escaping @Sendable () async throws -> Void
    ) async throws -> [String: Int] {
        let progress = Progress()
        var connected: [GatewayClient] = []
        for number in 0..<Self.clientCount {
            connected.append(
                try await nodes.client(
                    Self.role(number), number: UInt64(number + 10), node: number % 2))
        }
        return try await withThrowingTaskGroup(of: [String: Int].self) { group in
            for (number, first) in connected.enumerated() {
                group.addTask {
                    var generator = SeededGenerator(seed: seed &+ UInt64(number))
                    var client = first
                    var outcomes: [String: Int] = [:]
                    for step in stride(
                        from: number, to: Self.commandCount, by: Self.clientCount)
                    {
                        let command = RandomCommand.draw(
                            Self.actor(number), sessions: ids, userNumbers: Self.userNumbers,
                            using: &generator)
                        var result = await outcome {
                            try await command.carryOut(by: client, key: "c\(step)")
                        }
                        if Self.isLost(result) {
                            // Whether it was carried out is not known, and no matter with its key.
                            client = try await nodes.client(
                                Self.role(number), number: UInt64(number + 10), node: 0)
                            result = await outcome {
                                try await command.carryOut(by: client, key: "c\(step)")
                            }
                        }
                        outcomes[result, default: 0] += 1
                        if progress.isHalf() {
                            defer { progress.goOn() }
                            try await atHalf()
                        }
                        await progress.pass()
                    }
                    return outcomes
                }
            }
            var sum: [String: Int] = [:]
            for try await outcomes in group { sum.merge(outcomes, uniquingKeysWith: +) }
            return sum
        }
    }

    /// Counts what was done by all, and holds them up in the middle: each ends the command that is
    /// under way and begins no other, so that fewer events come than a channel's history keeps,
    /// however long it takes a witness to move.
    private final class Progress: Sendable {
        private struct State {
            var count = 0
            var isHeld = false
            var waiting: [CheckedContinuation<Void, Never>] = []
        }

        private let state = Mutex(State())

        /// Notes one more command.
        ///
        /// - Returns: whether it is the one in the middle; the others are held up from here on.
        func isHalf() -> Bool {
            state.withLock { state in
                state.count += 1
                state.isHeld = state.isHeld || state.count == commandCount / 2
                return state.count == commandCount / 2
            }
        }

        /// Lets all go on.
        func goOn() {
            let waiting = state.withLock { state in
                state.isHeld = false
                defer { state.waiting = [] }
                return state.waiting
            }
            for one in waiting { one.resume() }
        }

        /// Waits while all are held up.
        func pass() async {
            await withCheckedContinuation { continuation in
                let isFree = state.withLock { state in
                    if state.isHeld { state.waiting.append(continuation) }
                    return !state.isHeld
                }
                if isFree { continuation.resume() }
            }
        }
    }

    private static func isLost(_ outcome: String) -> Bool {
        ["connectionLost", "notConnected", "closed"].contains(outcome)
    }

    private static func role(_ number: Int) -> TokenRole {
        switch actor(number) {
        case .user: .user
        case .engine: .service
        case .admin: .admin
        }
    }

    private static func actor(_ number: Int) -> RandomCommand.Actor {
        number < userNumbers.count ? .user : number < 60 ? .engine : .admin
    }
}
