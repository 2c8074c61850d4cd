import ArgumentParser
import EventLoop
import Glibc
import LoadTesting

/// How this process runs and where its results go.
struct RunOptions: ParsableArguments {
    @Option(help: "Threads that receive.")
    var threads = 1

    @Option(help: "The processor that this process runs on, so that the gateway has the others.")
    var pin: Int?

    @Option(name: .customLong("json"), help: "Write the results to this file.", completion: .file())
    var jsonPath: String?

    @Flag(help: "No progress on standard error.")
    var quiet = false

    func validate() throws {
        guard (1...64).contains(threads) else { throw ValidationError("--threads is 1 to 64") }
    }

    /// Prepares the process and starts the loops.
    func start() throws -> EventLoopGroup {
        if let pin { try ProcessorAffinity.pinCurrentThread(to: pin) }
        OpenFileLimit.raise()
        return try EventLoopGroup(count: threads, name: "receive")
    }
}
