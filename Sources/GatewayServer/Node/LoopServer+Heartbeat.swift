import EventLoop
import GatewayAPI
import Redis
import Streams

extension LoopServer: TimerHandler {
    /// The timer of the next step of the sweep, and the one for events that were held back.
    static let sweepToken: UInt32 = 0
    static let heldEventsToken: UInt32 = 1

    func timerFired(token: UInt32) {
        if token == Self.heldEventsToken {
            heldEventsTimer = nil
            fanOut.sendHeldEvents(now: loop.now.nanoseconds)
            return
        }
        sweepStep()
        askWhatIsOpen()
        _ = loop.schedule(
            after: HeartbeatSweep.interval, handler: self, token: Self.sweepToken)
    }

    private func sweepStep() {
        notePulse()
        second = UInt32(truncatingIfNeeded: loop.now.nanoseconds / 1_000_000_000)
        if index == 0 { lookAtReadiness() }
        let now = WallClock.milliseconds()
        for place in sweep.nextRange(count: connections.count) {
            if let connection = connections[place] { visit(connection, now: now) }
        }
        if let count = sweep.closesPerStep { closeSome(count) }
    }

    /// The first loop tells the operator, for the node.
    private func lookAtReadiness() {
        if let event = readiness.look(second: second, problems: shared.health.problems) {
            shared.report(event, from: self)
            if case .notReady = event { owesRedisReason = true } else { owesRedisReason = false }
        }
        guard owesRedisReason, let pool = redis?.pool else { return }
        // A host that does not answer takes its time to fail.
        owesRedisReason = !pool.isReady
        guard owesRedisReason, let failure = pool.lastFailure else { return }
        owesRedisReason = false
        shared.report(.redisAway(reason: failure.description), from: self)
    }

    /// Shows that the loop runs, and tells where it did not for a while.
    private func notePulse() {
        let silence = pulse.beat()
        guard silence > limits.stalledLoopDuration + HeartbeatSweep.interval else { return }
        metrics.stallCount += 1
        let milliseconds = silence.wholeNanoseconds / 1_000_000
        shared.report(.loopStalled(loop: index, milliseconds: Int(milliseconds)), from: self)
    }

    private func visit(_ connection: ClientConnection, now: Int64) {
        guard case .open = connection.phase, let identity = connection.identity else { return }
        connection.checkDeadline()
        if now >= identity.closesAt { return connection.close(.tokenExpired) }
        noticeEnd(of: identity, connection, now: now)
        let blocked = Int64(second) - Int64(connection.blockedSinceSecond)
        if connection.isBlocked, blocked > limits.stalledWriteDuration.components.seconds {
            // Its socket takes nothing, so no close frame would reach it either.
            return connection.endStalled()
        }
        let silent = Int64(second) - Int64(connection.lastReceivedSecond)
        let interval = limits.heartbeatInterval.components.seconds
        if connection.isPingPending {
            if silent > interval + limits.heartbeatTimeout.components.seconds {
                connection.close(.heartbeatTimeout)
            }
        } else if silent >= interval {
            connection.isPingPending = true
            connection.sendPing()
        }
    }

    /// Tells a client once that its token ends soon.
    private func noticeEnd(
        of identity: ConnectionIdentity, _ connection: ClientConnection, now: Int64
    ) {
        let range = shared.configuration.tokenLimits.noticeMilliseconds
        guard !connection.isEndNoticed, now >= identity.noticeAt(within: range) else { return }
        connection.isEndNoticed = true
        router.sendExpiring(identity, to: connection)
    }

    /// The next connections of a drain.
    private func closeSome(_ count: Int) {
        var left = count
        for case let connection? in connections {
            guard left > 0 else { return }
            guard case .open = connection.phase else { continue }
            connection.close(.draining)
            left -= 1
        }
    }
}
