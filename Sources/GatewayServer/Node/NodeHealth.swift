import Synchronization

/// Whether a node delivers and serves sessions: what its loops say. Any thread may ask.
final class NodeHealth: Sendable {
    /// The problem of a node that is about to end, which is none.
    static let drainingProblem = "draining"

    private struct State {
        var delivering: [Bool]
        var isDraining = false
        var hasSessionFunctions = false
        var refusesSteps = false
        var functionsRefusal: String?
        /// Whether each loop has PostgreSQL; nil where none is configured.
        var hasDatabase: [Bool]?
        var needsRevocations: Bool
    }

    private let state: Mutex<State>

    init(loopCount: Int, needsRevocations: Bool, usesDatabase: Bool = false) {
        let none = Array(repeating: false, count: loopCount)
        state = Mutex(
            State(
                delivering: none, hasDatabase: usesDatabase ? none : nil,
                needsRevocations: needsRevocations))
    }

    func set(_ isDelivering: Bool, loop: Int) {
        state.withLock { $0.delivering[loop] = isDelivering }
    }

    /// Whether Redis is there with the session functions.
    func set(hasSessionFunctions: Bool) {
        state.withLock { state in
            state.hasSessionFunctions = hasSessionFunctions
            state.functionsRefusal = nil
        }
    }

    /// Why Redis does not take the session functions.
    ///
    /// - Returns: whether that is news.
    func set(functionsRefusal: String?) -> Bool {
        state.withLock { state in
            defer { state.functionsRefusal = functionsRefusal }
            return state.functionsRefusal != functionsRefusal
        }
    }

    /// Whether Redis answers but lets no step of sessions be taken, for want of disk or replicas.
    func set(refusesSteps: Bool) {
        state.withLock { $0.refusesSteps = refusesSteps }
    }

    /// Whether a loop has a connection to PostgreSQL.
    func set(hasDatabase: Bool, loop: Int) {
        state.withLock { $0.hasDatabase?[loop] = hasDatabase }
    }

    /// Whether the revocations are yet to be read.
    func set(needsRevocations: Bool) {
        state.withLock { $0.needsRevocations = needsRevocations }
    }

    func beginDrain() {
        state.withLock { $0.isDraining = true }
    }

    /// Why the node should get no new connections; empty where it should.
    var problems: [String] {
        state.withLock { state in
            var problems: [String] = []
            if state.isDraining { problems.append(Self.drainingProblem) }
            let dead = state.delivering.count { !$0 }
            if dead > 0 {
                problems.append(
                    "redis does not deliver to \(dead) of \(state.delivering.count) loops")
            }
            if !state.hasSessionFunctions {
                let reason = state.functionsRefusal.map { ": \($0)" } ?? ""
                problems.append("the session functions are not loaded into redis\(reason)")
            }
            if state.refusesSteps { problems.append("redis refuses the steps of sessions") }
            let missing = state.hasDatabase?.count { !$0 } ?? 0
            if missing > 0 {
                problems.append(
                    "postgresql is not reachable from \(missing) of \(state.delivering.count) loops"
                )
            }
            if state.needsRevocations {
                problems.append("the revocations are not read from redis")
            }
            return problems
        }
    }
}
