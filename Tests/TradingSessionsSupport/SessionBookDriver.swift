package import TradingSessions

/// Runs script commands on a ``SessionBook``.
package struct SessionBookDriver {
    /// The book that the commands ran on.
    package private(set) var book = SessionBook()
    /// The time of the last command, in milliseconds since the Unix epoch.
    package private(set) var now: Int64 = 1_700_000_000_000
    /// The ids of all signals published so far, oldest first.
    package private(set) var signalIDs: [String] = []
    private var publishCount = 0

    /// An empty book.
    package init() {}

    /// Runs one command; gives the symbol of its refusal, `OK` or `OK unchanged`.
    package mutating func run(_ command: SessionCommand, after pause: Int64) throws -> String {
        now += pause
        do {
            return try perform(command) ? "OK" : "OK unchanged"
        } catch let refusal as SessionRefusal {
            return refusal.symbol
        }
    }

    /// What was told to subscribers since the last call.
    package mutating func takeNotices() -> [SessionBook.Notice] { book.takeNotices() }

    private mutating func perform(_ command: SessionCommand) throws -> Bool {
        switch command {
        case .create(let session, let maxParticipants, let profile, let minutes):
            guard book.sessions[session] == nil else { return false }
            try book.create(
                SessionRecord(
                    id: session, name: session, adminID: "admin",
                    config: scriptConfig(maxParticipants, profile, minutes), createdAt: now))
        case .control(let name, let session, let isStale):
            let current = book.sessions[session]?.version ?? 0
            try book.apply(
                transition(name), to: session, expectedVersion: isStale ? current + 1 : nil,
                at: now)
        case .update(let session, let maxParticipants):
            try book.apply(
                .update(scriptConfig(maxParticipants, "MEDIUM", 1)), to: session, at: now)
        case .join(let session, let user, let balance):
            let amount = try balance.isEmpty ? nil : FixedDecimal(balance)
            return try book.join(session, userID: user, balance: amount, at: now)
        case .depart(let way, let session, let user): try depart(way, session, user)
        case .feed(let symbol, let isLost):
            let market = try market(symbol)
            let changed =
                isLost ? book.feedLost(market, at: now) : book.feedRecovered(market, at: now)
            return !changed.isEmpty
        case .publish, .claim, .acknowledge, .cancel: return try performOnSignals(command)
        case .settle(let trade, let session, let user, let pnl):
            return try book.settle(
                Trade(
                    tradeID: trade, sessionID: session, userID: user, pnl: FixedDecimal(pnl)),
                at: now)
        case .kill(let text, let isEngaged):
            guard let scope = KillScope(text) else { throw FixtureError.notAMarket(text) }
            guard isEngaged else {
                try book.release(scope)
                return true
            }
            return book.engage(
                KillSwitch(scope: scope, reason: "drill", engagedBy: "admin", engagedAt: now))
        case .tick: book.tick(at: now)
        }
        return true
    }

    private mutating func performOnSignals(_ command: SessionCommand) throws -> Bool {
        switch command {
        case .publish(let symbol, let confidence, let session, let life):
            publishCount += 1
            let publication = publishCount
            var index = 0
            let signals = try book.publish(
                try proposal(
                    market: symbol, confidence: confidence, sessionID: session, life: life),
                makeID: { _ in
                    index += 1
                    return "g\(publication)-\(index)"
                }, at: now)
            signalIDs += signals.map(\.id)
            return true
        case .claim(let claimant, let session, let max):
            return !book.claim(by: claimant, sessionID: session, max: max, at: now).isEmpty
        case .acknowledge(let number, let claimant, let outcome):
            return try book.acknowledge(
                signal(number), by: claimant,
                outcome: outcome == "EXECUTED" ? .executed : .rejected,
                at: now)
        case .cancel(let number):
            try book.cancel(signal(number))
            return true
        default: return false
        }
    }

    /// The id of the signal of that number, the newest being 0.
    package func signal(_ number: Int) -> String {
        signalIDs.dropLast(number).last ?? "none"
    }

    private func transition(_ name: String) -> SessionTransition {
        switch name {
        case "start": .start
        case "pause": .pause
        case "resume": .resume
        case "stop": .stop
        case "terminate": .terminate
        default: .delete
        }
    }

    private mutating func depart(_ way: String, _ session: String, _ user: String) throws {
        switch way {
        case "leave": try book.leave(session, userID: user, at: now)
        case "opt_out": try book.leave(session, userID: user, isOptingOut: true, at: now)
        case "remove": try book.remove(session, userID: user, at: now)
        default: try book.fail(session, userID: user, at: now)
        }
    }
}

/// The configuration that script sessions have.
package func scriptConfig(
    _ maxParticipants: Int, _ profile: String, _ minutes: Int
) throws -> SessionConfig {
    try config([
        (name: "max_participants", value: .number("\(maxParticipants)")),
        (name: "risk_profile", value: .string(profile)),
        (name: "duration_minutes", value: .number("\(minutes)")),
        (name: "min_balance", value: .string("10")),
        (name: "global_loss_threshold", value: .string("60")),
        (name: "stop_loss", value: .string("40")), (name: "take_profit", value: .string("40")),
        (name: "max_trades_per_hour", value: .number("3")),
    ])
}
