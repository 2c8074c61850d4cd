import EventLoop
import RedisProtocol

/// The owner of a link: matches replies with commands, or takes pushes.
protocol RedisLinkOwner: AnyObject {
    /// A reply came while the link is ready.
    ///
    /// - Returns: what is wrong with it, nil where it was expected.
    func linkReplied(_ reply: borrowing RESPReply) -> RedisLinkFailure?
    /// Every complete reply of one read has been handed out.
    func linkReadEnded()
    /// The link is silent: write a PING.
    func linkNeedsPing()
    /// A ready link went; nothing that was written before counts any more.
    ///
    /// - Parameters:
    ///   - reason: why it went.
    ///   - writtenByteCount: how far into what was enqueued since it became ready the socket took
    ///     bytes.
    func linkLost(_ reason: RedisLinkFailure, writtenByteCount: UInt64)
    /// The link's state is another now.
    func linkChanged(to state: RedisLinkState)
}

/// Runs a `LinkMachine`: the socket, the timers, the bytes in and out of one link to Redis.
///
/// Confined to its loop. The loop and the owner keep it until `close`, and it keeps its owner.
final class RedisLink: DescriptorHandler, TimerHandler {
    private enum Timer: UInt32 {
        /// The attempt has to be through by now.
        case attempt
        /// The pause between attempts is over.
        case pause
        /// Look whether the link is silent.
        case health
    }

    let loop: EventLoop
    private let configuration: RedisConfiguration
    private var owner: (any RedisLinkOwner)?
    private var machine: LinkMachine
    private var announcedState = RedisLinkState.idle

    private var transport: RedisTransport?
    /// Whom TLS believes, once it has been read.
    private var trust: TLSTrust?
    private var registration: Registration?
    private var reader: RESPReader
    private var output: [UInt8] = []
    private var outputPosition = 0
    private var isFlushPosted = false
    private var timer: TimerID?
    private var lastReceived = MonotonicTime(nanoseconds: 0)
    private var isAwaitingPong = false

    /// Bytes enqueued, and taken by the socket, since the link became ready.
    private(set) var enqueuedByteCount: UInt64 = 0
    private var writtenByteCount: UInt64 = 0
    var counters = RedisCounters()

    init(loop: EventLoop, configuration: RedisConfiguration) {
        self.loop = loop
        self.configuration = configuration
        machine = LinkMachine(configuration: configuration)
        reader = RESPReader(limits: configuration.limits.reply)
    }

    var state: RedisLinkState { machine.state }

    /// Bytes that wait to be written.
    var outputByteCount: Int { output.count - outputPosition }

    /// Begins to connect, and to reconnect whenever the link goes.
    func start(owner: any RedisLinkOwner) {
        loop.preconditionOnLoop()
        self.owner = owner
        perform(machine.start())
    }

    /// Ends the link for good; the owner is told at once.
    func close() {
        loop.preconditionOnLoop()
        guard machine.state != .closed else { return }
        let wasReady = machine.state == .ready
        machine.close()
        tearDown()
        if wasReady { owner?.linkLost(.closed, writtenByteCount: writtenByteCount) }
        announce()
        owner = nil
    }

    // MARK: - Out

    /// Takes a command to write at the end of the turn. Only while ready.
    func enqueue(_ command: RedisCommand) {
        let before = output.count
        command.encode(into: &output)
        enqueuedByteCount &+= UInt64(output.count - before)
        guard !isFlushPosted, registration != nil else { return }
        isFlushPosted = true
        // Runs behind everything of this turn, or first thing in the next: one write for all.
        let link = LoopBound(self, loop: loop)
        loop.post { link.value.flush() }
    }

    private func flush() {
        isFlushPosted = false
        guard let transport, let registration else { return }
        // Safety: the range is what was enqueued and not written; the array does not change
        // during the call.
        let (count, stopped) = unsafe output.withUnsafeBytes { bytes in
            unsafe transport.write(UnsafeRawBufferPointer(rebasing: bytes[outputPosition...]))
        }
        outputPosition += count
        counters.sentByteCount &+= UInt64(count)
        if machine.state == .ready { writtenByteCount &+= UInt64(count) }
        if case .failed(let error)? = stopped {
            fail(.socketFailed(error))
            return
        }
        loop.setInterest(stopped == nil ? .readable : [.readable, .writable], of: registration)
        if outputByteCount == 0 {
            output.removeAll(keepingCapacity: output.capacity <= Self.retainedByteCountMax)
            outputPosition = 0
        } else if outputPosition >= Self.compactionByteCount {
            output.removeFirst(outputPosition)
            outputPosition = 0
        }
    }

