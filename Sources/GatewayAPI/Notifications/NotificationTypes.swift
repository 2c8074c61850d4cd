/// How both sides find out that the other is gone.
public struct Heartbeat: Sendable, Equatable, APIObject {
    /// Milliseconds between the server's pings.
    public var intervalMilliseconds: Int64 = 0
    /// Milliseconds without any frame after which the connection is closed.
    public var timeoutMilliseconds: Int64 = 0

    /// What it is, in one sentence.
    package static let schemaSummary = "How both sides find out that the other is gone."

    /// An object with the defaults of its fields.
    package init() {}

    /// How both sides find out that the other is gone.
    ///
    /// - Parameters:
    ///   - intervalMilliseconds: Milliseconds between the server's pings.
    ///   - timeoutMilliseconds: Milliseconds without any frame after which the connection is
    ///     closed.
    public init(
        intervalMilliseconds: Int64, timeoutMilliseconds: Int64
    ) {
        self.intervalMilliseconds = intervalMilliseconds
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "interval_ms", &intervalMilliseconds, 1000...3_600_000,
            "Milliseconds between the server's pings.")
        try coder.required(
            "timeout_ms", &timeoutMilliseconds, 1000...3_600_000,
            "Milliseconds without any frame after which the connection is closed.")
    }
}

/// The first message of a connection.
public struct HelloParams: Sendable, Equatable, APIObject {
    /// The node that serves the connection.
    public var node = ""
    /// The connection, for support and logs.
    public var connectionID = ""
    /// The signed-in user.
    public var userID = ""
    /// The user's role.
    public var role: Role = .user
    /// The node's clock, in milliseconds since the Unix epoch.
    public var serverTime: Int64 = 0
    /// When the token expires, in milliseconds since the Unix epoch.
    public var expiresAt: Int64 = 0
    /// How both sides find out that the other is gone.
    public var heartbeat = Heartbeat()
    /// What the connection may do.
    public var limits = ConnectionLimits()
    /// The version of the protocol, which is the subprotocol of the handshake.
    public var protocolVersion = "tradermind.v1"

    /// What it is, in one sentence.
    package static let schemaSummary = "The first message of a connection."

    /// An object with the defaults of its fields.
    package init() {}

    /// The first message of a connection.
    ///
    /// - Parameters:
    ///   - node: The node that serves the connection.
    ///   - connectionID: The connection, for support and logs.
    ///   - userID: The signed-in user.
    ///   - role: The user's role.
    ///   - serverTime: The node's clock, in milliseconds since the Unix epoch.
    ///   - expiresAt: When the token expires, in milliseconds since the Unix epoch.
    ///   - heartbeat: How both sides find out that the other is gone.
    ///   - limits: What the connection may do.
    ///   - protocolVersion: The version of the protocol, which is the subprotocol of the handshake.
    public init(
        node: String, connectionID: String, userID: String, role: Role, serverTime: Int64,
        expiresAt: Int64, heartbeat: Heartbeat, limits: ConnectionLimits, protocolVersion: String
    ) {
        self.node = node
        self.connectionID = connectionID
        self.userID = userID
        self.role = role
        self.serverTime = serverTime
        self.expiresAt = expiresAt
        self.heartbeat = heartbeat
        self.limits = limits
        self.protocolVersion = protocolVersion
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "node", &node, .identifier,
            "The node that serves the connection.")
        try coder.required(
            "connection_id", &connectionID, .identifier,
            "The connection, for support and logs.")
        try coder.required(
            "user_id", &userID, .identifier,
            "The signed-in user.")
        try coder.required(
            "role", &role, .any,
            "The user's role.")
        try coder.required(
            "server_time", &serverTime, Time.range,
            "The node's clock, in milliseconds since the Unix epoch.")
        try coder.required(
            "expires_at", &expiresAt, Time.range,
            "When the token expires, in milliseconds since the Unix epoch.")
        try coder.required(
            "heartbeat", &heartbeat, .any,
            "How both sides find out that the other is gone.")
        try coder.required(
            "limits", &limits, .any,
            "What the connection may do.")
        try coder.required(
            "protocol", &protocolVersion, .text(1...32),
            "The version of the protocol, which is the subprotocol of the handshake.")
    }
}

