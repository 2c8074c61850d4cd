import JSONRPC

/// One socket to Deriv: what is asked and when, what the answers mean, and when a link is tried
/// again.
///
/// Pure: bytes, the time in nanoseconds and random numbers come in as arguments; what has to be
/// done is taken out with ``nextAction()``. The driver calls ``timePassed(now:random:)`` at
/// ``deadline(now:)``.
package struct SocketMachine: ~Copyable {
    /// Where the link stands.
    package enum Link: Sendable, Equatable {
        /// Not started.
        case idle
        /// Being opened.
        case opening
        /// Requests are taken.
        case open
        /// The next attempt is at this time.
        case waiting(until: UInt64)
        /// For good.
        case ended
    }

    /// What a request is for.
    enum Purpose: Equatable {
        case caller
        case ping
        case market(String)
        case forget(subscription: String)
        case status
    }

    struct Pending {
        let request: SocketRequest
        let purpose: Purpose
        /// When it fails without an answer.
        var deadline: UInt64
        var isSent = false
    }

    /// A market that the owner wants ticks of.
    struct Market {
        enum State: Equatable {
            /// Not asked for; again at this time, `.max` for when the link is open.
            case idle(until: UInt64)
            /// Asked for with this request.
            case asked(id: Int64)
            /// Ticks come under this id.
            case live(subscription: String)
        }

        let name: String
        var state: State
    }

    let generation: SocketGeneration
    let limits: SocketLimits
    /// Whether a lost link is tried again.
    private let reconnects: Bool
    /// Whether Deriv is asked to tell its state.
    private let watchesSiteStatus: Bool
    let budget: RateBudget
    private let pingBudget: RateBudget
    private var tape: JSONTape

    /// Where the link stands.
    package internal(set) var link = Link.idle
    /// What happened so far.
    package internal(set) var counters = SocketCounters()
    var pending: [Int64: Pending] = [:]
    /// Requests that wait to be sent, in order.
    private var outbox: [Int64] = []
    /// The wanted markets in the order in which they were first subscribed.
    var markets: [Market] = []
    /// Subscriptions whose end is under way: what they still send counts no more.
    var endingSubscriptions: Set<String> = []
    private var actions: [SocketAction] = []
    private var nextID: Int64 = 0
    private var pingTime = UInt64.max
    private var openedTime: UInt64 = 0
    private var failureCount = 0
    private var siteStatus = SiteStatus.up

    /// A machine that has not started.
    ///
    /// - Parameters:
    ///   - generation: whose messages it speaks.
    ///   - limits: its bounds and times.
    ///   - budget: what it may send; shared with other sockets of the same application.
    ///   - reconnects: whether a lost link is tried again, without end.
    ///   - watchesSiteStatus: whether Deriv is asked to tell its state, where the generation can.
    package init(
        generation: SocketGeneration, limits: SocketLimits, budget: RateBudget,
        reconnects: Bool, watchesSiteStatus: Bool
    ) {
        self.generation = generation
        self.limits = limits
        self.budget = budget
        self.reconnects = reconnects
        self.watchesSiteStatus = watchesSiteStatus && generation == .legacy
        pingBudget = RateBudget(
            burst: limits.pingsPerSecond, perMinute: limits.pingsPerSecond * 60)
        tape = JSONTape(limits: limits.json)
    }

    // MARK: - For the driver

    /// The oldest action that was not taken yet.
    package mutating func nextAction() -> SocketAction? {
        actions.isEmpty ? nil : actions.removeFirst()
    }

    /// Begins.
    package mutating func start() {
        guard link == .idle else { return }
        link = .opening
        add(.connect)
    }

    /// The link is open: asks for what is wanted, in order.
    package mutating func linkOpened(now: UInt64) {
        guard link == .opening else { return }
        link = .open
        openedTime = now
        siteStatus = .up
        counters.openedCount += 1
        pingTime = now.addingSaturated(limits.pingNanoseconds)
        add(.opened)
        if watchesSiteStatus { enqueue(.websiteStatus, for: .status, now: now) }
        for index in markets.indices { ask(index, now: now) }
        flush(now: now)
    }

    /// There is no link: it could not be opened, or it went.
    ///
    /// - Parameters:
    ///   - failure: why.
    ///   - now: the time in nanoseconds.
    ///   - random: any 64 random bits; they spread the attempts of many nodes.
    package mutating func linkLost(_ failure: SocketLinkFailure, now: UInt64, random: UInt64) {
        guard link == .opening || link == .open else { return }
        let isGood =
            link == .open && now >= openedTime.addingSaturated(limits.goodLifeNanoseconds)
        if isGood { failureCount = 0 }
        counters.lossCount += 1
        forgetLink(failure, now: now)
        guard reconnects else { return end(failure) }
        let pause = pause(after: failure, random: random)
        failureCount += 1
        link = .waiting(until: now.addingSaturated(pause))
        add(.lost(failure, retryNanoseconds: pause))
    }

    /// A text message came.
    package mutating func received(_ text: RawSpan, now: UInt64, random: UInt64) {
        guard link == .open else { return }
        guard (try? tape.read(text)) != nil,
            let message = SocketMessage(tape.root(in: text), generation: generation)
        else { return breakLink(.malformedMessage, now: now, random: random) }
        handle(message, now: now)
        flush(now: now)
    }

    /// When ``timePassed(now:random:)`` has to be called; nil for never.
    package func deadline(now: UInt64) -> UInt64? {
        var time = UInt64.max
        switch link {
        case .idle, .ended: return nil
        case .waiting(let until): time = until
        case .opening: break
        case .open:
            time = min(time, pingTime)
            for market in markets {
                if case .idle(let until) = market.state { time = min(time, until) }
            }
            for id in outbox {
                guard let waiting = pending[id] else { continue }
                time = min(time, budget(for: waiting).nextTime(now: now))
            }
        }
        for waiting in pending.values { time = min(time, waiting.deadline) }
        return time == .max ? nil : time
    }

    /// Does what is due.
    package mutating func timePassed(now: UInt64, random: UInt64) {
        if case .waiting(let until) = link, now >= until {
            link = .opening
            add(.connect)
        }
        expire(now: now, random: random)
        guard link == .open else { return }
        if now >= pingTime {
            pingTime = now.addingSaturated(limits.pingNanoseconds)
            let id = enqueue(.ping, for: .ping, now: now)
            send(id, now: now)
        }
        for index in markets.indices {
            if case .idle(let until) = markets[index].state, now >= until { ask(index, now: now) }
        }
        flush(now: now)
    }

    // MARK: - For the owner

    /// Makes a request; `completed` brings its result.
    ///
    /// It waits for a link and for the budget, as long as the limits say.
    ///
    /// - Parameters:
    ///   - request: what to ask.
    ///   - now: the time in nanoseconds.
    /// - Returns: its id.
    /// - Throws: ``SocketError`` where it cannot be made.
    package mutating func request(
        _ request: SocketRequest, now: UInt64
    ) throws(SocketError) -> Int64 {
        guard request.isSpoken(by: generation) else { throw .notSpoken }
        if case .authorize(let token) = request, !SocketRequest.isToken(token) {
            throw .invalidToken
        }
        guard link != .ended else { throw .linkLost(.stopped) }
        guard pending.count < limits.pendingRequestCountMax + limits.subscriptionsPerSocket
        else { throw .tooManyRequests(max: limits.pendingRequestCountMax) }
        let id = enqueue(request, for: .caller, now: now)
        flush(now: now)
        return id
    }

    /// Wants a market's ticks, over all links from now on.
    ///
    /// - Returns: false where the socket has as many markets as it may.
    package mutating func subscribe(_ market: String, now: UInt64) -> Bool {
        guard !markets.contains(where: { $0.name == market }) else { return true }
        guard markets.count < limits.subscriptionsPerSocket else { return false }
        markets.append(Market(name: market, state: .idle(until: .max)))
        if link == .open {
            ask(markets.count - 1, now: now)
            flush(now: now)
        }
        return true
    }

    /// Wants a market's ticks no more.
    package mutating func unsubscribe(_ market: String, now: UInt64) {
        guard let index = markets.firstIndex(where: { $0.name == market }) else { return }
        switch markets.remove(at: index).state {
        case .idle: break
        case .asked(let id):
            // What was sent is ended when its answer names the subscription.
            if pending[id]?.isSent == false { drop(id) }
        case .live(let subscription): endSubscription(subscription, now: now)
        }
        flush(now: now)
    }

    /// The markets that are wanted, in the order of their subscription.
    package var marketNames: [String] { markets.map(\.name) }

    /// Ends everything for good.
    package mutating func stop(now: UInt64) {
        guard link != .ended else { return }
        let hadLink = link == .opening || link == .open
        if hadLink { add(.disconnect) }
        forgetLink(.stopped, now: now)
        end(.stopped)
    }
}

