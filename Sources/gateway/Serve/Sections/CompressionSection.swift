import GatewayServer
import WebSocketProtocol

extension DeflateMode {
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
        if let name = try section.text("mode") {
            guard let mode = DeflateMode(settingName: name) else {
                throw ConfigurationReader.Problem(
                    description: "compression.mode has to be shared, dedicated or off")
            }
            node.deflate.mode = mode
        }
        if let bits = try section.integer("window_bits", in: 9...15) {
            node.deflate.serverWindowBitsMax = UInt8(bits)
        }
        if let bits = try section.integer("client_window_bits", in: 9...15) {
            node.deflate.clientWindowBitsMax = UInt8(bits)
        }
        if let allows = try section.boolean("client_takeover") {
            node.deflate.allowsClientContextTakeover = allows
        }
        if let level = try section.integer("memory_level", in: 1...9) {
            node.deflate.memoryLevel = level
        }
        if let level = try section.integer("level", in: 1...9) {
            node.deflate.level = level
        }
        if let count = try section.integer("minimum_bytes", in: 0...1_048_576) {
            node.deflate.payloadByteCountMin = count
        }
        if let count = try section.integer("budget_bytes", in: 0...1 << 40) {
            node.deflateBudgetByteCount = count
        }
        try section.finish()
    }
}