/// One channel whose feed has changed.
public struct ChannelStatusEntry: Sendable, Equatable, APIObject {
    /// The channel.
    public var channel = ""
    /// The epoch from now on; present when the status is live.
    public var epoch: String?
    /// The seq of the newest event; the next one has one more. Present when the status is live.
    public var seq: Int64?

    /// What it is, in one sentence.
    package static let schemaSummary = "One channel whose feed has changed."

    /// An object with the defaults of its fields.
    package init() {}

    /// One channel whose feed has changed.
    ///
    /// - Parameters:
    ///   - channel: The channel.
    ///   - epoch: The epoch from now on; present when the status is live.
    ///   - seq: The seq of the newest event; the next one has one more. Present when the status is
    ///     live.
    public init(
        channel: String, epoch: String? = nil, seq: Int64? = nil
    ) {
        self.channel = channel
        self.epoch = epoch
        self.seq = seq
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "channel", &channel, .channel,
            "The channel.")
        try coder.optional(
            "epoch", &epoch, .epoch,
            "The epoch from now on; present when the status is live.")
        try coder.optional(
            "seq", &seq, 0...Int64.max,
            "The seq of the newest event; the next one has one more. Present when the "
                + "status is live.")
    }
}

/// Why the status of a feed has changed.
public enum ChannelStatusReason: String, Sendable, CaseIterable, WordList {
    /// The link to where the events come from is lost.
    case feedLost = "feed_lost"
    /// No event has come for too long.
    case feedSilent = "feed_silent"
    /// The link is back; events in between may be lost.
    case feedRestored = "feed_restored"
    /// Events come again and none were lost.
    case feedResumed = "feed_resumed"
    /// The user takes part in the session no more, so its signals are closed.
    case participationEnded = "participation_ended"
    /// The user's role has changed, and the new one has no access.
    case roleChanged = "role_changed"
}

/// Channels whose feed has been lost or has come back.
public struct ChannelStatusParams: Sendable, Equatable, APIObject {
    /// The channels, of those that the client is subscribed to.
    public var channels: [ChannelStatusEntry] = []
    /// What they are from now on.
    public var status: FeedStatus = .live
    /// Why.
    public var reason: ChannelStatusReason = .feedRestored

    /// What it is, in one sentence.
    package static let schemaSummary = "Channels whose feed has been lost or has come back."

    /// An object with the defaults of its fields.
    package init() {}

    /// Channels whose feed has been lost or has come back.
    ///
    /// - Parameters:
    ///   - channels: The channels, of those that the client is subscribed to.
    ///   - status: What they are from now on.
    ///   - reason: Why.
    public init(
        channels: [ChannelStatusEntry], status: FeedStatus, reason: ChannelStatusReason
    ) {
        self.channels = channels
        self.status = status
        self.reason = reason
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "channels", &channels, .list(1...10_000, of: .any),
            "The channels, of those that the client is subscribed to.")
        try coder.required(
            "status", &status, .any,
            "What they are from now on.")
        try coder.required(
            "reason", &reason, .any,
            "Why.")
    }
}

/// The token expires soon: call auth.refresh.
public struct AuthExpiringParams: Sendable, Equatable, APIObject {
    /// When the token expires, in milliseconds since the Unix epoch.
    public var expiresAt: Int64 = 0
    /// When the connection is closed with 4003 unless a new token has come.
    public var closesAt: Int64 = 0

    /// What it is, in one sentence.
    package static let schemaSummary = "The token expires soon: call auth.refresh."

    /// An object with the defaults of its fields.
    package init() {}

