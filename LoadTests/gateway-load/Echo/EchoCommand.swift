import ArgumentParser
import EventLoop
import Glibc
import LoadTesting
import WebSocketProtocol

/// `gateway-load echo`.
struct EchoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo",
        abstract: "Runs a plain echo server on the gateway's WebSocket stack.",
        discussion: """
            No token, no subprotocol, any path: the target for conformance suites and for \
            comparisons with other servers. Text comes back as text and binary as binary. It says \
            "listening on ADDRESS" when it is ready and ends by SIGTERM or SIGINT.
            """)

    /// How the server compresses.
    enum Deflate: String, ExpressibleByArgument, CaseIterable {
        case off
        case shared
        case dedicated

        /// The mode as the WebSocket stack names it.
        var mode: DeflateMode {
            switch self {
            case .off: .off
            case .shared: .shared
            case .dedicated: .dedicated
            }
        }
    }

    @Option(help: "The port; 0 lets the kernel choose one.")
    var port: UInt16

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "Threads; each accepts on the same port.")
    var loops = 1

    @Option(help: "The largest message in bytes.")
    var messageMax = 16 * 1024 * 1024

    @Option(help: "permessage-deflate: off, shared (no context takeover) or dedicated.")
    var deflate = Deflate.off

    @Option(help: "The smallest message in bytes that is compressed.")
    var deflateMin = 0

    @Flag(help: "Let clients take over their compression context.")
    var clientTakeover = false

    @Option(help: "A PEM file with a certificate chain: TLS.", completion: .file())
    var certificate: String?

    @Option(help: "The PEM file with the certificate's key.", completion: .file())
    var key: String?

    @Option(help: "The processor to run on.")
    var pin: Int?

    func validate() throws {
        guard (1...64).contains(loops) else { throw ValidationError("--loops is 1 to 64") }
        guard (1...1 << 30).contains(messageMax) else {
            throw ValidationError("--message-max is 1 to 1073741824")
        }
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("--certificate and --key go together")
        }
    }

    func run() async throws {
        SignalSource.block([SIGINT, SIGTERM])
        if let pin { try ProcessorAffinity.pinCurrentThread(to: pin) }
        OpenFileLimit.raise()
        let settings = try settings()
        let group = try EventLoopGroup(count: loops, name: "echo")
        var address = SocketAddress.internet(host: host, port: port)
        try checkIsFree(address, on: group.loops[0])
        var servers: [LoopBound<EchoServer>] = []
        for loop in group.loops {
            let server = try EchoServer(on: loop, address: address, settings: settings)
            // The others share the port that the kernel chose for the first.
            address = server.address
            let bound = LoopBound(server, loop: loop)
            servers.append(bound)
            try await loop.attempt { () throws(SystemError) in try bound.value.start() }
        }
        Console.write("listening on \(address)")
        try await Shutdown.wait(on: group.loops[0])
        group.stopAndJoin()
        // Nothing else keeps the servers: a listener does not own its acceptor.
        withExtendedLifetime(servers) {}
    }

    /// The loops share a port, and the kernel would let them share that of another program of the
    /// same user, which would lose a part of its clients to them.
    private func checkIsFree(_ address: SocketAddress, on loop: EventLoop) throws {
        guard port > 0 else { return }
        var options = ListenerOptions()
        options.sharesPort = false
        do throws(SystemError) {
            _ = try Listener(on: loop, address: address, options: options)
        } catch {
            throw ValidationError("cannot listen on \(address): \(error)")
        }
    }

    private func settings() throws(TLSError) -> EchoSettings {
        var settings = EchoSettings()
        if let certificate, let key {
            settings.identity = try TLSServerIdentity(
                files: [TLSCertificateFiles(certificatePath: certificate, keyPath: key)])
        }
        settings.messageByteCountMax = messageMax
        settings.deflate = DeflateConfiguration(
            mode: deflate.mode, allowsClientContextTakeover: clientTakeover,
            payloadByteCountMin: deflateMin
        )
        return settings
    }
}
