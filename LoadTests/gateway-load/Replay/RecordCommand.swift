import ArgumentParser
import FoundationEssentials
import TickFeed

/// `gateway-load record`.
struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Writes a generated recording, for replay or `gateway dev --feed FILE`.")

    @OptionGroup var recording: RecordingOptions

    @Option(help: "Seconds to generate.")
    var duration = 10

    @Argument(help: "The file to write.", completion: .file())
    var path: String

    func run() throws {
        var bytes: [UInt8] = []
        for tick in try recording.generator(seconds: duration) {
            tick.appendRecordingLine(to: &bytes)
        }
        try Data(bytes).write(to: URL(filePath: path))
    }
}
