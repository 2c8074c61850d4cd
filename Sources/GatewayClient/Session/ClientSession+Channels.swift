import GatewayAPI
import JSONRPC
import WebSocketClient

extension ClientSession {
    /// Channels that one `subscribe` takes (SubscribeParams).
    static let channelsPerRequestMax = 100

    // MARK: - For the owner

    /// Subscribes; what the gateway took is renewed after each reconnect.
    func subscribe(
        _ channels: [ChannelSubscription],
        _ completion: @escaping (Result<[ChannelState], GatewayClientError>) -> Void
    ) {
        send(Methods.subscribe, SubscribeParams(channels: channels)) { [self] outcome in
            if case .success(let result) = outcome {
                let byName = Dictionary(
                    channels.map { ($0.channel, $0) }, uniquingKeysWith: { $1 })
                for state in result.channels {
                    guard state.error == nil, let asked = byName[state.channel] else { continue }
                    subscriptions.add(asked)
                    // The answer to a recovery goes on from the place before the loss.
                    guard asked.recover != nil || !recoveries.contains(state.channel) else {
                        continue
                    }
                    note(state, recoveredFrom: asked.recover.map { UInt64(clamping: $0.seq) })
                }
            }
            completion(outcome.map(\.channels))
        }
    }

    /// Leaves channels. They are forgotten at once, so that a reconnect does not bring them back.
    func unsubscribe(
        _ channels: [String],
        _ completion: @escaping (Result<[String], GatewayClientError>) -> Void
    ) {
        for channel in channels {
            subscriptions.remove(channel)
            tracker.unsubscribed(channel)
            recoveries.remove(channel)
        }
        send(Methods.unsubscribe, UnsubscribeParams(channels: channels)) { outcome in
            completion(outcome.map(\.channels))
        }
    }

    /// Sends a request with the types of the contract.
    @discardableResult
    func send<Params: APIObject, Answer: APIObject>(
        _ signature: MethodSignature<Params, Answer>, _ params: Params,
        _ completion: @escaping (Result<Answer, GatewayClientError>) -> Void
    ) -> Int64? {
        call(signature.method.rawValue, parameters: RawJSON(encoding: params)) { outcome in
            completion(outcome.flatMap { Self.decoded($0) })
        }
    }

    /// Reads a result of the contract.
    static func decoded<Answer: APIObject>(
        _ result: RawJSON
    ) -> Result<Answer, GatewayClientError> {
        guard let answer = result.decoded(as: Answer.self) else {
            return .failure(
                GatewayClientError(
                    .invalidResponse, "the answer is no \(Answer.self)",
                    isOutcomeUnknown: true))
        }
        return .success(answer)
    }

    // MARK: - After a reconnect

    /// Subscribes again to everything, from where each channel was.
    func resubscribe(_ hello: HelloParams) {
        let batches = subscriptions.batches(of: Self.channelsPerRequestMax)
        guard !batches.isEmpty else {
            isResubscribing = false
            deliver(.reconnected(hello, []))
            return
        }
        let current = connection
        var states: [ChannelState] = []
        var remaining = batches.count
        for batch in batches {
            let params = SubscribeParams(channels: batch.map(recovering))
            send(Methods.subscribe, params) { [self] outcome in
                // A connection that is gone has been dealt with as a whole.
                guard phase == .ready, let current, connection === current else { return }
                switch outcome {
                case .success(let result):
                    states += result.channels
                    remaining -= 1
                    if remaining == 0 {
                        isResubscribing = false
                        deliver(.reconnected(hello, states))
                    }
                    // Events of these channels may come before the answer to the next request.
                    resubscribed(result.channels)
                case .failure(let error):
                    connectionFailed(error)
                }
            }
        }
    }

    /// Asks for a channel from where it is.
    func recovering(_ subscription: ChannelSubscription) -> ChannelSubscription {
        var subscription = subscription
        if let position = tracker.position(of: subscription.channel), let epoch = position.epoch {
            subscription.recover = StreamPosition(
                epoch: epoch, seq: Int64(clamping: position.sequence))
        }
        return subscription
    }

    private func resubscribed(_ states: [ChannelState]) {
        for state in states {
            if state.error != nil {
                subscriptions.remove(state.channel)
                tracker.unsubscribed(state.channel)
            } else {
                note(state, recoveredFrom: tracker.position(of: state.channel)?.sequence)
            }
        }
    }

    // MARK: - Places

    /// Notes where a channel is, delivers what was recovered, and tells what was not.
    func note(_ state: ChannelState, recoveredFrom last: UInt64?) {
        guard let sequence = state.seq.map({ UInt64(clamping: $0) }) else { return }
        let isRecovered = state.recovered ?? false
        if isRecovered, let last { deliverRecovered(state, newest: sequence, last: last) }
        goOn(state.channel, epoch: state.epoch, sequence: sequence, isRecovered: isRecovered)
    }

    /// Goes on from a place that the gateway named, and tells of what is missing before it.
    func goOn(_ channel: String, epoch: String?, sequence: UInt64, isRecovered: Bool) {
        let previous = tracker.position(of: channel)
        let isGap = tracker.subscribed(
            channel, epoch: epoch, sequence: sequence, isRecovered: isRecovered)
        if isGap, let previous { deliverGap(channel, previous, epoch, sequence) }
    }

    /// The snapshot of a recovered channel holds every event since the last one, and its last has
    /// the newest number.
    private func deliverRecovered(_ state: ChannelState, newest: UInt64, last: UInt64) {
        let missed = state.snapshot ?? []
        for (index, data) in missed.enumerated() {
            let behind = UInt64(missed.count - 1 - index)
            guard newest >= behind, newest - behind > last else { continue }
            deliver(
                .event(
                    ChannelEvent(
                        channel: state.channel, sequence: newest - behind, data: data,
                        mergedCount: 0, droppedCount: 0, isRecovered: true)))
        }
    }

    private func deliverGap(
        _ channel: String, _ previous: ChannelTracker.Position, _ epoch: String?,
        _ sequence: UInt64
    ) {
        let isSameEpoch = previous.epoch == epoch
        deliver(
            .gap(
                ChannelGap(
                    channel: channel, lastSequence: previous.sequence,
                    nextSequence: isSameEpoch ? sequence &+ 1 : nil)))
    }
}

extension RawJSON {
    /// Writes an object of the contract.
    init(encoding object: some APIObject) {
        var writer = JSONWriter()
        object.write(to: &writer)
        self.init(unchecked: writer.byteArray)
    }
}
