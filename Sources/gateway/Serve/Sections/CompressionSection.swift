import GatewayServer
import WebSocketProtocol

extension DeflateMode {
    /// The names of all modes in settings and options.
    static let settingNames = ["shared", "dedicated", "off"]

    /// The mode of a name in settings and options; nil where there is none.
    init?(settingName: String) {
        switch settingName {
        case "off": self = .off
        case "shared": self = .shared
        case "dedicated": self = .dedicated
        default: return nil
        }
    }

    /// The name in settings and options.
    var settingName: String {
        switch self {
        case .off: "off"
        case .shared: "shared"
        case .dedicated: "dedicated"
        }
    }
}

extension DeflateConfiguration {
    /// What is on, for people.
    var summary: String {
        guard mode != .off else { return "off" }
        return "\(mode.settingName), window \(serverWindowBitsMax), memory level \(memoryLevel), "
            + "level \(level), from \(payloadByteCountMin) bytes on"
    }
}

/// The section `compression`: permessage-deflate (RFC 7692).
extension ServeConfiguration {
    /// Reads how messages are compressed, and how much memory that may take.
    ///
    /// - Parameters:
    ///   - file: the whole configuration.
    ///   - node: gets the settings.
    /// - Throws: `ConfigurationReader.Problem`.
    static func readCompression(
        _ file: inout ConfigurationReader, into node: inout GatewayConfiguration
    ) throws {
        var section = try file.object("compression")
        let name = try section.choice(
            "mode", of: DeflateMode.settingNames, standard: node.deflate.mode.settingName,
            "`shared` compresses a message once for everybody and costs an idle connection "
                + "nothing. `dedicated` remembers earlier messages: half the bytes again, for "
                + "20 to 85 KiB a connection and three to six times the processor time.")
        if let mode = DeflateMode(settingName: name) { node.deflate.mode = mode }
        try section.integer(
            "window_bits", 9...15, into: &node.deflate.serverWindowBitsMax,
            "The window of what is sent, as a base-2 logarithm; it takes four times as much.")
        try section.integer(
            "client_window_bits", 9...15, into: &node.deflate.clientWindowBitsMax,
            "The same of what clients send, where they offer to keep to it.")
        try section.boolean(
            "client_takeover", into: &node.deflate.allowsClientContextTakeover,
            "Whether clients may refer to earlier messages, for a window and 7 KiB each.")
        try section.integer(
            "memory_level", 1...9, into: &node.deflate.memoryLevel,
            "zlib's memory level: a compressor takes 2^(level + 9) bytes for it.")
        try section.integer(
            "level", 1...9, into: &node.deflate.level, "zlib's compression level; 1 is fastest.")
        try section.integer(
            "minimum_bytes", 0...1_048_576, into: &node.deflate.payloadByteCountMin,
            "Events below are sent as they are: of 120 bytes 22 would be saved, for 7 µs.")
        try section.integer(
            "budget_bytes", 0...1 << 40, into: &node.deflateBudgetByteCount,
            "Memory for all connections' compression together. Whoever does not fit steps down to "
                + "`shared`, then to none (`tradermind_deflate_step_downs_total`).")
        try section.finish()
    }
}
