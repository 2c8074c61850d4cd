import ArgumentParser
import EventLoop
import Foundation

/// `gateway dev`: everything on this machine with nothing to configure.
struct Dev: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run everything on this machine, with nothing to configure.",
        discussion: """
            Starts a private Redis and a private PostgreSQL on unix sockets in the data folder, \
            makes keys and tokens, and publishes ticks. When it is ready it says where to go and \
            writes dev.json beside its state. Ctrl-C stops all that it started; the next start \
            finds its state again. Clients come with its tokens: signing in through Deriv is off.
            """)

    @Option(help: "The port that clients connect to; 0 takes a free one.")
    var port: UInt16 = 8080

    @Option(help: "The port of health and metrics; 0 takes a free one.")
    var internalPort: UInt16 = 0

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The folder of its state.")
    var data = ".local"

    @Option(
        help: "Where ticks come from: `synthetic`, `deriv` (live), or a recording (NDJSON).")
    var feed = "synthetic"

    @Option(help: "How many times faster a recording is played.")
    var speed = 1.0

    @Option(help: "The seed of the synthetic feed; a random one without it.")
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "Where Deriv's public socket is (wss://…), for --feed deriv.", visibility: .hidden))
    var derivURL: String?

    @Option(
        help: ArgumentHelp(
            "The authorities that certify it (PEM); the system's without it.", visibility: .hidden))
    var derivCAFile: String?

    @Option(help: "How many loops serve clients; one per processor without it.")
    var loops: Int?

    @Option(help: "A PEM file with a certificate chain: clients connect over TLS.")
    var certificate: String?

    @Option(help: "The PEM file with the certificate's key.")
    var key: String?

    @OptionGroup(title: "Compression")
    var compression: CompressionOptions

    @Option(
        help: ArgumentHelp(
            "Messages per second that one client may send; 0 for no bound.", visibility: .hidden))
    var messageRate: Int?

    @Option(
        help: ArgumentHelp(
            "The congestion control of clients' connections, for comparisons.",
            visibility: .hidden))
    var congestionControl: String?

    func validate() throws {
        guard loops ?? 1 > 0 else { throw ValidationError("--loops takes at least 1") }
        guard ListenAddress.isAddress(host) else {
            throw ValidationError("--host takes an IPv4 or IPv6 address, not \(host)")
        }
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("--certificate and --key go together")
        }
        guard messageRate ?? 0 >= 0 else { throw ValidationError("--message-rate is not negative") }
    }

    func run() throws {
        SignalSource.block([SIGINT, SIGTERM, SIGHUP])
        let loop = try EventLoop(name: "main")
        let session = LoopBound(DevSession(options: self, loop: loop), loop: loop)
        let outcome = OutcomeBox()
        loop.post {
            loop.task {
                outcome.set(await session.value.run())
                loop.stop()
            }
        }
        loop.run()
        if let error = outcome.error { throw error }
    }
}