    /// The token expires soon: call auth.refresh.
    ///
    /// - Parameters:
    ///   - expiresAt: When the token expires, in milliseconds since the Unix epoch.
    ///   - closesAt: When the connection is closed with 4003 unless a new token has come.
    public init(
        expiresAt: Int64, closesAt: Int64
    ) {
        self.expiresAt = expiresAt
        self.closesAt = closesAt
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "expires_at", &expiresAt, Time.range,
            "When the token expires, in milliseconds since the Unix epoch.")
        try coder.required(
            "closes_at", &closesAt, Time.range,
            "When the connection is closed with 4003 unless a new token has come.")
    }
}

/// A limit that a client comes close to.
public enum LimitName: String, Sendable, CaseIterable, WordList {
    /// Messages per second.
    case messageRate = "message_rate"
    /// Requests that wait for an answer.
    case requestsInFlight = "requests_in_flight"
    /// Channels subscribed to.
    case subscriptions = "subscriptions"
    /// Bytes that wait to be read.
    case outboundBytes = "outbound_bytes"
    /// Refused requests in a row.
    case errors = "errors"
}

/// The client comes close to a limit, or was held to one.
public struct LimitsWarningParams: Sendable, Equatable, APIObject {
    /// Which limit.
    public var limit: LimitName = .messageRate
    /// Where the client stands.
    public var current: Int64 = 0
    /// The limit.
    public var max: Int64 = 0
    /// Milliseconds after which there is room again.
    public var retryAfterMilliseconds: Int64?

    /// What it is, in one sentence.
    package static let schemaSummary = "The client comes close to a limit, or was held to one."

    /// An object with the defaults of its fields.
    package init() {}

    /// The client comes close to a limit, or was held to one.
    ///
    /// - Parameters:
    ///   - limit: Which limit.
    ///   - current: Where the client stands.
    ///   - max: The limit.
    ///   - retryAfterMilliseconds: Milliseconds after which there is room again.
    public init(
        limit: LimitName, current: Int64, max: Int64, retryAfterMilliseconds: Int64? = nil
    ) {
        self.limit = limit
        self.current = current
        self.max = max
        self.retryAfterMilliseconds = retryAfterMilliseconds
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "limit", &limit, .any,
            "Which limit.")
        try coder.required(
            "current", &current, 0...Int64.max,
            "Where the client stands.")
        try coder.required(
            "max", &max, 0...Int64.max,
            "The limit.")
        try coder.optional(
            "retry_after_ms", &retryAfterMilliseconds, 0...3_600_000,
            "Milliseconds after which there is room again.")
    }
}

/// Why a node drains.
public enum DrainReason: String, Sendable, CaseIterable, WordList {
    /// The node stops.
    case shutdown = "shutdown"
    /// Connections are spread over the nodes anew.
    case rebalance = "rebalance"
}

/// The node closes this connection soon: connect again.
public struct ServerDrainingParams: Sendable, Equatable, APIObject {
    /// Why.
    public var reason: DrainReason = .shutdown
    /// When the connection is closed with 4001, in milliseconds since the Unix epoch.
    public var closesAt: Int64 = 0
    /// Milliseconds to wait before connecting again, different for each client.
    public var reconnectAfterMilliseconds: Int64?

    /// What it is, in one sentence.
    package static let schemaSummary = "The node closes this connection soon: connect again."

    /// An object with the defaults of its fields.
    package init() {}

    /// The node closes this connection soon: connect again.
    ///
    /// - Parameters:
    ///   - reason: Why.
    ///   - closesAt: When the connection is closed with 4001, in milliseconds since the Unix epoch.
    ///   - reconnectAfterMilliseconds: Milliseconds to wait before connecting again, different
    ///     for each client.
    public init(
        reason: DrainReason, closesAt: Int64, reconnectAfterMilliseconds: Int64? = nil
    ) {
        self.reason = reason
        self.closesAt = closesAt
        self.reconnectAfterMilliseconds = reconnectAfterMilliseconds
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "reason", &reason, .any,
            "Why.")
        try coder.required(
            "closes_at", &closesAt, Time.range,
            "When the connection is closed with 4001, in milliseconds since the Unix epoch.")
        try coder.optional(
            "reconnect_after_ms", &reconnectAfterMilliseconds, 0...3_600_000,
            "Milliseconds to wait before connecting again, different for each client.")
    }
}