// MARK: - Sending

extension SocketMachine {
    mutating func add(_ action: SocketAction) {
        actions.append(action)
    }

    @discardableResult
    mutating func enqueue(
        _ request: SocketRequest, for purpose: Purpose, now: UInt64
    ) -> Int64 {
        nextID += 1
        // Only callers wait in vain: everything else is asked again.
        let deadline =
            purpose == .caller ? now.addingSaturated(limits.requestNanoseconds) : UInt64.max
        pending[nextID] = Pending(request: request, purpose: purpose, deadline: deadline)
        outbox.append(nextID)
        return nextID
    }

    /// Sends what the budgets allow, in order; pings have a budget of their own.
    mutating func flush(now: UInt64) {
        guard link == .open, !outbox.isEmpty else { return }
        for id in outbox {
            guard let waiting = pending[id] else { continue }
            if budget(for: waiting).take(now: now) { send(id, now: now) }
        }
    }

    private func budget(for waiting: Pending) -> RateBudget {
        if case .ping = waiting.request { pingBudget } else { budget }
    }

    private mutating func send(_ id: Int64, now: UInt64) {
        outbox.removeAll { $0 == id }
        guard var waiting = pending[id] else { return }
        let patience =
            waiting.purpose == .ping ? limits.pongNanoseconds : limits.answerNanoseconds
        waiting.isSent = true
        waiting.deadline = min(waiting.deadline, now.addingSaturated(patience))
        pending[id] = waiting
        counters.requestCount += 1
        add(.send(id: id, waiting.request))
    }

