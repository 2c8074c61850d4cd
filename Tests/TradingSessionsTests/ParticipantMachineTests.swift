import Testing
import TradingSessions
import TradingSessionsTestSupport

@Suite("Participants (domain: Participants)")
struct ParticipantMachineTests {
    @Test(
        "Who joins a running session waits for the next signal",
        arguments: [
            (SessionStatus.pending, ParticipantStatus.active), (.active, .active),
            (.running, .pending), (.paused, .pending),
        ])
    func joinStatus(status: SessionStatus, expected: ParticipantStatus) throws {
        let before = try session(status)
        let (participant, record) = try joined(in: before)
        #expect(participant.status == expected)
        #expect(participant.joinedAt == later)
        #expect(record.participantCount == 1)
        #expect(record.version == before.version + 1)
    }

    @Test func `who joins a session that was paused before it ran is active`() throws {
        let paused = try SessionMachine.apply(.pause, to: session(.active), at: later).record
        #expect(try joined(in: paused).participant.status == .active)
    }

    @Test func `nobody joins a completed session`() throws {
        #expect(throws: SessionRefusal.wrongStatus(.completed)) {
            try joined(in: session(.completed))
        }
    }

    @Test func `joining twice changes nothing`() throws {
        let (participant, record) = try joined(in: session(.active))
        let again = try ParticipantMachine.join(
            "u1", existing: participant, balance: .zero, in: record, at: later + 1)
        #expect(again == nil)
    }

    @Test func `joining twice is no error when the session is full`() throws {
        let one = try config([(name: "max_participants", value: .number("1"))])
        let (participant, record) = try joined(in: session(.active, config: one))
        #expect(
            try ParticipantMachine.join(
                "u1", existing: participant, balance: nil, in: record, at: later) == nil)
    }

    @Test func `the capacity counts only those who take part`() throws {
        var record = try session(.active)
        var participants: [Participant] = []
        for user in ["u1", "u2", "u3"] {
            let step = try joined(user, in: record)
            participants.append(step.participant)
            record = step.record
        }
        #expect(throws: SessionRefusal.sessionFull(.active)) { try joined("u4", in: record) }
        record = try ParticipantMachine.leave(participants[0], in: record, at: later).session.record
        #expect(record.participantCount == 2)
        #expect(try joined("u4", in: record).record.participantCount == 3)
    }

    @Test(
        "A known balance must reach the minimum",
        arguments: [("99.99999999", false), ("100", true), (nil, true)])
    func balance(text: String?, isEnough: Bool) throws {
        let record = try session(
            .active, config: config([(name: "min_balance", value: .string("100"))]))
        let balance = try text.map { try FixedDecimal($0) }
        func join() throws {
            _ = try ParticipantMachine.join(
                "u1", existing: nil, balance: balance, in: record, at: later)
        }
        if isEnough {
            try join()
        } else {
            #expect(throws: SessionRefusal.balanceTooLow(.active)) { try join() }
        }
    }

    @Test(
        "Leaving, opting out and failing leave the way back open",
        arguments: [ParticipantStatus.left, .optedOut, .failed])
    func rejoin(status: ParticipantStatus) throws {
        let (participant, record) = try joined(in: session(.active))
        let gone =
            switch status {
            case .left: try ParticipantMachine.leave(participant, in: record, at: later)
            case .optedOut:
                try ParticipantMachine.leave(participant, isOptingOut: true, in: record, at: later)
            default: try ParticipantMachine.fail(participant, in: record, at: later)
            }
        #expect(gone.participant.status == status)
        #expect(gone.session.record.participantCount == 0)
        let back = try ParticipantMachine.join(
            "u1", existing: gone.participant, balance: nil, in: gone.session.record, at: later + 9)
        #expect(back?.participant.status == .active)
        #expect(back?.participant.joinedAt == later + 9)
        #expect(back?.session.record.participantCount == 1)
    }

    @Test func `a removed user may not rejoin, even one who had left`() throws {
        let (participant, record) = try joined(in: session(.active))
        let left = try ParticipantMachine.leave(participant, in: record, at: later)
        let removed = try ParticipantMachine.remove(
            left.participant, in: left.session.record, at: later)
        #expect(removed.session.record.participantCount == 0)
        #expect(removed.session.record.version == left.session.record.version + 1)
        #expect(throws: SessionRefusal.participantRemoved) {
            try ParticipantMachine.join(
                "u1", existing: removed.participant, balance: nil, in: removed.session.record,
                at: later)
        }
        #expect(throws: SessionRefusal.participantRemoved) {
            try ParticipantMachine.remove(
                removed.participant, in: removed.session.record, at: later)
        }
    }

    @Test func `a user stopped by a kill switch may come back, one stopped by a limit may not`()
        throws
    {
        let (participant, record) = try joined(in: session(.active))
        let killed = try ParticipantMachine.kill(participant, in: record, at: later)
        #expect(killed.participant.stopReason == .killSwitch)
        let back = try ParticipantMachine.join(
            "u1", existing: killed.participant, balance: nil, in: killed.session.record, at: later)
        #expect(back?.participant.stopReason == nil)

        let loss = Trade(
            tradeID: "t", sessionID: "s1", userID: "u1", pnl: try FixedDecimal("-100"))
        let stopped = try Settlement.apply(loss, participant: participant, to: record, at: later)
        #expect(throws: SessionRefusal.participantStopped) {
            try ParticipantMachine.join(
                "u1", existing: stopped.participant, balance: nil, in: stopped.session.record,
                at: later)
        }
    }

    @Test func `a limit reached by a trade that settled after leaving bars the way back`() throws {
        let (participant, record) = try joined(in: session(.active))
        let left = try ParticipantMachine.leave(participant, in: record, at: later)
        let loss = Trade(
            tradeID: "t", sessionID: "s1", userID: "u1", pnl: try FixedDecimal("-100"))
        let settled = try Settlement.apply(
            loss, participant: left.participant, to: left.session.record, at: later)
        #expect(settled.participant.status == .left)
        #expect(throws: SessionRefusal.participantStopped) {
            try ParticipantMachine.join(
                "u1", existing: settled.participant, balance: nil, in: settled.session.record,
                at: later)
        }
    }

    @Test func `who does not take part can neither leave, fail nor be removed`() throws {
        let record = try session(.active)
        #expect(throws: SessionRefusal.notParticipant) {
            try ParticipantMachine.leave(nil, in: record, at: later)
        }
        #expect(throws: SessionRefusal.notParticipant) {
            try ParticipantMachine.fail(nil, in: record, at: later)
        }
        #expect(throws: SessionRefusal.notParticipant) {
            try ParticipantMachine.remove(nil, in: record, at: later)
        }
    }

    @Test func `after the end nothing changes for participants`() throws {
        let (participant, record) = try joined(in: session(.active))
        let ended = try SessionMachine.apply(.stop, to: record, at: later).record
        #expect(throws: SessionRefusal.wrongStatus(.completed)) {
            try ParticipantMachine.leave(participant, in: ended, at: later)
        }
        #expect(throws: SessionRefusal.wrongStatus(.completed)) {
            try ParticipantMachine.remove(participant, in: ended, at: later)
        }
        #expect(throws: SessionRefusal.wrongStatus(.completed)) {
            try ParticipantMachine.kill(participant, in: ended, at: later)
        }
    }

    @Test func `only a participant that waits becomes active`() throws {
        let (waiting, record) = try joined(in: session(.running))
        #expect(ParticipantMachine.activate(waiting, at: later)?.status == .active)
        let left = try ParticipantMachine.leave(waiting, in: record, at: later).participant
        #expect(ParticipantMachine.activate(left, at: later) == nil)
    }

    @Test func `the session pauses when the last participant fails, in the same change`() throws {
        let first = try joined("u1", in: session(.running))
        let second = try joined("u2", in: first.record)
        let one = try ParticipantMachine.fail(first.participant, in: second.record, at: later)
        #expect(one.session.record.status == .running)
        #expect(one.session.event.kind == .participantFailed)
        let two = try ParticipantMachine.fail(second.participant, in: one.session.record, at: later)
        #expect(two.session.record.status == .paused)
        #expect(two.session.record.pauseCauses == [.participantsFailed])
        #expect(two.session.record.version == one.session.record.version + 1)
        #expect(two.session.event.kind == .paused)
        #expect(two.session.cancelsPendingSignals)
    }

    @Test func `a failure while paused adds its cause, one before the start does not pause`() throws
    {
        let paused = try joined(in: session(.paused))
        let change = try ParticipantMachine.fail(paused.participant, in: paused.record, at: later)
        #expect(change.session.record.pauseCauses == [.admin, .participantsFailed])
        #expect(change.session.event.kind == .pauseCausesChanged)
        let pending = try joined(in: session(.pending))
        let early = try ParticipantMachine.fail(pending.participant, in: pending.record, at: later)
        #expect(early.session.record.status == .pending)
    }
}

