import EventLoop
import GatewayClient
import TestSupport
import Testing
import WebSocketClient
import WebSocketProtocol

@Suite(
    "Other stacks as servers of our client",
    .enabled(if: InteropPeer.isAvailable, "\(InteropPeer.unavailableReason)"),
    .timeLimit(.minutes(10)))
struct ClientInteropTests {
    /// What our client offers, and whether the server agrees to take over its context.
    static let modes: [(mode: DeflateMode, server: String)] = [
        (.off, "off"), (.off, "takeover"), (.shared, "shared"), (.dedicated, "off"),
        (.dedicated, "takeover"), (.dedicated, "9"),
    ]

    @Test(arguments: InteropPeer.available, modes.indices)
    func `Messages of every length come back unchanged`(
        peer: InteropPeer, index: Int
    ) async throws {
        try await Self.check(peer, index, certificate: nil)
    }

    @Test(arguments: InteropPeer.available, [0, 2, 4])
    func `So they do over TLS`(peer: InteropPeer, index: Int) async throws {
        try await Self.check(peer, index, certificate: TestCertificate(names: ["127.0.0.1"]))
    }

    private static func check(
        _ peer: InteropPeer, _ index: Int, certificate: TestCertificate?
    ) async throws {
        let (mode, deflate) = modes[index]
        let server = try peer.startServer(deflate: deflate, certificate: certificate)
        let tls = try certificate.map {
            ClientTLS(
                trust: try TLSTrust(authorityPath: $0.certificatePath), host: "127.0.0.1")
        }
        let group = try EventLoopGroup(count: 1, name: "interop")
        let loop = group.loops[0]
        let address = SocketAddress.internet(host: "127.0.0.1", port: try server.port())
        let result = await loop.task {
            let exchange = EchoExchange(messages: Self.messages())
            await exchange.run(
                on: loop, to: address, mode: mode, serverWindowBitsMax: UInt8(deflate) ?? 15,
                tls: tls)
            return (exchange.echoedCount, exchange.end, exchange.deflate)
        }.value
        group.stopAndJoin()
        #expect(result.0 == Self.messages().count)
        #expect(
            result.1 == .closed(.normalClosure, reason: "", isByPeer: false), "\(result.1 as Any)")
        let isCompressed = mode != .off && deflate != "off"
        #expect((result.2 != nil) == isCompressed)
        if deflate == "9" { #expect(result.2?.serverWindowBits == 9) }
        if mode == .dedicated && isCompressed {
            #expect(result.2?.serverTakesOverContext == true)
        }
    }

    /// Every length form, binary and text, each twice for compressors that remember.
    private static func messages() -> [(MessageKind, [UInt8])] {
        var random = SeededGenerator(seed: 99)
        let block = (0..<3000).map { _ in UInt8.random(in: 0...255, using: &random) }
        return [0, 1, 125, 126, 65_535, 65_536, 1 << 20].flatMap { byteCount in
            let bytes = (0..<byteCount).map { block[$0 % block.count] }
            let text = bytes.map { 0x20 + $0 % 0x5F }
            return [
                (MessageKind.binary, bytes), (.binary, bytes), (.text, text), (.text, text),
            ]
        }
    }
}

/// Sends messages one after another, each when the last came back, and closes. Confined to a loop.
private final class EchoExchange: ClientConnectionDelegate {
    private let messages: [(MessageKind, [UInt8])]
    private var waiter: CheckedContinuation<Void, Never>?
    private(set) var echoedCount = 0
    private(set) var end: ClientConnectionEnd?
    private(set) var deflate: DeflateParameters?

    init(messages: [(MessageKind, [UInt8])]) {
        self.messages = messages
    }

    /// Runs the exchange to the end of the connection.
    func run(
        on loop: EventLoop, to address: SocketAddress, mode: DeflateMode,
        serverWindowBitsMax: UInt8, tls: ClientTLS?
    ) async {
        var configuration = ClientConnectionConfiguration(authority: "127.0.0.1", target: "/")
        configuration.tls = tls
        configuration.deflate = DeflateConfiguration(
            mode: mode, serverWindowBitsMax: serverWindowBitsMax,
            allowsClientContextTakeover: mode == .dedicated)
        configuration.limits = WebSocketLimits(
            messageByteCountMax: 2 << 20, frameByteCountMax: 2 << 20, fragmentCountMax: 4096,
            inflationFactorMax: 1100)
        configuration.unsentByteCountMax = 4 << 20
        let context = ClientConnectionContext(loop: loop, configuration: configuration)
        await withCheckedContinuation { continuation in
            waiter = continuation
            do throws(SystemError) {
                _ = try ClientConnection(
                    connectingTo: address, context: context, token: nil, delegate: self)
            } catch {
                waiter.take()?.resume()
            }
        }
    }

    func connectionOpened(_ connection: ClientConnection) {
        deflate = connection.deflate
        sendNext(connection)
    }

    func connection(
        _ connection: ClientConnection, received kind: MessageKind, _ bytes: BorrowedBytes
    ) {
        let (expectedKind, expected) = messages[echoedCount]
        guard kind == expectedKind, Array(copying: bytes) == expected else {
            connection.close(.unsupportedData, reason: "message \(echoedCount) is different")
            return
        }
        echoedCount += 1
        sendNext(connection)
    }

    func connectionEnded(_ connection: ClientConnection, _ end: ClientConnectionEnd) {
        self.end = end
        waiter.take()?.resume()
    }

    private func sendNext(_ connection: ClientConnection) {
        guard echoedCount < messages.count else {
            connection.close()
            return
        }
        let (kind, payload) = messages[echoedCount]
        connection.send(kind, payload)
    }
}
