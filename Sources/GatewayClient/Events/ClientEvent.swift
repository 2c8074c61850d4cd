public import GatewayAPI

/// What comes from the gateway without being asked for, and what becomes of the connection.
public enum ClientEvent: Sendable {
    /// An event of a channel.
    case event(ChannelEvent)
    /// Events of a channel are missing and could not be recovered.
    case gap(ChannelGap)
    /// A channel's feed is lost or has come back.
    case channelStatus(ChannelStatusParams)
    /// The token expires soon. The client does not refresh it by itself: call `refreshToken`.
    case authExpiring(AuthExpiringParams)
    /// The client comes close to a limit.
    case limitsWarning(LimitsWarningParams)
    /// The node closes this connection soon. The client opens the next one before that and then
    /// leaves this one, which serves until then: `reconnected` comes without `disconnected`.
    case serverDraining(ServerDrainingParams)
    /// The gateway refused something without being able to say what: a message that it could not
    /// read has no id. A request that waits for its answer may be the one.
    case unattributedError(ServerError)
    /// A notification that this version does not know.
    case notification(method: String, parameters: RawJSON)
    /// So many entries of this stream made room, since they were not read in time.
    case skipped(count: UInt64)
    /// The connection is lost; the next attempt begins after the delay.
    case disconnected(CloseInformation, retryAfter: Duration)
    /// There is a connection again, or another one in place of that of a node that goes, and these
    /// are the subscriptions; one with an `error` was refused and is forgotten.
    case reconnected(HelloParams, [ChannelState])
}

/// One event of a channel.
public struct ChannelEvent: Sendable, Equatable {
    /// The channel.
    public let channel: String
    /// Its number in the channel, nil for one that was published without.
    public let sequence: UInt64?
    /// What happened, as it was published.
    public let data: RawJSON
    /// How many earlier events the gateway merged into this one for this subscriber.
    public let mergedCount: UInt64
    /// How many earlier events the gateway dropped for this subscriber.
    public let droppedCount: UInt64
    /// Whether it was missed before and recovered: after a reconnect, or where it was lost.
    public let isRecovered: Bool

    /// The tick in the data of a `ticks:` channel; nil where it is none.
    public var tick: Tick? { data.decoded() }
    /// The signal in the data of a `signals:` channel; nil where it is none.
    public var signal: SignalRecord? { data.decodedMember("signal") }
    /// The session in the data of a `session:` channel or of `sessions`; nil where it is none.
    public var session: SessionRecord? { data.decodedMember("session") }
}

/// Events that are missing.
public struct ChannelGap: Sendable, Equatable {
    /// The channel.
    public let channel: String
    /// The last event before the gap.
    public let lastSequence: UInt64
    /// The first event behind it; nil where another epoch began, which counts anew.
    public let nextSequence: UInt64?
}
