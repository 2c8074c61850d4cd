import EventLoop
import RedisProtocol

/// Where a link to Redis stands.
package enum RedisLinkState: Equatable, Sendable {
    /// Not started.
    case idle
    /// The host's name is looked up.
    case resolving
    /// A connection attempt is under way.
    case connecting
    /// The TLS handshake is under way.
    case securing
    /// AUTH, CLIENT SETNAME, SELECT and PING are under way.
    case signingIn
    /// Commands are taken.
    case ready
    /// Waiting for the next attempt, for this reason.
    case backingOff(RedisLinkFailure)
    /// Closed for good.
    case closed
}

/// The life of a link: which step comes next, and when it is tried again. Without end: only
/// `close` stops it.
///
/// Pure: no socket, clock or randomness inside. The driver performs each action and reports what
/// came of it.
struct LinkMachine: ~Copyable {
    /// What the driver has to do next.
    enum Action: Equatable {
        case none
        /// Look the host up and report with the attempt's number.
        case resolve(host: String, port: UInt16, attempt: UInt64)
        /// Connect to this address.
        case connect(SocketAddress)
        /// Begin TLS with the host.
        case secure(host: String)
        /// Write these commands and report each reply.
        case signIn([RedisCommand])
        /// Tell the owner that commands are taken.
        case becomeReady
        /// Wait, then report.
        case wait(Duration)
    }

    /// A link that lived for this long was good: the next pause is the shortest again.
    static let goodLifeDuration = Duration.seconds(1)

    private let configuration: RedisConfiguration
    private(set) var state = RedisLinkState.idle
    /// Numbers the attempts, so that an answer for an earlier one is not taken for this one's.
    private(set) var attempt: UInt64 = 0
    private var failureCount = 0
    private var addresses: ArraySlice<SocketAddress> = []
    private var awaitedReplies: ArraySlice<Awaited> = []
    private var readySince = MonotonicTime(nanoseconds: 0)

    private enum Awaited {
        /// An error ends the attempt.
        case success
        /// An error is of no matter: a name for CLIENT LIST that a proxy does not support.
        case anything
        /// A replica ends the attempt; an error, of a proxy or for want of the right to ask, does
        /// not.
        case primary
    }

    init(configuration: RedisConfiguration) {
        self.configuration = configuration
    }

    /// Begins the first attempt.
    mutating func start() -> Action {
        precondition(state == .idle, "a link is started once")
        return beginAttempt()
    }

    /// The pause is over.
    mutating func pauseEnded() -> Action {
        guard case .backingOff = state else { return .none }
        return beginAttempt()
    }

    private mutating func beginAttempt() -> Action {
        attempt += 1
        switch configuration.url.endpoint {
        case .unix(let path):
            state = .connecting
            return .connect(.unix(path: path))
        case .internet(let host, let port):
            state = .resolving
            return .resolve(host: host, port: port, attempt: attempt)
        }
    }

    /// The look-up of an attempt gave these addresses.
    mutating func addressesResolved(
        _ found: [SocketAddress], attempt: UInt64, now: MonotonicTime, random: UInt64
    ) -> Action {
        guard state == .resolving, attempt == self.attempt else { return .none }
        guard let first = found.first else {
            return failed(.nameNotFound, now: now, random: random)
        }
        addresses = found.dropFirst()
        state = .connecting
        return .connect(first)
    }

    /// The connection attempt to one address, or its TLS handshake, failed: the next address has
    /// its turn.
    mutating func connectFailed(
        _ reason: RedisLinkFailure, now: MonotonicTime, random: UInt64
    ) -> Action {
        if state == .connecting || state == .securing, let next = addresses.popFirst() {
            state = .connecting
            return .connect(next)
        }
        return failed(reason, now: now, random: random)
    }

    /// The connection stands.
    mutating func connected() -> Action {
        precondition(state == .connecting, "only an attempt can succeed")
        guard configuration.url.usesTLS,
            case .internet(let host, _) = configuration.url.endpoint
        else { return signIn() }
        state = .securing
        return .secure(host: host)
    }

    /// The TLS handshake is done.
    mutating func secured() -> Action {
        precondition(state == .securing, "only a handshake can be done")
        return signIn()
    }

    private mutating func signIn() -> Action {
        state = .signingIn
        let url = configuration.url
        var commands: [RedisCommand] = []
        var awaited: [Awaited] = []
        if let password = url.password {
            var command = RedisCommand(name: "AUTH")
            if let user = url.user { command.append(user) }
            command.append(password.secret)
            commands.append(command)
            awaited.append(.success)
        }
        if !configuration.clientName.isEmpty {
            commands.append(RedisCommand("CLIENT", "SETNAME", configuration.clientName))
            awaited.append(.anything)
        }
        if url.database != 0 {
            commands.append(RedisCommand("SELECT", String(url.database)))
            awaited.append(.success)
        }
        // After a failover a name may lead to the old primary for a while: a replica answers
        // everything but refuses every write.
        commands.append(RedisCommand("ROLE"))
        awaited.append(.primary)
        // Fails where a password is wanted and none was given, or the data is still loading.
        commands.append(RedisCommand("PING"))
        awaited.append(.success)
        awaitedReplies = awaited[...]
        return .signIn(commands)
    }

    /// A reply to a command of the sign-in came.
    mutating func signInReplied(
        _ reply: RESPValue, now: MonotonicTime, random: UInt64
    ) -> Action {
        guard state == .signingIn, let awaited = awaitedReplies.popFirst() else {
            return failed(.outOfStep, now: now, random: random)
        }
        if awaited == .success, case .error(let error) = reply {
            return failed(.signInRefused(code: error.code), now: now, random: random)
        }
        if awaited == .primary, reply.elements?.first?.text == "slave" {
            return failed(.readOnly, now: now, random: random)
        }
        guard awaitedReplies.isEmpty else { return .none }
        state = .ready
        readySince = now
        return .becomeReady
    }

    /// The attempt or the link failed.
    ///
    /// - Parameters:
    ///   - reason: what the state tells from now on.
    ///   - now: for how long the link lived.
    ///   - random: any 64 random bits; they spread the attempts of many nodes.
    /// - Returns: the pause, or nothing where there is nothing to fail.
    mutating func failed(
        _ reason: RedisLinkFailure, now: MonotonicTime, random: UInt64
    ) -> Action {
        switch state {
        case .idle, .backingOff, .closed: return .none
        case .ready where now >= readySince.advanced(by: Self.goodLifeDuration): failureCount = 0
        case .ready, .resolving, .connecting, .securing, .signingIn: break
        }
        state = .backingOff(reason)
        addresses = []
        awaitedReplies = []
        let pause = pause(random: random)
        failureCount += 1
        return .wait(pause)
    }

    /// Ends the link for good.
    mutating func close() {
        state = .closed
    }

    /// Doubles with each failure up to the maximum; the upper half of it is random.
    private func pause(random: UInt64) -> Duration {
        let limits = configuration.limits
        let longest = limits.backoffDurationMax.wholeNanoseconds
        var full = min(limits.backoffDurationMin.wholeNanoseconds, longest)
        for _ in 0..<min(failureCount, 63) where full < longest {
            full = full > longest / 2 ? longest : full * 2
        }
        let half = full / 2
        return .nanoseconds(Int64(clamping: half + (half == 0 ? 0 : random % (full - half + 1))))
    }
}