    /// What an output buffer keeps once it is empty: 256 KiB, a full socket buffer.
    private static let retainedByteCountMax = 256 * 1024
    /// Written bytes at the front of the output are dropped from here on.
    private static let compactionByteCount = 256 * 1024

    // MARK: - In

    func descriptorReady(_ readiness: Readiness) {
        switch machine.state {
        case .connecting: return attemptEnded()
        case .securing: return advanceHandshake()
        default: break
        }
        if readiness.contains(.writable) { flush() }
        if !readiness.isDisjoint(with: [.readable, .failed]) { receive() }
    }

    private func attemptEnded() {
        if let error = transport?.connectionError() {
            dropTransport()
            perform(
                machine.connectFailed(.connectFailed(error), now: loop.now, random: Self.random()))
            announce()
            return
        }
        if let registration { loop.setInterest(.readable, of: registration) }
        perform(machine.connected())
        announce()
    }

    // MARK: - TLS

    private func startTLS(to host: String) {
        do throws(TLSError) {
            // The operator ?? would lose the type of the error.
            let trust =
                if let trust { trust } else {
                    try TLSTrust(authorityPath: configuration.authorityPath)
                }
            self.trust = trust
            try transport?.startTLS(to: host, trusting: trust)
        } catch {
            return tlsFailed(error)
        }
        advanceHandshake()
    }

    private func advanceHandshake() {
        guard let transport, let registration else { return }
        switch transport.advanceHandshake() {
        case .wants(let interest):
            loop.setInterest(interest, of: registration)
        case .finished:
            loop.setInterest(.readable, of: registration)
            perform(machine.secured())
            receiveBuffered(from: transport)
        case .failed(let error):
            tlsFailed(error)
        }
        announce()
    }

    private func tlsFailed(_ error: TLSError) {
        // The file may have been replaced; the system's authorities are large and seldom change.
        if configuration.authorityPath != nil { trust = nil }
        dropTransport()
        perform(machine.connectFailed(.tlsFailed(error), now: loop.now, random: Self.random()))
        announce()
    }

    // MARK: - Reading

    private func receive() {
        guard let transport else { return }
        // Safety: the loop's buffer is this handler's until it returns.
        let buffer = unsafe loop.readBuffer.bytes
        switch unsafe transport.read(into: buffer) {
        case .bytes(let count):
            counters.receivedByteCount &+= UInt64(count)
            lastReceived = loop.now
            if isAwaitingPong {
                isAwaitingPong = false
                setTimer(.health, after: configuration.limits.idleDuration)
            }
            unsafe dispatch(UnsafeRawBufferPointer(rebasing: buffer[..<count]), from: transport)
            receiveBuffered(from: transport)
        case .wouldBlock: break
        case .endOfStream: fail(.closedByPeer)
        case .failed(let error): fail(.socketFailed(error))
        }
    }

    /// Reads in the next turn what TLS has already, since it makes no descriptor readable.
    private func receiveBuffered(from transport: RedisTransport) {
        guard self.transport === transport, transport.hasBufferedInput else { return }
        let link = LoopBound(self, loop: loop)
        loop.post { link.value.receive() }
    }

    /// Gives each complete reply to its receiver, for as long as this connection lives: a receiver
    /// may close the link.
    private func dispatch(_ bytes: UnsafeRawBufferPointer, from transport: RedisTransport) {
        guard let owner else { return }
        var failure: RedisLinkFailure?
        do throws(RESPError) {
            // Safety: the bytes are the loop's buffer, valid until this handler returns.
            try unsafe reader.consume(bytes) { reply in
                if machine.state == .ready {
                    failure = owner.linkReplied(reply)
                } else {
                    perform(
                        machine.signInReplied(
                            reply.value(), now: loop.now, random: Self.random()))
                }
                return failure == nil && self.transport === transport
            }
        } catch {
            failure = .protocolViolation(error)
        }
        owner.linkReadEnded()
        if let failure, self.transport === transport { fail(failure) }
        announce()
    }