@Suite("Trades and pnl (domain: Trades and pnl)")
struct SettlementTests {
    private func trade(_ pnl: String, user: String = "u1") throws -> Trade {
        Trade(tradeID: "t1", sessionID: "s1", userID: user, pnl: try FixedDecimal(pnl))
    }

    @Test func `a trade counts in both sums, in one change`() throws {
        let (participant, record) = try joined(in: session(.running))
        let change = try Settlement.apply(
            trade("-12.345"), participant: participant, to: record, at: later)
        #expect(change.participant.pnl.description == "-12.345")
        #expect(change.participant.tradeCount == 1)
        #expect(change.session.record.pnl.description == "-12.345")
        #expect(change.session.record.version == record.version + 1)
        #expect(change.session.event.kind == .tradeSettled)
    }

    @Test(
        "Stop loss and take profit end the participation when they are reached",
        arguments: [
            ("-99.99999999", nil, nil), ("-100", ParticipantStatus.stopped, "STOP_LOSS"),
            ("199.99999999", nil, nil), ("200", .stopped, "TAKE_PROFIT"),
        ])
    func limits(pnl: String, status: ParticipantStatus?, reason: String?) throws {
        let (participant, record) = try joined(in: session(.active))
        let change = try Settlement.apply(
            trade(pnl), participant: participant, to: record, at: later)
        #expect(change.participant.status == status ?? .active)
        #expect(change.participant.stopReason?.rawValue == reason)
        #expect(change.session.record.participantCount == (status == nil ? 1 : 0))
    }

