import GatewayServer
import WebSocketProtocol

/// The part of the section `limits` that bounds what a peer's bytes may cost before they are a
/// request: handshakes, frames, and inflating.
extension ServeConfiguration {
    /// Reads the bounds on handshakes, frames and inflating.
    ///
    /// - Parameters:
    ///   - section: the section `limits`.
    ///   - node: gets the settings.
    /// - Throws: `ConfigurationReader.Problem`.
    static func readFrameLimits(
        _ section: inout ConfigurationReader, into node: inout GatewayConfiguration
    ) throws {
        func set(_ key: String, _ range: ClosedRange<Int>, _ body: (Int) -> Void) throws {
            if let value = try section.integer(key, in: range) { body(value) }
        }
        try set("handshakes_per_address", 1...1_000_000) { node.limits.handshakesPerAddress = $0 }
        try set("tls_handshakes_per_thread", 1...1_000_000) {
            node.limits.tlsHandshakesPerThread = $0
        }
        try set("close_seconds", 1...300) { node.limits.closeDuration = .seconds($0) }
        try set("message_fragments", 1...65_536) { node.webSocketLimits.fragmentCountMax = $0 }
        try set("message_seconds", 1...3600) {
            node.webSocketLimits.messageDurationMax = UInt64($0) * 1_000_000_000
        }
        try set("inflation_factor", 1...1100) { node.webSocketLimits.inflationFactorMax = $0 }
        try set("inflation_free_bytes", 0...16_777_216) {
            node.webSocketLimits.inflationFreeByteCount = $0
        }
        try set("inflating_messages_per_loop", 1...1_000_000) {
            node.webSocketLimits.leasedInflaterCountMax = $0
        }
        try set("ping_burst", 1...100_000) { node.webSocketLimits.controlFrameBurstMax = $0 }
        try set("ping_interval_milliseconds", 0...60_000) {
            node.webSocketLimits.controlFrameInterval = UInt64($0) * 1_000_000
        }
    }
}
