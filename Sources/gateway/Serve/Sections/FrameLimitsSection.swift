import GatewayServer
import WebSocketProtocol

/// The part of the section `limits` that bounds what a peer's bytes may cost before they are a
/// request: frames, messages and inflating.
extension ServeConfiguration {
    /// Reads the bounds on frames, messages and inflating.
    ///
    /// - Parameters:
    ///   - section: the section `limits`.
    ///   - node: gets the settings.
    /// - Throws: `ConfigurationReader.Problem`.
    static func readFrameLimits(
        _ section: inout ConfigurationReader, into node: inout GatewayConfiguration
    ) throws {
        try section.integer(
            "message_bytes", 1024...16_777_216, into: &node.webSocketLimits.messageByteCountMax,
            "A message's bytes, inflated if it is compressed; else 1009.")
        node.webSocketLimits.frameByteCountMax = node.webSocketLimits.messageByteCountMax
        try section.integer(
            "message_fragments", 1...65_536, into: &node.webSocketLimits.fragmentCountMax,
            "Frames of a message, each of which costs work; else 1008.")
        try section.integer(
            "message_seconds", 1...3600, unit: 1_000_000_000,
            into: &node.webSocketLimits.messageDurationMax,
            "How long a message may stay incomplete; else 1008.")
        try section.integer(
            "inflation_factor", 1...1100, into: &node.webSocketLimits.inflationFactorMax,
            "How many times larger than its frames a message may get, once it is above the free "
                + "bytes; else 1009. Deflate itself ends at 1032.")
        try section.integer(
            "inflation_free_bytes", 0...16_777_216,
            into: &node.webSocketLimits.inflationFreeByteCount,
            "Inflated bytes up to which no factor counts.")
        try section.integer(
            "inflating_messages_per_loop", 1...1_000_000,
            into: &node.webSocketLimits.leasedInflaterCountMax,
            "Compressed messages that are incomplete at once, some 40 KiB each; else 1013.")
        try section.integer(
            "ping_burst", 1...100_000, into: &node.webSocketLimits.controlFrameBurstMax,
            "Pings and pongs that may come at once; else 1008.")
        try section.integer(
            "ping_interval_milliseconds", 0...60_000, unit: 1_000_000,
            into: &node.webSocketLimits.controlFrameInterval,
            "How far pings and pongs have to be apart in the long run, 0 for no bound; else 1008.")
    }
}
