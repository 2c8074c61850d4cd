import EventLoop
import Synchronization
import TestSupport
import Testing
import WebSocketClient
import WebSocketProtocol
import WebSocketTestServer

@testable import GatewayClient

/// Collects what a connection tells, and closes it after a number of messages.
private final class Recorder: ClientConnectionDelegate {
    var texts: [String] = []
    let closesAfter: Int
    /// Called when the connection is open.
    var opened: (ClientConnection) -> Void = { _ in }
    let continuation: CheckedContinuation<([String], ClientConnectionEnd), Never>

    init(
        closesAfter: Int,
        _ continuation: CheckedContinuation<([String], ClientConnectionEnd), Never>
    ) {
        self.closesAfter = closesAfter
        self.continuation = continuation
    }

    func connectionOpened(_ connection: ClientConnection) {
        texts.append("open")
        opened(connection)
    }

    func connection(
        _ connection: ClientConnection, received kind: MessageKind, _ bytes: BorrowedBytes
    ) {
        texts.append(String(copying: bytes))
        if texts.count == closesAfter + 1 { connection.close() }
    }

    func connectionEnded(_ connection: ClientConnection, _ end: ClientConnectionEnd) {
        continuation.resume(returning: (texts, end))
    }
}

@Suite("ClientConnection: bytes in any pieces", .timeLimit(.minutes(10)))
struct ClientConnectionTests {
    private func run(
        _ server: ScriptedServer, closesAfter: Int = .max, on loop: EventLoop,
        configure: @escaping @Sendable (inout ClientConnectionConfiguration) -> Void = { _ in },
        opened: @escaping @Sendable (ClientConnection) -> Void = { _ in }
    ) async -> ([String], ClientConnectionEnd) {
        let port = server.port
        return await withCheckedContinuation { continuation in
            loop.post {
                var configuration = ClientConnectionConfiguration(
                    authority: "127.0.0.1:\(port)", target: "/v1")
                configuration.subprotocols = ["tradermind.v1"]
                configure(&configuration)
                let recorder = Recorder(closesAfter: closesAfter, continuation)
                recorder.opened = opened
                let context = ClientConnectionContext(loop: loop, configuration: configuration)
                do throws(SystemError) {
                    _ = try ClientConnection(
                        connectingTo: .internet(host: "127.0.0.1", port: port), context: context,
                        token: nil, delegate: recorder)
                } catch {
                    continuation.resume(returning: ([], .connectFailed(error)))
                }
            }
        }
    }

