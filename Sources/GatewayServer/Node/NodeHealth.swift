import Synchronization

/// Whether a node delivers and serves sessions: what its loops say, and whether they still say
/// something. Any thread may ask.
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
    private let pulses = Mutex<[LoopPulse]>([])
    private let limits: ServerLimits

    init(
        loopCount: Int, needsRevocations: Bool, usesDatabase: Bool = false,
        limits: ServerLimits = ServerLimits()
    ) {
        self.limits = limits
        let none = Array(repeating: false, count: loopCount)
        state = Mutex(
            State(
                delivering: none, hasDatabase: usesDatabase ? none : nil,
                needsRevocations: needsRevocations))
    }

    /// Begins to watch a loop, whose pulse it then has to beat.
    func makePulse(of name: String) -> LoopPulse {
        let pulse = LoopPulse(name: name)
        pulses.withLock { $0.append(pulse) }
        return pulse
    }

    /// What no probe of a loop's own can tell, since it does nothing: each blocked loop in words.
    var stuckLoops: [String] {
        silentLoops(longerThan: limits.stuckLoopDuration)
    }

    private func silentLoops(longerThan duration: Duration) -> [String] {
        pulses.withLock { pulses in
            pulses.compactMap { pulse in
                let silence = pulse.silence
                return silence > duration
                    ? "the loop \(pulse.name) has done nothing for \(silence.components.seconds) s"
                    : nil
            }
        }
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
        // Their own word on delivery is as old as they have been silent.
        let silent = silentLoops(longerThan: limits.silentLoopDuration)
        return state.withLock { state in
            var problems = silent
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