    mutating func drop(_ id: Int64) {
        pending[id] = nil
        outbox.removeAll { $0 == id }
    }

    /// Asks for a market that is wanted.
    mutating func ask(_ index: Int, now: UInt64) {
        let name = markets[index].name
        markets[index].state = .asked(
            id: enqueue(.ticks(market: name), for: .market(name), now: now))
    }

    /// Ends a subscription that is wanted no more, once.
    mutating func endSubscription(_ subscription: String, now: UInt64) {
        guard link == .open,
            endingSubscriptions.count
                < SocketLimits.strayCountMax + limits.subscriptionsPerSocket,
            endingSubscriptions.insert(subscription).inserted
        else { return }
        enqueue(
            .forget(subscription: subscription), for: .forget(subscription: subscription),
            now: now)
    }
}

// MARK: - Ends

extension SocketMachine {
    private mutating func breakLink(_ failure: SocketLinkFailure, now: UInt64, random: UInt64) {
        add(.disconnect)
        linkLost(failure, now: now, random: random)
    }

    /// Fails what cannot be answered any more. What was not sent waits for the next link.
    private mutating func forgetLink(_ failure: SocketLinkFailure, now: UInt64) {
        pingTime = .max
        endingSubscriptions = []
        for index in markets.indices {
            if case .live = markets[index].state {
                add(.market(markets[index].name, .lost(failure)))
            }
            markets[index].state = .idle(until: .max)
        }
        for (id, waiting) in pending.sorted(by: { $0.key < $1.key }) {
            if waiting.purpose == .caller {
                guard waiting.isSent else { continue }
                add(.completed(id: id, .failure(.linkLost(failure))))
            }
            drop(id)
        }
    }

    private mutating func end(_ failure: SocketLinkFailure) {
        link = .ended
        for (id, _) in pending.sorted(by: { $0.key < $1.key }) {
            add(.completed(id: id, .failure(.linkLost(failure))))
        }
        pending = [:]
        outbox = []
        add(.lost(failure, retryNanoseconds: nil))
    }

    private mutating func expire(now: UInt64, random: UInt64) {
        for (id, waiting) in pending.sorted(by: { $0.key < $1.key })
        where now >= waiting.deadline {
            drop(id)
            switch waiting.purpose {
            case .caller: add(.completed(id: id, .failure(.timedOut)))
            case .ping: return breakLink(.pongTimedOut, now: now, random: random)
            case .market(let name):
                setIdle(name, asked: id, until: now.addingSaturated(limits.knownMarketNanoseconds))
            case .forget(let subscription): endingSubscriptions.remove(subscription)
            case .status: break
            }
        }
    }

    /// A request for a market brought nothing; it is asked for again later.
    mutating func setIdle(_ name: String, asked id: Int64, until time: UInt64) {
        guard let index = markets.firstIndex(where: { $0.name == name }),
            markets[index].state == .asked(id: id)
        else { return }
        markets[index].state = .idle(until: time)
    }

    /// Doubles with each failure up to the maximum; the upper half of it is random. Longer where
    /// Deriv said so.
    private func pause(after failure: SocketLinkFailure, random: UInt64) -> UInt64 {
        let longest = max(1, limits.backoffNanosecondsMax)
        var full = min(max(1, limits.backoffNanosecondsMin), longest)
        for _ in 0..<min(failureCount, 63) where full < longest {
            full = full > longest / 2 ? longest : full * 2
        }
        let half = full / 2
        var pause = half + random % (full - half + 1)
        if siteStatus != .up { pause = max(pause, limits.siteUpdateNanoseconds) }
        if case .refused(_, let seconds?) = failure {
            pause = max(pause, UInt64(clamping: min(max(0, seconds), 3600)) * 1_000_000_000)
        }
        return pause
    }

    /// Deriv told its state.
    mutating func note(_ status: SiteStatus) {
        siteStatus = status
        add(.siteStatus(status))
    }
}
