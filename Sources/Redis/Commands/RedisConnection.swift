package import EventLoop
package import RedisProtocol

/// Is told how a connection or pool fares. Called on the loop's thread.
package protocol RedisConnectionDelegate: AnyObject {
    /// The connection's state is another now; a lost connection reconnects by itself.
    func connection(_ connection: RedisConnection, changedTo state: RedisLinkState)
}

/// One connection to Redis for commands, pipelined: they are written together at the end of a
/// turn, and replies are matched in order.
///
/// Confined to its loop: every call traps elsewhere. It reconnects by itself until `close`, and
/// lives until then; commands are refused as unavailable in between, never kept for later, so that
/// a caller learns at once and nothing old is carried out after an outage.
package final class RedisConnection {
    private let link: RedisLink
    private let limits: RedisLimits
    private var delegate: (any RedisConnectionDelegate)?
    private var queue = CommandQueue()
    private var deadlineTimer: TimerID?
    private var counts = RedisCounters()
    /// Whether a write was refused by a replica: what is in flight is still answered, and then the
    /// link looks for the primary.
    private var isReadOnly = false

    /// Makes a connection that is not started; the delegate is kept until `close`.
    package init(
        loop: EventLoop, configuration: RedisConfiguration,
        delegate: (any RedisConnectionDelegate)? = nil
    ) {
        link = RedisLink(loop: loop, configuration: configuration)
        limits = configuration.limits
        self.delegate = delegate
    }

    /// Begins to connect.
    package func start() {
        link.start(owner: self)
    }

    /// Sets the delegate, which is kept until `close`.
    func observe(by delegate: any RedisConnectionDelegate) {
        self.delegate = delegate
    }

    /// Ends the connection for good: commands in flight fail, the delegate is told and released.
    package func close() {
        link.close()
        delegate = nil
    }

    /// Where the connection stands.
    package var state: RedisLinkState { link.state }

    /// Commands that wait for their reply.
    package var inFlightCount: Int { queue.count }

    /// What the connection has done so far.
    package var counters: RedisCounters {
        var sum = link.counters
        sum.add(counts)
        return sum
    }

    /// Sends a command.
    ///
    /// - Parameters:
    ///   - command: written at the end of this turn, behind those that were sent before.
    ///   - completion: called once, on the loop: with the reply, an error reply as `refused`, or
    ///     why there is none; before this returns where the command is not taken.
    package func send(
        _ command: RedisCommand,
        completion: @escaping (Result<RESPValue, RedisError>) -> Void
    ) {
        link.loop.preconditionOnLoop()
        guard link.state == .ready, !isReadOnly else {
            completion(.failure(.unavailable))
            return
        }
        guard queue.count < limits.inFlightCountMax,
            command.encodedByteCount <= limits.outputByteCountMax - link.outputByteCount
        else {
            counts.overloadCount &+= 1
            completion(.failure(.overloaded))
            return
        }
        counts.commandCount &+= 1
        enqueue(command, completion)
    }

    /// Sends a command and waits for its reply, for code that runs on the loop.
    ///
    /// The wait ends with the reply or the command's deadline; cancelling the task does not end it,
    /// because the command may be carried out all the same.
    ///
    /// - Throws: as `send` answers.
    package func command(_ command: RedisCommand) async throws(RedisError) -> RESPValue {
        let result = await withCheckedContinuation { continuation in
            send(command) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    private func enqueue(
        _ command: RedisCommand, _ completion: ((Result<RESPValue, RedisError>) -> Void)?
    ) {
        link.enqueue(command)
        let deadline = link.loop.now.advanced(by: limits.commandDuration)
        queue.append(
            PendingCommand(
                completion: completion, endByteOffset: link.enqueuedByteCount, deadline: deadline))
        if deadlineTimer == nil {
            deadlineTimer = link.loop.schedule(at: deadline, handler: self)
        }
    }
}

extension RedisConnection: RedisLinkOwner {
    func linkReplied(_ reply: borrowing RESPReply) -> RedisLinkFailure? {
        guard let pending = queue.popFirst() else { return .outOfStep }
        if let completion = pending.completion {
            counts.replyCount &+= 1
            complete(completion, reply.value())
        }
        return isReadOnly && queue.count == 0 ? .readOnly : nil
    }

    private func complete(
        _ completion: (Result<RESPValue, RedisError>) -> Void, _ value: RESPValue
    ) {
        guard case .error(let error) = value else { return completion(.success(value)) }
        counts.errorReplyCount &+= 1
        if error.code == "READONLY" { isReadOnly = true }
        completion(.failure(.refused(error)))
    }

    func linkReadEnded() {}

    func linkNeedsPing() {
        enqueue(RedisCommand("PING"), nil)
    }

    func linkLost(_ reason: RedisLinkFailure, writtenByteCount: UInt64) {
        if let deadlineTimer { link.loop.cancel(deadlineTimer) }
        deadlineTimer = nil
        isReadOnly = false
        let commands = queue.removeAll()
        for (index, command) in commands.enumerated() {
            let isWritten = command.endByteOffset <= writtenByteCount
            // Only the first of them has certainly waited too long.
            let isLate = index == 0 && reason == .commandTimedOut
            let error: RedisError =
                isWritten ? (isLate ? .timedOut : .connectionLost(reason)) : .unavailable
            command.completion?(.failure(error))
        }
    }

    func linkChanged(to state: RedisLinkState) {
        delegate?.connection(self, changedTo: state)
    }
}

extension RedisConnection: TimerHandler {
    /// The command that was first when the timer was set should have its reply by now.
    package func timerFired(token: UInt32) {
        deadlineTimer = nil
        guard let first = queue.first else { return }
        if first.deadline <= link.loop.now {
            link.giveUp(.commandTimedOut)
        } else {
            deadlineTimer = link.loop.schedule(at: first.deadline, handler: self)
        }
    }
}
