import ArgumentParser
import EventLoop
import GatewayClient
import LoadTesting
import WebSocketClient
import WebSocketProtocol

/// `gateway-load autobahn-client`.
struct AutobahnClientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "autobahn-client",
        abstract: "Runs the client role against a fuzzing server of the Autobahn test suite.",
        discussion: "Start `wstest -m fuzzingserver` first; its report has the verdicts.")

    @Option(help: "The fuzzing server, ws://HOST:PORT.")
    var url: String

    @Option(help: "The name in the report.")
    var agent = "tradermind-gateway-client"

    @Option(help: "permessage-deflate: off, shared (no context takeover) or dedicated.")
    var deflate = EchoCommand.Deflate.dedicated

    @Option(help: "The first case.")
    var from = 1

    @Option(help: "The last case; the server's number of cases by default.")
    var to: Int?

    func run() async throws {
        let base: WebSocketURL
        do {
            base = try WebSocketURL(url)
        } catch {
            throw ValidationError("\(url): \(error)")
        }
        let group = try EventLoopGroup(count: 1, name: "autobahn")
        let loop = group.loops[0]
        let address = try await base.address(on: loop)
        let runner = LoopBound(
            AutobahnRunner(
                loop: loop, address: address, authority: base.authority, mode: deflate.mode),
            loop: loop)
        let count = await loop.task { await runner.value.run("/getCaseCount") }.value
        guard let caseCount = count.flatMap({ Int($0) }) else {
            throw ValidationError("no number of cases from \(url)")
        }
        Console.note("\(caseCount) cases")
        let last = min(to ?? caseCount, caseCount)
        if from <= last {
            for number in from...last {
                let path = "/runCase?case=\(number)&agent=\(agent)"
                _ = await loop.task { await runner.value.run(path) }.value
                if number % 25 == 0 { Console.progress("case \(number)") }
            }
        }
        Console.endProgress()
        _ = await loop.task { await runner.value.run("/updateReports?agent=\(agent)") }.value
        group.stopAndJoin()
        Console.write("ran \(max(0, last - from + 1)) cases")
    }
}

/// Runs one connection after another, echoing everything. Confined to its loop.
final class AutobahnRunner: ClientConnectionDelegate {
    private let loop: EventLoop
    private let address: SocketAddress
    private let authority: String
    private let mode: DeflateMode
    private var lastText: String?
    private var waiter: CheckedContinuation<Void, Never>?

    init(loop: EventLoop, address: SocketAddress, authority: String, mode: DeflateMode) {
        self.loop = loop
        self.address = address
        self.authority = authority
        self.mode = mode
    }

    /// Opens a connection and echoes until it ends.
    ///
    /// - Returns: the last text that came.
    func run(_ target: String) async -> String? {
        var configuration = ClientConnectionConfiguration(authority: authority, target: target)
        configuration.deflate = DeflateConfiguration(
            mode: mode, allowsClientContextTakeover: mode == .dedicated)
        configuration.unsentByteCountMax = 64 * 1024 * 1024
        configuration.limits = EchoSettings().limits
        let context = ClientConnectionContext(loop: loop, configuration: configuration)
        lastText = nil
        await withCheckedContinuation { continuation in
            waiter = continuation
            do {
                _ = try ClientConnection(
                    connectingTo: address, context: context, token: nil, delegate: self)
            } catch {
                waiter.take()?.resume()
            }
        }
        return lastText
    }

    func connectionOpened(_ connection: ClientConnection) {}

    func connection(
        _ connection: ClientConnection, received kind: MessageKind, _ bytes: BorrowedBytes
    ) {
        if kind == .text, bytes.byteCount < 1024 { lastText = String(copying: bytes) }
        bytes.withSpan { _ = connection.send(kind, $0) }
    }

    func connectionEnded(_ connection: ClientConnection, _ end: ClientConnectionEnd) {
        waiter.take()?.resume()
    }
}