    @Test(
        "The loss threshold ends the session in the same step as the pnl that reached it",
        arguments: [
            (SessionStatus.active, "-999.99999999", false), (.active, "-1000", true),
            (.running, "-1000", true), (.paused, "-1000", true),
        ])
    func threshold(status: SessionStatus, pnl: String, isBreached: Bool) throws {
        let (participant, record) = try joined(in: session(status))
        let change = try Settlement.apply(
            trade(pnl), participant: participant, to: record, at: later)
        #expect(change.session.record.version == record.version + 1)
        #expect((change.session.record.status == .completed) == isBreached)
        #expect(change.session.record.endReason == (isBreached ? .lossThreshold : nil))
        #expect(change.session.event.kind == (isBreached ? .completed : .tradeSettled))
    }

    @Test func `a trade of a user who left counts but stops nobody`() throws {
        let (participant, record) = try joined(in: session(.active))
        let left = try ParticipantMachine.leave(participant, in: record, at: later)
        let change = try Settlement.apply(
            trade("-500"), participant: left.participant, to: left.session.record, at: later)
        #expect(change.participant.status == .left)
        #expect(change.session.record.participantCount == 0)
        #expect(change.session.record.pnl.description == "-500")
    }

    @Test func `a trade settled after the end counts for one day and changes no status`() throws {
        let (participant, record) = try joined(in: session(.active))
        let ended = try SessionMachine.apply(.stop, to: record, at: later).record
        let last = later + SessionLimits.lateSettlementMilliseconds
        let change = try Settlement.apply(
            trade("-5000"), participant: participant, to: ended, at: last)
        #expect(change.session.record.endReason == .adminStop)
        #expect(change.session.record.pnl.description == "-5000")
        #expect(change.participant.status == .active)
        #expect(throws: SessionRefusal.settledTooLate) {
            try Settlement.apply(trade("1"), participant: participant, to: ended, at: last + 1)
        }
    }

    @Test func `a trade before the start, of a stranger or out of range is refused`() throws {
        let pending = try joined(in: session(.pending))
        #expect(throws: SessionRefusal.wrongStatus(.pending)) {
            try Settlement.apply(
                trade("1"), participant: pending.participant, to: pending.record, at: later)
        }
        let active = try joined(in: session(.active))
        #expect(throws: SessionRefusal.notParticipant) {
            try Settlement.apply(trade("1"), participant: nil, to: active.record, at: later)
        }
        let rich = try Settlement.apply(
            trade("92233720368"), participant: active.participant, to: active.record, at: later)
        #expect(throws: SessionRefusal.amountOutOfRange) {
            try Settlement.apply(
                trade("1"), participant: rich.participant, to: rich.session.record, at: later)
        }
    }

    @Test func `trades per hour are counted over a sliding hour`() throws {
        let config = try config([(name: "max_trades_per_hour", value: .number("2"))])
        var (participant, record) = try joined(in: session(.running, config: config))
        for offset: Int64 in [0, 10] {
            #expect(!participant.isTradeLimited(by: config, at: later + offset))
            let change = try Settlement.apply(
                trade("1"), participant: participant, to: record, at: later + offset)
            (participant, record) = (change.participant, change.session.record)
        }
        let hour = SessionLimits.tradeWindowMilliseconds
        #expect(participant.isTradeLimited(by: config, at: later + 10))
        #expect(participant.isTradeLimited(by: config, at: later + hour - 1))
        #expect(!participant.isTradeLimited(by: config, at: later + hour))
        let third = try Settlement.apply(
            trade("1"), participant: participant, to: record, at: later + hour)
        #expect(third.participant.recentTrades == [later + 10, later + hour])
        #expect(third.participant.tradeCount == 3)
    }
}