    // MARK: - Life

    private func fail(_ reason: RedisLinkFailure) {
        let wasReady = machine.state == .ready
        perform(machine.failed(reason, now: loop.now, random: Self.random()))
        if wasReady {
            counters.lossCount &+= 1
            owner?.linkLost(reason, writtenByteCount: writtenByteCount)
        }
        announce()
    }

    /// Gives the link up, for a reason that its owner found, and begins anew.
    func giveUp(_ reason: RedisLinkFailure) {
        loop.preconditionOnLoop()
        guard machine.state == .ready else { return }
        fail(reason)
    }

    private func perform(_ action: LinkMachine.Action) {
        switch action {
        case .none: break
        case .resolve(let host, let port, let attempt):
            setTimer(.attempt, after: configuration.limits.connectDuration)
            let link = LoopBound(self, loop: loop)
            NameResolver.resolve(host: host, port: port, on: loop) { addresses in
                link.value.addressesResolved(addresses, attempt: attempt)
            }
            announce()
        case .connect(let address):
            connect(to: address)
        case .secure(let host):
            startTLS(to: host)
        case .signIn(let commands):
            for command in commands { command.encode(into: &output) }
            flush()
        case .becomeReady:
            counters.readyCount &+= 1
            enqueuedByteCount = 0
            writtenByteCount = 0
            setTimer(.health, after: configuration.limits.idleDuration)
            announce()
        case .wait(let duration):
            tearDown()
            setTimer(.pause, after: duration)
        }
    }

    private func addressesResolved(_ addresses: [SocketAddress], attempt: UInt64) {
        perform(
            machine.addressesResolved(
                addresses, attempt: attempt, now: loop.now, random: Self.random()))
        announce()
    }

    private func connect(to address: SocketAddress) {
        // The addresses of one attempt share its time.
        if case .unix = address {
            setTimer(.attempt, after: configuration.limits.connectDuration)
        }
        do throws(SystemError) {
            let transport = try RedisTransport(connectingTo: address)
            registration = try loop.register(
                transport.descriptor, interest: .writable, handler: self)
            self.transport = transport
        } catch {
            perform(
                machine.connectFailed(.connectFailed(error), now: loop.now, random: Self.random()))
        }
        announce()
    }

    private func tearDown() {
        dropTransport()
        if let timer { loop.cancel(timer) }
        timer = nil
        output = []
        outputPosition = 0
        isAwaitingPong = false
        reader = RESPReader(limits: configuration.limits.reply)
    }

    private func dropTransport() {
        if let registration { loop.unregister(registration) }
        registration = nil
        transport = nil
    }

    /// Tells the owner of the state, once for each change.
    private func announce() {
        guard machine.state != announcedState else { return }
        announcedState = machine.state
        owner?.linkChanged(to: announcedState)
    }

    // MARK: - Time

    private func setTimer(_ kind: Timer, after duration: Duration) {
        if let timer { loop.cancel(timer) }
        timer = loop.schedule(after: duration, handler: self, token: kind.rawValue)
    }

    func timerFired(token: UInt32) {
        timer = nil
        switch Timer(rawValue: token) {
        case .attempt: fail(.connectTimedOut)
        case .pause:
            perform(machine.pauseEnded())
            announce()
        case .health: checkHealth()
        case nil: preconditionFailure("a timer that this link did not set")
        }
    }

    private func checkHealth() {
        if isAwaitingPong {
            fail(.unresponsive)
            return
        }
        let silentUntil = lastReceived.advanced(by: configuration.limits.idleDuration)
        if silentUntil > loop.now {
            timer = loop.schedule(at: silentUntil, handler: self, token: Timer.health.rawValue)
            return
        }
        isAwaitingPong = true
        setTimer(.health, after: configuration.limits.pongDuration)
        owner?.linkNeedsPing()
    }

    private static func random() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}
