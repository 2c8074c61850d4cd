import GatewayAPI
import JSONRPC
import Redis
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
        if places.allSatisfy({ !$0.isHeld && server.isLive($0.channel) }) {
            SubscriptionsResult(channels: states).write(to: &writer)
            return .written
        }
        wait(for: places, states, outbound, request.target)
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
                let (state, place) = try subscribe(
                    wish, at: states.count, outbound, identity, participations)
                places.append(place)
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
        _ wish: ChannelSubscription, at index: Int, _ outbound: OutboundID,
        _ identity: ConnectionIdentity, _ participations: [String: Result<Bool, GatewayError>]
    ) throws(GatewayError) -> (ChannelState, AnswerPlace) {
        guard let name = ChannelName(wish.channel) else { throw GatewayError(.unknownChannel) }
        let isOpen = name.isOpen(to: identity.role, userID: identity.subject.text)
        if isOpen == nil { try checkParticipation(name, participations) }
        guard isOpen ?? true else { throw GatewayError(.forbidden) }
        let policy = wish.policy ?? name.defaultPolicy
        let interval = wish.maxRate.map { 1_000_000_000 / UInt64($0) } ?? 0
        let options = SubscriptionOptions(
            policy: SlowConsumerPolicy(policy), minimumInterval: interval)
        do throws(StreamError) {
            // Its events wait for the answer that holds those before them.
            let isHeld = wish.recover != nil || name.hasSnapshot
            let channel = try server.subscribe(
                outbound, to: wish.channel, options: options, isHeld: isHeld)
            server.fanOut.settle(outbound, in: channel)
            if isOpen == nil, case .signals(let id) = name,
                !server.watchParticipation(of: identity.subject.text, in: id, for: outbound)
            {
                _ = server.unsubscribe(outbound, from: wish.channel)
                throw .tooManyChannels(
                    max: server.shared.configuration.redisLimits.channelCountMax)
            }
            var state = ChannelState(channel: wish.channel)
            state.policy = policy
            state.maxRate = wish.maxRate
            let place = AnswerPlace(
                index: index, channel: channel, recover: wish.recover, isHeld: isHeld,
                minimumInterval: interval)
            note(place, nil, in: &state)
            return (state, place)
        } catch {
            throw GatewayError(refusal: error)
        }
    }

    /// Writes down where a channel is, and what its newest events are.
    private func note(
        _ place: AnswerPlace, _ timeline: ChannelTimeline?, in state: inout ChannelState
    ) {
        let isLive = server.isLive(place.channel)
        state.status = isLive ? .live : .stale
        guard let position = server.fanOut.position(of: place.channel) else { return }
        state.epoch = position.epoch
        state.seq = Int64(clamping: position.sequence)
        state.snapshot = nil
        if let known = place.recover {
            var missed: [RawJSON]?
            if known.epoch == position.epoch {
                let sequence = UInt64(clamping: known.seq)
                // A feed that is not live may have published more than is known here.
                missed =
                    timeline?.events(after: sequence, until: position)
                    ?? (isLive && sequence == position.sequence ? [] : nil)
            }
            state.recovered = missed != nil
            state.snapshot = missed.flatMap { $0.isEmpty ? nil : $0 }
            if missed != nil { return }
        }
        guard place.isHeld, ChannelName(state.channel)?.hasSnapshot ?? false else { return }
        state.snapshot = timeline?.newest(at: position).map { [$0] }
    }

    /// Answers when every channel is live and its newest events are known, or the time for that is
    /// over, with how each stands then: while it waited, events may have come, and a feed that came
    /// back has begun another epoch. Events that follow the answer come behind it.
    func wait(
        for places: [AnswerPlace], _ states: [ChannelState], _ outbound: OutboundID,
        _ target: ReplyTarget
    ) {
        target.connection?.pendingRequestCount += 1
        let depths = places.filter(\.isHeld).map { place in
            (place.channel, place.recover == nil ? 1 : ChannelTimeline.entryCountMax)
        }
        let wait = PendingSubscribe(
            server: server, channels: Set(places.map(\.channel)),
            depths: Dictionary(depths, uniquingKeysWith: max)
        ) { [unowned self] wait in
            target.connection?.pendingRequestCount -= 1
            var states = states
            for place in places {
                let lasts = server.fanOut.settle(outbound, in: place.channel)
                if !lasts, let error = whyEnded(states[place.index].channel, target) {
                    states[place.index] = ChannelState(
                        channel: states[place.index].channel, error: error)
                    continue
                }
                note(place, wait.timelines[place.channel], in: &states[place.index])
                if !server.isLive(place.channel) { server.toldStale(place.channel) }
            }
            finish(target, SubscriptionsResult(channels: states))
            for place in places where place.isHeld {
                server.fanOut.release(
                    outbound, from: place.channel, minimumInterval: place.minimumInterval)
            }
        }
        wait.start()
    }

    /// Why the gateway has ended a subscription while its answer was waited for, which the answer
    /// must not name as one that lasts; nil where the client has ended it.
    private func whyEnded(_ channel: String, _ target: ReplyTarget) -> GatewayError? {
        guard let name = ChannelName(channel), let identity = target.connection?.identity else {
            return nil
        }
        switch name.isOpen(to: identity.role, userID: identity.subject.text) {
        case nil: return GatewayError(.notParticipant)
        case false?: return GatewayError(.forbidden)
        case true?: return nil
        }
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
    /// Whether the answer holds its newest events, and later ones wait for the answer.
    let isHeld: Bool
    /// The shortest time between two events, in nanoseconds.
    let minimumInterval: UInt64
}

extension ChannelName {
    /// The policy where a client names none: the newest tick is what counts, everything else is
    /// not to be lost.
    var defaultPolicy: DeliveryPolicy {
        if case .ticks = self { .merge } else { .buffer }
    }

    /// Whether its newest event says how things stand, so that a newcomer wants it: the price, the
    /// session. What happened once, as a signal, is no snapshot.
    var hasSnapshot: Bool {
        switch self {
        case .ticks, .session: true
        default: false
        }
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
