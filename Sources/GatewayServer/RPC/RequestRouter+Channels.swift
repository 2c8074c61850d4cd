import GatewayAPI
import JSONRPC
import Security
import Streams

/// `subscribe`, `unsubscribe`, `subscriptions`.
extension RequestRouter {
    /// Subscribes to each channel that may be, says why where it may not, and answers when Redis
    /// has confirmed every feed, so that nothing published behind the answer is missed.
    func subscribe(
        _ params: JSONValue?, _ request: Request, _ writer: inout JSONWriter
    ) throws(GatewayError) -> RequestOutcome {
        let params: SubscribeParams = try read(params)
        guard let outbound = request.connection.outbound else { throw GatewayError(.unavailable) }
        guard request.connection.pendingRequestCount < server.limits.pendingRequestsPerConnection
        else { throw GatewayError(.tooManyRequests) }
        let sessions = sessionsToAskAbout(params.channels, request.identity)
        if !sessions.isEmpty {
            subscribe(params, askingAbout: sessions, request)
            return .later
        }
        let (states, places) = subscribe(params.channels, outbound, request.identity, [:])
        if places.allSatisfy({ server.isLive($0.channel) }) {
            SubscriptionsResult(channels: states).write(to: &writer)
            return .written
        }
        wait(for: places, states, request.target)
        return .later
    }

    /// The sessions whose signals are open to this client only while its user takes part.
    private func sessionsToAskAbout(
        _ wishes: [ChannelSubscription], _ identity: ConnectionIdentity
    ) -> Set<String> {
        var sessions: Set<String> = []
        for wish in wishes {
            guard let name = ChannelName(wish.channel), case .signals(let id) = name,
                name.isOpen(to: identity.role, userID: identity.subject.text) == nil
            else { continue }
            sessions.insert(id)
        }
        return sessions
    }

    /// Subscribes to each channel that may be.
    ///
    /// - Returns: how each stands, and where those that were accepted are in the answer.
    func subscribe(
        _ wishes: [ChannelSubscription], _ outbound: OutboundID, _ identity: ConnectionIdentity,
        _ participations: [String: Result<Bool, GatewayError>]
    ) -> ([ChannelState], [AnswerPlace]) {
        var states: [ChannelState] = []
        var places: [AnswerPlace] = []
        for wish in wishes {
            do throws(GatewayError) {
                let (state, channel) = try subscribe(wish, outbound, identity, participations)
                places.append(
                    AnswerPlace(index: states.count, channel: channel, recover: wish.recover))
                states.append(state)
            } catch {
                states.append(ChannelState(channel: wish.channel, error: error))
            }
        }
        return (states, places)
    }

    /// Whether a client may subscribe to a channel that hangs on its participation.
    private func checkParticipation(
        _ name: ChannelName, _ participations: [String: Result<Bool, GatewayError>]
    ) throws(GatewayError) {
        guard case .signals(let id) = name, let answer = participations[id] else {
            throw GatewayError(.forbidden)
        }
        guard try answer.get() else { throw GatewayError(.notParticipant) }
    }

    private func subscribe(
        _ wish: ChannelSubscription, _ outbound: OutboundID, _ identity: ConnectionIdentity,
        _ participations: [String: Result<Bool, GatewayError>]
    ) throws(GatewayError) -> (ChannelState, ChannelID) {
        guard let name = ChannelName(wish.channel) else { throw GatewayError(.unknownChannel) }
        let isOpen = name.isOpen(to: identity.role, userID: identity.subject.text)
        if isOpen == nil { try checkParticipation(name, participations) }
        guard isOpen ?? true else { throw GatewayError(.forbidden) }
        let policy = wish.policy ?? name.defaultPolicy
        let interval = wish.maxRate.map { 1_000_000_000 / UInt64($0) } ?? 0
        let options = SubscriptionOptions(
            policy: SlowConsumerPolicy(policy), minimumInterval: interval)
        do throws(StreamError) {
            let channel = try server.subscribe(outbound, to: wish.channel, options: options)
            if isOpen == nil, case .signals(let id) = name {
                server.watchParticipation(of: identity.subject.text, in: id, for: outbound)
            }
            var state = ChannelState(channel: wish.channel)
            state.policy = policy
            state.maxRate = wish.maxRate
            note(channel, in: &state, recover: wish.recover)
            return (state, channel)
        } catch {
            throw GatewayError(refusal: error)
        }
    }