    @Test("the handshake and the messages behind it arrive whole, wherever they are split")
    func everySplit() async throws {
        let split = Mutex(0)
        let total = Mutex(0)
        let server = try await ScriptedServer { connection, input in
            guard case .handshake = input else { return }
            let bytes =
                connection.acceptance() + ScriptedConnection.frame("one")
                + ScriptedConnection.frame("é") + ScriptedConnection.frame("", opcode: .ping)
                + ScriptedConnection.frame(String(repeating: "x", count: 130))
            total.withLock { $0 = bytes.count }
            connection.write(bytes, splitAt: split.withLock { $0 })
        }
        let group = try EventLoopGroup(count: 1, name: "client-test")
        var index = 1
        repeat {
            split.withLock { $0 = index }
            let (texts, end) = await run(server, closesAfter: 3, on: group.loops[0])
            #expect(
                texts == ["open", "one", "é", String(repeating: "x", count: 130)],
                "split at \(index)")
            #expect(
                end == .closed(.normalClosure, reason: "", isByPeer: false), "split at \(index)")
            index += 1
        } while index < total.withLock({ $0 })
        #expect(index > 150)
        group.stopAndJoin()
        server.stop()
    }

    @Test("a refusal arrives whole, wherever it is split")
    func everySplitOfARefusal() async throws {
        let split = Mutex(0)
        let answer = Array(
            ("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 7\r\nRetry-After: 3\r\n\r\n"
                + #"{"a":1}"#).utf8)
        let server = try await ScriptedServer { connection, input in
            guard case .handshake = input else { return }
            connection.write(answer, splitAt: split.withLock { $0 })
        }
        let group = try EventLoopGroup(count: 1, name: "client-test")
        let expected = ClientRefusal(
            status: 503, retryAfterSeconds: 3, body: Array("{\"a\":1}".utf8))
        for index in 1..<answer.count {
            split.withLock { $0 = index }
            let (_, end) = await run(server, on: group.loops[0])
            #expect(end == .refused(expected), "split at \(index)")
        }
        group.stopAndJoin()
        server.stop()
    }

    @Test(
        "the server's close frame gives the end",
        arguments: [(1000, "bye"), (4001, "draining"), (nil, "")] as [(UInt16?, String)])
    func closedByServer(code: UInt16?, reason: String) async throws {
        let answers = Journal<UInt16?>()
        let server = try await ScriptedServer { connection, input in
            switch input {
            case .handshake:
                connection.accept()
                connection.close(code, reason: reason)
            case .close(let code, _): answers.add(code)
            case .text, .ended: break
            }
        }
        let group = try EventLoopGroup(count: 1, name: "client-test")
        let (_, end) = await run(server, on: group.loops[0])
        let expected = code.map { CloseCode(rawValue: $0) } ?? .noStatusReceived
        #expect(end == .closed(expected, reason: reason, isByPeer: true))
        #expect(answers.all == [code])
        group.stopAndJoin()
        server.stop()
    }

    @Test("a close frame that lies unread while a write finds the link broken gives the end")
    func closedBeforeABrokenWrite() async throws {
        let isOpen = Atomic<Bool>(false)
        let isGone = Atomic<Bool>(false)
        let server = try await ScriptedServer { connection, input in
            guard case .handshake = input else { return }
            connection.accept()
            try? waitUntil("the client's opening") { isOpen.load(ordering: .acquiring) }
            connection.close(4501, reason: "forbidden")
            connection.drop()
            // Its descriptor is closed when the script has returned.
            connection.loop.post { isGone.store(true, ordering: .releasing) }
        }
        let group = try EventLoopGroup(count: 1, name: "client-test")
        let (texts, end) = await run(
            server, on: group.loops[0],
            opened: { connection in
                isOpen.store(true, ordering: .releasing)
                try? waitUntil("the server's end") { isGone.load(ordering: .acquiring) }
                // Before the next read: the first is answered with a reset, which the second finds.
                let connection = LoopBound(connection, loop: connection.context.loop)
                connection.loop.post {
                    #expect(connection.value.send(.text, Array("one".utf8)))
                    connection.value.send(.text, Array("two".utf8))
                    #expect(!connection.value.send(.text, Array("three".utf8)))
                }
            })
        #expect(texts == ["open"])
        #expect(end == .closed(CloseCode(rawValue: 4501), reason: "forbidden", isByPeer: true))
        group.stopAndJoin()
        server.stop()
    }

    @Test("a link that breaks without a close frame is lost")
    func lost() async throws {
        let server = try await ScriptedServer { connection, input in
            guard case .handshake = input else { return }
            connection.accept()
            connection.end()
        }
        let group = try EventLoopGroup(count: 1, name: "client-test")
        let (texts, end) = await run(server, on: group.loops[0])
        #expect(texts == ["open"])
        #expect(end == .lost(nil))
        group.stopAndJoin()
        server.stop()
    }

    @Test("a message above the limit and a masked frame are violations")
    func violations() async throws {
        let server = try await ScriptedServer { connection, input in
            guard case .handshake = input else { return }
            connection.accept()
            if connection.number == 1 {
                connection.send(String(repeating: "x", count: 101))
            } else {
                connection.write([0x81, 0x81, 1, 2, 3, 4, 5])
            }
        }
        let group = try EventLoopGroup(count: 1, name: "client-test")
        let (_, tooBig) = await run(server, on: group.loops[0]) {
            $0.limits = WebSocketLimits(messageByteCountMax: 100)
        }
        #expect(tooBig == .violation(.messageTooBig(max: 100)))
        let (_, masked) = await run(server, on: group.loops[0])
        #expect(masked == .violation(.frame(.wrongMasking)))
        group.stopAndJoin()
        server.stop()
    }

    @Test("a server that does not answer the close is left")
    func closeTimeout() async throws {
        let server = try await ScriptedServer { connection, input in
            guard case .handshake = input else { return }
            // The machine of the script never sees the close: nothing is read as frames.
            connection.write(connection.acceptance() + ScriptedConnection.frame("now"))
            connection.stopReading()
        }
        let group = try EventLoopGroup(count: 1, name: "client-test")
        let (texts, end) = await run(server, closesAfter: 1, on: group.loops[0]) {
            $0.limits = WebSocketLimits(closeDurationMax: 30_000_000)
        }
        #expect(texts == ["open", "now"])
        #expect(end == .lost(nil))
        group.stopAndJoin()
        server.stop()
    }

    @Test("a connection leaves no timer and no descriptor behind")
    func noLeftovers() async throws {
        let server = try await ScriptedServer { connection, input in
            guard case .handshake = input else { return }
            connection.accept()
            connection.send("one")
        }
        let group = try EventLoopGroup(count: 1, name: "client-test")
        let loop = group.loops[0]
        for _ in 0..<20 { _ = await run(server, closesAfter: 1, on: loop) }
        let load = await withCheckedContinuation { continuation in
            loop.post {
                continuation.resume(returning: [loop.load.timerCount, loop.load.descriptorCount])
            }
        }
        #expect(load == [0, 0])
        group.stopAndJoin()
        server.stop()
    }
}
