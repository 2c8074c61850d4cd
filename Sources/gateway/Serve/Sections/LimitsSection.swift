import GatewayServer
import Streams
import WebSocketProtocol

/// The section `limits`: what clients may have, send and leave unread.
extension ServeConfiguration {
    /// Reads the section.
    ///
    /// - Parameters:
    ///   - file: the whole configuration.
    ///   - node: gets the settings.
    /// - Throws: `ConfigurationReader.Problem`.
    static func readLimits(
        _ file: inout ConfigurationReader, into node: inout GatewayConfiguration
    ) throws {
        var section = try file.object("limits")
        try readConnectionLimits(&section, into: &node.limits)
        try readMessageLimits(&section, into: &node)
        try readFrameLimits(&section, into: &node)
        try readStreamLimits(&section, into: &node.streamLimits)
        try section.finish()
    }

    private static func readConnectionLimits(
        _ section: inout ConfigurationReader, into limits: inout ServerLimits
    ) throws {
        try section.integer(
            "connections_per_loop", 1...1_000_000, into: &limits.connectionsPerLoop,
            "Connections of one loop, handshakes included; more are closed at once. More than one "
                + "core serves with a tick a second each.")
        try section.integer(
            "connections_per_address", 1...1_000_000, into: &limits.connectionsPerAddress,
            "Connections of one client address and loop: an office is fine, one machine cannot "
                + "take the whole node. A proxy is one address, unless it is one of "
                + "`public.trusted_proxies`.")
        try section.seconds(
            "handshake_seconds", 1...300, into: &limits.handshakeDuration,
            "From the accept to the end of the handshake: a mobile network with two lost packets "
                + "makes it.")
        // hello tells their sum, which the contract bounds at an hour.
        try section.seconds(
            "heartbeat_interval_seconds", 1...1800, into: &limits.heartbeatInterval,
            "Silence after which the node pings: less than the 30 to 60 s after which proxies and "
                + "mobile networks forget a connection.")
        try section.seconds(
            "heartbeat_timeout_seconds", 1...1800, into: &limits.heartbeatTimeout,
            "How long a ping may stay without any answer; then 4004.")
        try section.seconds(
            "close_seconds", 1...300, into: &limits.closeDuration,
            "How long a peer may take to answer a Close frame.")
        try section.integer(
            "handshakes_per_address", 1...1_000_000, into: &limits.handshakesPerAddress,
            "Handshakes of one address under way, per loop and TLS thread: a whole office that "
                + "comes back is through in moments, a slow-loris cannot take every place.")
        try section.integer(
            "tls_handshakes_per_thread", 1...1_000_000, into: &limits.tlsHandshakesPerThread,
            "TLS handshakes under way: what a thread does in two seconds. Half a one takes "
                + "45 KiB.")
    }

    private static func readMessageLimits(
        _ section: inout ConfigurationReader, into node: inout GatewayConfiguration
    ) throws {
        try section.integer(
            "messages_per_second", 0...1_000_000, into: &node.limits.messagesPerSecond,
            "Messages of one connection in the long run, 0 for no bound: a bot that acts on every "
                + "tick of every market stays far below. Then `rate_limited`.")
        try section.integer(
            "message_burst", 1...1_000_000, into: &node.limits.messageBurst,
            "Messages of one connection that may come at once.")
        try section.integer(
            "feed_silence_seconds", 1...600, unit: 1000,
            into: &node.limits.feedSilenceMilliseconds,
            "Silence of a market after which its sessions pause.")
    }

    private static func readStreamLimits(
        _ section: inout ConfigurationReader, into limits: inout StreamLimits
    ) throws {
        try section.integer(
            "subscriptions_per_connection", 1...65_535, into: &limits.subscriptionsPerConnection,
            "Subscriptions of one connection: a page with every market of one kind.")
        try section.integer(
            "queued_bytes_per_connection", 65_536...1_073_741_824,
            into: &limits.queuedByteCountPerConnection,
            "Bytes that wait for a client that does not read: some ten seconds of everything; "
                + "then 4000.")
    }
}