    /// Writes down where a channel is.
    private func note(
        _ channel: ChannelID, in state: inout ChannelState, recover: StreamPosition?
    ) {
        let position = server.fanOut.position(of: channel)
        state.epoch = position?.epoch
        state.seq = position.map { Int64(clamping: $0.sequence) }
        // Events since then are not kept here, so none can be handed over.
        state.recovered = recover.map { known in
            known.epoch == position?.epoch && known.seq == state.seq
        }
        state.status = server.isLive(channel) ? .live : .stale
    }

    /// Answers when every channel is live, or the time for that is over, with how each stands
    /// then: while it waited, events may have come, and a feed that came back has begun another
    /// epoch.
    func wait(for places: [AnswerPlace], _ states: [ChannelState], _ target: ReplyTarget) {
        target.connection?.pendingRequestCount += 1
        let wait = PendingSubscribe(
            server: server,
            missing: Set(places.map(\.channel).filter { !server.isLive($0) })
        ) { [unowned self] in
            target.connection?.pendingRequestCount -= 1
            var states = states
            for place in places {
                note(place.channel, in: &states[place.index], recover: place.recover)
                if !server.isLive(place.channel) { server.toldStale(place.channel) }
            }
            finish(target, SubscriptionsResult(channels: states))
        }
        wait.start()
    }

    func unsubscribe(
        _ params: JSONValue?, _ request: Request, _ writer: inout JSONWriter
    ) throws(GatewayError) {
        let params: UnsubscribeParams = try read(params)
        guard let outbound = request.connection.outbound else { throw GatewayError(.unavailable) }
        let ended = params.channels.filter { server.unsubscribe(outbound, from: $0) }
        for case .signals(let id)? in ended.map({ ChannelName($0) }) {
            server.endWatch(of: request.userID, in: id, for: outbound)
        }
        UnsubscribeResult(channels: ended).write(to: &writer)
    }

    func subscriptions(
        _ params: JSONValue?, _ request: Request, _ writer: inout JSONWriter
    ) throws(GatewayError) {
        let _: NoParams = try read(params)
        guard let outbound = request.connection.outbound else { throw GatewayError(.unavailable) }
        let states = server.fanOut.subscriptions(of: outbound).reversed().map { subscription in
            var state = ChannelState(channel: subscription.name)
            state.epoch = subscription.epoch
            state.seq = Int64(clamping: subscription.sequence)
            state.policy = DeliveryPolicy(subscription.options.policy)
            let interval = subscription.options.minimumInterval
            state.maxRate = interval == 0 ? nil : Int(1_000_000_000 / interval)
            state.status = server.isLive(subscription.channel) ? .live : .stale
            return state
        }
        SubscriptionsResult(channels: states).write(to: &writer)
    }
}

/// A channel that was accepted, in an answer to `subscribe`.
struct AnswerPlace {
    /// Its place in the answer.
    let index: Int
    let channel: ChannelID
    /// From where the client wants to go on.
    let recover: StreamPosition?
}

extension ChannelName {
    /// The policy where a client names none: the newest tick is what counts, everything else is
    /// not to be lost.
    var defaultPolicy: DeliveryPolicy {
        if case .ticks = self { .merge } else { .buffer }
    }
}

extension SlowConsumerPolicy {
    /// The fan-out's name for a policy of the contract.
    init(_ policy: DeliveryPolicy) {
        switch policy {
        case .merge: self = .merge
        case .dropOldest: self = .dropOldest
        case .buffer: self = .buffer
        case .close: self = .close
        }
    }
}

extension DeliveryPolicy {
    /// The contract's name for a policy of the fan-out.
    init(_ policy: SlowConsumerPolicy) {
        switch policy {
        case .merge: self = .merge
        case .dropOldest: self = .dropOldest
        case .buffer: self = .buffer
        case .close: self = .close
        }
    }
}

extension GatewayError {
    /// What a client is told of the fan-out's refusal. The label keeps `GatewayError(.code)` apart:
    /// both kinds of errors have cases of the same names.
    init(refusal error: StreamError) {
        switch error {
        case .tooManySubscriptions: self.init(.tooManySubscriptions)
        case .invalidChannelName, .channelNameTooLong: self.init(.unknownChannel)
        case .payloadTooLarge: self.init(.payloadTooLarge)
        case .tooManyChannels: self.init(.overloaded, reason: "too_many_channels")
        default: self.init(.internalError)
        }
    }
}
