import GatewayAPI
import JSONRPC
import Redis
import Streams

/// Ends subscriptions to `signals:<session>` whose users take part no more: on any node, whoever
/// made the change, since the user's own channel tells of it.
extension LoopServer {
    /// Follows the participation that a subscription hangs on.
    ///
    /// - Returns: false where it cannot be followed, so that the subscription must not be.
    func watchParticipation(
        of user: String, in session: String, for connection: OutboundID
    ) -> Bool {
        guard let isConfirmed = try? redis?.subscriber.subscribe(Self.userFeed(user)) else {
            return false
        }
        let isNew = participations.add(connection, user: user, session: session)
        // What happened between the question and now was told on a channel that nobody looked at;
        // where it is not followed yet, it is asked about when the feed becomes live.
        if isConfirmed, isNew { recheck(WatchedParticipation(user: user, session: session)) }
        return true
    }

    /// A subscription has ended, or all of a connection where no session is given.
    func endWatch(of user: String, in session: String? = nil, for connection: OutboundID) {
        guard participations.contains(user: user) else { return }
        if let session {
            participations.remove(connection, user: user, session: session)
        } else {
            participations.remove(connection, user: user)
        }
        leaveFeedIfIdle(of: user)
    }

    /// Whether a channel's feed is needed although nobody is subscribed to it.
    func isWatched(_ channel: String) -> Bool {
        guard !participations.isEmpty, case .user(let id)? = ChannelName(channel) else {
            return false
        }
        return participations.contains(user: id)
    }

    /// Asks again about a user whose feed has just become live: what happened before is unknown.
    func recheckParticipation(_ channel: String) {
        guard !participations.isEmpty, case .user(let user)? = ChannelName(channel) else { return }
        for session in participations.sessions(of: user) {
            recheck(WatchedParticipation(user: user, session: session))
        }
    }

    private func recheck(_ part: WatchedParticipation) {
        router.askParticipation(of: part.user, in: part.session) { [weak self] result in
            switch result {
            case .success(true): break
            case .success(false): self?.endParticipation(of: part.user, in: part.session)
            // The session is gone, and its participants with it.
            case .failure(let error) where error.code == .notFound:
                self?.endParticipation(of: part.user, in: part.session)
            // Damage stays until it is repaired, which is when the feed becomes live anew.
            case .failure(let error) where error.code == .internalError: break
            case .failure: self?.uncheckedParticipations.insert(part)
            }
        }
    }

    /// Asks again what had no answer: a part of it at a time, and at most once a second, since what
    /// asks for many at once is an outage that is just over.
    func recheckSome() {
        guard !uncheckedParticipations.isEmpty, second != recheckSecond else { return }
        recheckSecond = second
        let some = uncheckedParticipations.prefix(Self.rechecksPerSecond)
        uncheckedParticipations.subtract(some)
        for part in some where participations.contains(part) { recheck(part) }
    }

    /// Questions a second about participation that could not be asked before. 200: a thirtieth of
    /// what one Redis answers.
    static let rechecksPerSecond = 200

    /// Looks at an event of a user's own channel.
    func noteParticipation(_ channel: String, _ event: RawSpan) {
        guard case .user(let user)? = ChannelName(channel), participations.contains(user: user),
            let (session, takesPart) = router.participation(in: event), !takesPart
        else { return }
        endParticipation(of: user, in: session)
    }

    private func endParticipation(of user: String, in session: String) {
        let name = ChannelName.signals(sessionID: session).text
        for id in participations.takeAll(user: user, session: session) {
            guard let connection = connections[Int(id.index)], connection.outbound == id,
                unsubscribe(id, from: name)
            else { continue }
            router.sendSubscriptionEnded(name, .participationEnded, to: connection)
        }
        leaveFeedIfIdle(of: user)
    }

    private func leaveFeedIfIdle(of user: String) {
        guard !participations.contains(user: user) else { return }
        let name = ChannelName.user(id: user).text
        // Someone may be subscribed to the channel itself.
        guard fanOut.channel(named: Array(name.utf8)) == nil else { return }
        redis?.subscriber.unsubscribe(Self.userFeed(user))
    }

    private static func userFeed(_ user: String) -> [UInt8] {
        RedisChannel.name(of: ChannelName.user(id: user).text)
    }
}
