/// No parameters.
public struct NoParams: Sendable, Equatable, APIObject {

    /// What it is, in one sentence.
    package static let schemaSummary = "No parameters."

    /// An object with the defaults of its fields.
    package init() {}

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
    }
}

/// The answer to ping.
public struct PingResult: Sendable, Equatable, APIObject {
    /// The node's clock, in milliseconds since the Unix epoch.
    public var serverTime: Int64 = 0

    /// What it is, in one sentence.
    package static let schemaSummary = "The answer to ping."

    /// An object with the defaults of its fields.
    package init() {}

    /// The answer to ping.
    ///
    /// - Parameter serverTime: The node's clock, in milliseconds since the Unix epoch.
    public init(
        serverTime: Int64
    ) {
        self.serverTime = serverTime
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "server_time", &serverTime, Time.range,
            "The node's clock, in milliseconds since the Unix epoch.")
    }
}

/// Who the gateway takes the client for.
public struct WhoAmIResult: Sendable, Equatable, APIObject {
    /// The user.
    public var userID = ""
    /// The user's role.
    public var role: Role = .user
    /// When the token expires, in milliseconds since the Unix epoch.
    public var expiresAt: Int64 = 0

    /// What it is, in one sentence.
    package static let schemaSummary = "Who the gateway takes the client for."

    /// An object with the defaults of its fields.
    package init() {}

    /// Who the gateway takes the client for.
    ///
    /// - Parameters:
    ///   - userID: The user.
    ///   - role: The user's role.
    ///   - expiresAt: When the token expires, in milliseconds since the Unix epoch.
    public init(
        userID: String, role: Role, expiresAt: Int64
    ) {
        self.userID = userID
        self.role = role
        self.expiresAt = expiresAt
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "user_id", &userID, .identifier,
            "The user.")
        try coder.required(
            "role", &role, .any,
            "The user's role.")
        try coder.required(
            "expires_at", &expiresAt, Time.range,
            "When the token expires, in milliseconds since the Unix epoch.")
    }
}

/// A new token for the same user.
public struct RefreshParams: Sendable, Equatable, APIObject {
    /// The token; it is never logged or repeated in an answer.
    public var token = ""

    /// What it is, in one sentence.
    package static let schemaSummary = "A new token for the same user."

    /// An object with the defaults of its fields.
    package init() {}

    /// A new token for the same user.
    ///
    /// - Parameter token: The token; it is never logged or repeated in an answer.
    public init(
        token: String
    ) {
        self.token = token
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "token", &token, .token,
            "The token; it is never logged or repeated in an answer.")
    }
}

/// What one connection may do.
public struct ConnectionLimits: Sendable, Equatable, APIObject {
    /// Bytes of one message from the client; a longer one closes the connection with 1009.
    public var messageByteCountMax = 0
    /// Messages of one batch.
    public var batchCountMax = 0
    /// Channels that one connection may subscribe to.
    public var subscriptionCountMax = 0
    /// Requests that may wait for an answer at the same time.
    public var requestsInFlightMax = 0
    /// Messages per second in the long run; 0 means unlimited.
    public var messagesPerSecondMax = 0
    /// Messages that may come at once; 0 means unlimited.
    public var messageBurstMax = 0
    /// Bytes that may wait to be read by the client before its policies apply.
    public var outboundByteCountMax = 0

    /// What it is, in one sentence.
    package static let schemaSummary = "What one connection may do."

    /// An object with the defaults of its fields.
    package init() {}

    /// What one connection may do.
    ///
    /// - Parameters:
    ///   - messageByteCountMax: Bytes of one message from the client; a longer one closes the
    ///     connection with 1009.
    ///   - batchCountMax: Messages of one batch.
    ///   - subscriptionCountMax: Channels that one connection may subscribe to.
    ///   - requestsInFlightMax: Requests that may wait for an answer at the same time.
    ///   - messagesPerSecondMax: Messages per second in the long run; 0 means unlimited.
    ///   - messageBurstMax: Messages that may come at once; 0 means unlimited.
    ///   - outboundByteCountMax: Bytes that may wait to be read by the client before its
    ///     policies apply.
    public init(
        messageByteCountMax: Int, batchCountMax: Int, subscriptionCountMax: Int,
        requestsInFlightMax: Int, messagesPerSecondMax: Int, messageBurstMax: Int,
        outboundByteCountMax: Int
    ) {
        self.messageByteCountMax = messageByteCountMax
        self.batchCountMax = batchCountMax
        self.subscriptionCountMax = subscriptionCountMax
        self.requestsInFlightMax = requestsInFlightMax
        self.messagesPerSecondMax = messagesPerSecondMax
        self.messageBurstMax = messageBurstMax
        self.outboundByteCountMax = outboundByteCountMax
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "message_byte_count_max", &messageByteCountMax, 1...Int64(Int32.max),
            "Bytes of one message from the client; a longer one closes the connection "
                + "with 1009.")
        try coder.required(
            "batch_count_max", &batchCountMax, 1...1000,
            "Messages of one batch.")
        try coder.required(
            "subscription_count_max", &subscriptionCountMax, 0...100_000,
            "Channels that one connection may subscribe to.")
        try coder.required(
            "requests_in_flight_max", &requestsInFlightMax, 1...10_000,
            "Requests that may wait for an answer at the same time.")
        try coder.required(
            "messages_per_second_max", &messagesPerSecondMax, 0...1_000_000,
            "Messages per second in the long run; 0 means unlimited.")
        try coder.required(
            "message_burst_max", &messageBurstMax, 0...1_000_000,
            "Messages that may come at once; 0 means unlimited.")
        try coder.required(
            "outbound_byte_count_max", &outboundByteCountMax, 0...Int64(Int32.max),
            "Bytes that may wait to be read by the client before its policies apply.")
    }
}

