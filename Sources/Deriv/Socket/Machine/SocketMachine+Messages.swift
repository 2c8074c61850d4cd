import TickFeed

/// What a message changes.
extension SocketMachine {
    mutating func handle(_ message: SocketMessage, now: UInt64) {
        let id = message.requestID
        let waiting = id.flatMap { pending[$0]?.isSent == true ? pending[$0] : nil }
        if let id, waiting != nil { drop(id) }
        switch message.content {
        case .tick(let tick):
            handle(tick, of: message.subscription, answering: waiting, id: id, now: now)
        case .error(let error):
            counters.errorCount += 1
            if error.code == .rateLimit {
                budget.pause(until: now.addingSaturated(limits.rateLimitNanoseconds))
            }
            if let id, let waiting { refused(error, waiting, id: id, now: now) }
        case .reply(let reply):
            if let id, let waiting {
                replied(reply, waiting, id: id, now: now)
            } else if case .websiteStatus(let status) = reply {
                note(status)
            }
        case .malformed, .unknown:
            counters.strangeMessageCount += 1
            if let id, let waiting { misunderstood(waiting, id: id, now: now) }
        }
    }

    private mutating func replied(
        _ reply: SocketReply, _ waiting: Pending, id: Int64, now: UInt64
    ) {
        guard reply.answers(waiting.request) else {
            counters.strangeMessageCount += 1
            return misunderstood(waiting, id: id, now: now)
        }
        switch waiting.purpose {
        case .caller: add(.completed(id: id, .success(reply)))
        case .forget(let subscription): endingSubscriptions.remove(subscription)
        case .status: if case .websiteStatus(let status) = reply { note(status) }
        case .ping, .market: break
        }
    }

    private mutating func refused(
        _ error: DerivError, _ waiting: Pending, id: Int64, now: UInt64
    ) {
        switch waiting.purpose {
        case .caller: add(.completed(id: id, .failure(.refused(error))))
        case .forget(let subscription): endingSubscriptions.remove(subscription)
        // Any answer shows that Deriv is there; without its state the socket works as well.
        case .ping, .status: break
        case .market(let name): marketRefused(name, error, id: id, now: now)
        }
    }

    private mutating func marketRefused(
        _ name: String, _ error: DerivError, id: Int64, now: UInt64
    ) {
        guard markets.contains(where: { $0.name == name && $0.state == .asked(id: id) }) else {
            return
        }
        let pause: UInt64
        switch error.code {
        case .alreadySubscribed:
            // The former subscription ends in a moment, or its next tick tells its id.
            return setIdle(
                name, asked: id, until: now.addingSaturated(limits.knownMarketNanoseconds))
        case .rateLimit: pause = limits.rateLimitNanoseconds
        case .marketIsClosed, .invalidSymbol, .inputValidationFailed:
            pause = limits.closedMarketNanoseconds
        default: pause = limits.refusedMarketNanoseconds
        }
        setIdle(name, asked: id, until: now.addingSaturated(pause))
        add(.market(name, .refused(error)))
    }

    private mutating func misunderstood(_ waiting: Pending, id: Int64, now: UInt64) {
        switch waiting.purpose {
        case .caller: add(.completed(id: id, .failure(.malformedReply)))
        case .forget(let subscription): endingSubscriptions.remove(subscription)
        case .ping, .status: break
        case .market(let name):
            setIdle(name, asked: id, until: now.addingSaturated(limits.refusedMarketNanoseconds))
        }
    }

    private mutating func handle(
        _ tick: Tick, of subscription: String?, answering waiting: Pending?, id: Int64?,
        now: UInt64
    ) {
        if let waiting, waiting.purpose != .market(tick.market), let id {
            counters.strangeMessageCount += 1
            return misunderstood(waiting, id: id, now: now)
        }
        // Deriv repeats the request's id in every tick, so later ones answer nothing that waits.
        guard let subscription else {
            counters.strangeMessageCount += 1
            if let waiting, let id { misunderstood(waiting, id: id, now: now) }
            return
        }
        guard !endingSubscriptions.contains(subscription) else { return }
        guard let index = markets.firstIndex(where: { $0.name == tick.market }) else {
            return endSubscription(subscription, now: now)
        }
        switch markets[index].state {
        case .live(subscription): break
        case .live:
            // A second subscription of the same market: every tick would come twice.
            return endSubscription(subscription, now: now)
        case .idle, .asked:
            // The answer, or a subscription that was said to be there already.
            if case .asked(let asked) = markets[index].state { drop(asked) }
            markets[index].state = .live(subscription: subscription)
            add(.market(tick.market, .live))
        }
        counters.tickCount += 1
        add(.tick(tick))
    }
}

extension SocketReply {
    /// Whether it is of the kind that a request asks for.
    fileprivate func answers(_ request: SocketRequest) -> Bool {
        switch (self, request) {
        case (.authorize, .authorize), (.logout, .logout), (.pong, .ping), (.time, .time),
            (.forget, .forget), (.activeSymbols, .activeSymbols),
            (.websiteStatus, .websiteStatus):
            true
        default: false
        }
    }
}
