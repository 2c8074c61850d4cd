/// A settled trade, as its executor reports it.
package struct Trade: Equatable, Sendable {
    /// The broker's id of the trade; applied once.
    package let tradeID: String
    /// The session it belongs to.
    package let sessionID: String
    /// The user it was made for.
    package let userID: String
    /// What it won (positive) or lost (negative).
    package let pnl: FixedDecimal

    /// A report of a settled trade.
    package init(tradeID: String, sessionID: String, userID: String, pnl: FixedDecimal) {
        self.tradeID = tradeID
        self.sessionID = sessionID
        self.userID = userID
        self.pnl = pnl
    }
}

/// Applies settled trades to sums and limits, all in one step.
package enum Settlement {
    /// Adds a trade to both sums, stops the user at stop loss or take profit, and ends the session
    /// at its loss threshold.
    ///
    /// Whether the trade id is new is the caller's to know. A trade is a fact: it counts for users
    /// who left and, for ``SessionLimits/lateSettlementMilliseconds``, after the session's end.
    /// - Throws: When the session has not started or ended long ago, the user never joined, or a
    ///   sum would leave the range of decimals.
    package static func apply(
        _ trade: Trade, participant: Participant?, to record: SessionRecord, at now: Int64
    ) throws(SessionRefusal) -> ParticipantChange {
        guard record.status != .pending else { throw .wrongStatus(record.status) }
        if let completedAt = record.completedAt,
            now - completedAt > SessionLimits.lateSettlementMilliseconds
        {
            throw .settledTooLate
        }
        guard var participant else { throw .notParticipant }
        var next = record
        do {
            participant.pnl = try participant.pnl.adding(trade.pnl)
            next.pnl = try next.pnl.adding(trade.pnl)
        } catch {
            throw .amountOutOfRange
        }
        participant.noteTrade(at: now, limit: record.config.maxTradesPerHour)
        if record.status.isLive, participant.status.takesPart,
            let reason = stopReason(pnl: participant.pnl, record.config)
        {
            participant.become(.stopped, at: now, because: reason)
            next.participantCount -= 1
        }
        let isBreached =
            record.status.isLive && next.pnl <= record.config.globalLossThreshold.negated
        if isBreached { next.complete(.lossThreshold, at: now) }
        let kind = isBreached ? SessionEventKind.completed : .tradeSettled
        return ParticipantChange(
            participant: participant, session: SessionChange(kind, from: record, to: next, at: now))
    }

    /// The limit that a sum of pnl has reached, nil for none.
    static func stopReason(
        pnl: FixedDecimal, _ config: SessionConfig
    ) -> ParticipantStopReason? {
        if pnl <= config.stopLoss.negated { return .stopLoss }
        return pnl >= config.takeProfit ? .takeProfit : nil
    }
}

extension Participant {
    mutating func noteTrade(at now: Int64, limit: Int) {
        tradeCount += 1
        recentTrades.append(now)
        if recentTrades.count > limit { recentTrades.removeFirst(recentTrades.count - limit) }
    }
}