/// The limits of this connection.
public struct LimitsResult: Sendable, Equatable, APIObject {
    /// The limits.
    public var limits = ConnectionLimits()

    /// What it is, in one sentence.
    package static let schemaSummary = "The limits of this connection."

    /// An object with the defaults of its fields.
    package init() {}

    /// The limits of this connection.
    ///
    /// - Parameter limits: The limits.
    public init(
        limits: ConnectionLimits
    ) {
        self.limits = limits
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "limits", &limits, .any,
            "The limits.")
    }
}

/// Counters of this connection.
public struct ConnectionStatsResult: Sendable, Equatable, APIObject {
    /// The connection.
    public var connectionID = ""
    /// The node that serves it.
    public var node = ""
    /// When it was opened, in milliseconds since the Unix epoch.
    public var connectedAt: Int64 = 0
    /// Channels that it is subscribed to.
    public var subscriptionCount = 0
    /// Messages received.
    public var messagesIn: Int64 = 0
    /// Messages sent.
    public var messagesOut: Int64 = 0
    /// Bytes received, frame headers included.
    public var bytesIn: Int64 = 0
    /// Bytes sent, frame headers included.
    public var bytesOut: Int64 = 0
    /// Events that gave way to newer ones of the same key.
    public var eventsMerged: Int64 = 0
    /// Events that were dropped.
    public var eventsDropped: Int64 = 0
    /// Bytes that wait to be read by the client.
    public var bytesQueued: Int64 = 0

    /// What it is, in one sentence.
    package static let schemaSummary = "Counters of this connection."

    /// An object with the defaults of its fields.
    package init() {}

    /// Counters of this connection.
    ///
    /// - Parameters:
    ///   - connectionID: The connection.
    ///   - node: The node that serves it.
    ///   - connectedAt: When it was opened, in milliseconds since the Unix epoch.
    ///   - subscriptionCount: Channels that it is subscribed to.
    ///   - messagesIn: Messages received.
    ///   - messagesOut: Messages sent.
    ///   - bytesIn: Bytes received, frame headers included.
    ///   - bytesOut: Bytes sent, frame headers included.
    ///   - eventsMerged: Events that gave way to newer ones of the same key.
    ///   - eventsDropped: Events that were dropped.
    ///   - bytesQueued: Bytes that wait to be read by the client.
    public init(
        connectionID: String, node: String, connectedAt: Int64, subscriptionCount: Int,
        messagesIn: Int64, messagesOut: Int64, bytesIn: Int64, bytesOut: Int64, eventsMerged: Int64,
        eventsDropped: Int64, bytesQueued: Int64
    ) {
        self.connectionID = connectionID
        self.node = node
        self.connectedAt = connectedAt
        self.subscriptionCount = subscriptionCount
        self.messagesIn = messagesIn
        self.messagesOut = messagesOut
        self.bytesIn = bytesIn
        self.bytesOut = bytesOut
        self.eventsMerged = eventsMerged
        self.eventsDropped = eventsDropped
        self.bytesQueued = bytesQueued
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "connection_id", &connectionID, .identifier,
            "The connection.")
        try coder.required(
            "node", &node, .identifier,
            "The node that serves it.")
        try coder.required(
            "connected_at", &connectedAt, Time.range,
            "When it was opened, in milliseconds since the Unix epoch.")
        try coder.required(
            "subscription_count", &subscriptionCount, 0...100_000,
            "Channels that it is subscribed to.")
        try coder.required(
            "messages_in", &messagesIn, 0...Int64.max,
            "Messages received.")
        try coder.required(
            "messages_out", &messagesOut, 0...Int64.max,
            "Messages sent.")
        try coder.required(
            "bytes_in", &bytesIn, 0...Int64.max,
            "Bytes received, frame headers included.")
        try coder.required(
            "bytes_out", &bytesOut, 0...Int64.max,
            "Bytes sent, frame headers included.")
        try coder.required(
            "events_merged", &eventsMerged, 0...Int64.max,
            "Events that gave way to newer ones of the same key.")
        try coder.required(
            "events_dropped", &eventsDropped, 0...Int64.max,
            "Events that were dropped.")
        try coder.required(
            "bytes_queued", &bytesQueued, 0...Int64.max,
            "Bytes that wait to be read by the client.")
    }
}

/// The OpenRPC document of this server.
public struct DiscoverResult: Sendable, Equatable, APIObject {

    /// What it is, in one sentence.
    package static let schemaSummary = "The OpenRPC document of this server."

    /// An object with the defaults of its fields.
    package init() {}

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
    }
}
