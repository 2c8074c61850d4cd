import ArgumentParser
import WebSocketProtocol

extension DeflateMode: ExpressibleByArgument {
    /// The mode of an option's value.
    public init?(argument: String) {
        self.init(settingName: argument)
    }
}

/// How `gateway dev` compresses; `gateway serve` has the section `compression` for it.
struct CompressionOptions: ParsableArguments {
    @Option(help: "permessage-deflate: shared, dedicated (context takeover) or off.")
    var compression = DeflateMode.shared

    @Option(help: "The window of what is sent, as a base-2 logarithm, 9 to 15.")
    var compressionWindow: UInt8 = 15

    @Option(help: "zlib's memory level, 1 to 9.")
    var compressionMemory = 8

    @Option(help: "Payloads below this many bytes are sent as they are.")
    var compressionMinimum = 256

    @Option(help: "Bytes that all connections' compression may take together.")
    var compressionBudget = 64 << 20

    func validate() throws {
        guard (9...15).contains(compressionWindow), (1...9).contains(compressionMemory),
            compressionMinimum >= 0, compressionBudget >= 0
        else {
            throw ValidationError(
                "--compression-window is 9 to 15, --compression-memory 1 to 9, "
                    + "--compression-minimum and --compression-budget at least 0")
        }
    }

    /// Sets a configuration up.
    func apply(to configuration: inout DeflateConfiguration) {
        configuration.mode = compression
        configuration.serverWindowBitsMax = compressionWindow
        configuration.memoryLevel = compressionMemory
        configuration.payloadByteCountMin = compressionMinimum
    }
}
