import GatewayAPI

/// What comes of the channels: events, and the losses between them, which are mended by
/// subscribing again from before the loss (Protocol/README.md, "nothing is lost unnoticed").
extension ClientSession {
    /// An event came: it is handed on, left out where it came twice, or waits for those before it.
    func received(_ event: ServerMessage.EventMessage) {
        if !recoveries.isEmpty, recoveries.hold(event) { return }
        take(event, mayRecover: true)
    }

    private func take(_ event: ServerMessage.EventMessage, mayRecover: Bool) {
        let continuity = tracker.received(
            event.channel, sequence: event.sequence, previous: event.previousSequence,
            mergedCount: event.mergedCount, droppedCount: event.droppedCount)
        switch continuity {
        case .repeated:
            return
        case .gap(let last, let next):
            if mayRecover, recover(event.channel, holding: event) { return }
            passOver(event.channel, last: last, next: next, through: next)
        case .continuous, .reduced:
            break
        }
        deliver(
            .event(
                ChannelEvent(
                    channel: event.channel, sequence: event.sequence, data: event.data,
                    mergedCount: event.mergedCount, droppedCount: event.droppedCount,
                    isRecovered: false)))
    }

    /// Tells of a loss that is not mended, and goes on behind it.
    private func passOver(
        _ channel: String, last: UInt64, next: UInt64, through sequence: UInt64
    ) {
        deliver(
            .gap(ChannelGap(channel: channel, lastSequence: last, nextSequence: next)))
        tracker.passOver(channel, through: sequence)
    }

    // MARK: - Mending a loss

    /// Subscribes again from the last event before a loss.
    ///
    /// - Parameters:
    ///   - channel: where something was lost.
    ///   - event: the event behind the loss, where that showed it; waits for the answer.
    /// - Returns: false where there is no place to recover from.
    private func recover(_ channel: String, holding event: ServerMessage.EventMessage?) -> Bool {
        guard phase == .ready, tracker.position(of: channel)?.epoch != nil,
            subscriptions.contains(channel)
        else { return false }
        let id = recoveries.begin(channel)
        if let event { recoveries.hold(event) }
        askForLost(channel, id: id)
        return true
    }

    private func askForLost(_ channel: String, id: UInt64) {
        guard let wanted = subscriptions.subscription(of: channel) else { return }
        let params = SubscribeParams(channels: [recovering(wanted)])
        send(Methods.subscribe, params) { [self] outcome in
            guard recoveries.contains(channel, id: id) else { return }
            if case .failure(let error) = outcome, error.code == .requestTimedOut, isReadingPaused {
                // The answer waits unread, since the owner reads too slowly.
                askForLost(channel, id: id)
            } else {
                recoveryAnswered(channel, outcome)
            }
        }
    }

    private func recoveryAnswered(
        _ channel: String, _ outcome: Result<SubscriptionsResult, GatewayClientError>
    ) {
        guard case .success(let result) = outcome,
            let state = result.channels.first(where: { $0.channel == channel }),
            state.error == nil, state.seq != nil
        else {
            giveUpRecovery(of: channel)
            return
        }
        guard state.recovered == true else {
            giveUpRecovery(of: channel)
            note(state, recoveredFrom: nil)
            return
        }
        let held = recoveries.remove(channel)
        note(state, recoveredFrom: tracker.position(of: channel)?.sequence)
        // The answer has them; what it should not have is judged without asking again.
        for event in held?.events ?? [] { take(event, mayRecover: false) }
    }

    /// Tells of what is lost for good, and hands on what has come behind it.
    private func giveUpRecovery(of channel: String) {
        guard let held = recoveries.remove(channel) else { return }
        if let sequence = held.passedOver, let last = tracker.position(of: channel)?.sequence,
            sequence > last
        {
            passOver(channel, last: last, next: sequence &+ 1, through: sequence)
        }
        for event in held.events { take(event, mayRecover: false) }
    }

    // MARK: - Feeds

    /// A feed came back, where its count may be another one now, or a subscription ended.
    func received(_ status: ChannelStatusParams) {
        for entry in status.channels {
            switch status.status {
            case .ended:
                giveUpRecovery(of: entry.channel)
                subscriptions.remove(entry.channel)
                tracker.unsubscribed(entry.channel)
            case .live:
                if subscriptions.contains(entry.channel) {
                    restored(entry, isWhole: status.reason == .feedResumed)
                }
            case .stale:
                break
            }
        }
    }

    private func restored(_ entry: ChannelStatusEntry, isWhole: Bool) {
        guard let sequence = entry.seq.map({ UInt64(clamping: $0) }) else { return }
        let previous = tracker.position(of: entry.channel)
        if let previous, previous.epoch == entry.epoch {
            // What the count is ahead comes still, or may be had; an answer that is awaited has it.
            let isLost = !isWhole && sequence > previous.sequence
            guard isLost, !recoveries.contains(entry.channel) else { return }
            if recover(entry.channel, holding: nil) { return }
        } else {
            // Nothing of another epoch mends what was lost in this one.
            giveUpRecovery(of: entry.channel)
        }
        goOn(entry.channel, epoch: entry.epoch, sequence: sequence, isRecovered: isWhole)
    }
}
