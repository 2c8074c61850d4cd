import EventLoop
import GatewayAPI
import Synchronization
import TestSupport
import Testing
import WebSocketTestServer

@testable import GatewayClient

@Suite("GatewayClient: a node that goes", .timeLimit(.minutes(10)))
struct DrainingTests {
    private let draining =
        #"{"jsonrpc":"2.0","method":"server.draining","params":"#
        + #"{"reason":"shutdown","closes_at":1750000000000,"reconnect_after_ms":0}}"#

    private func subscribed(_ sequence: Int, more: String = "") -> String {
        #"{"channels":[\#(ScriptedGateway.state("sessions", seq: sequence, more: more))]}"#
    }

    private var quick: ClientOptions {
        var options = ClientOptions()
        options.reconnect?.delayBase = .milliseconds(2)
        options.reconnect?.delayMax = .milliseconds(4)
        return options
    }

    /// What a script has seen, and the connections, to say something on an earlier one.
    private final class Scene: Sendable {
        let seen = Journal<String>()
        private let connections = Mutex<[Int: LoopBound<ScriptedConnection>]>([:])

        var handshakeCount: Int { seen.all.filter { $0.hasSuffix("handshake") }.count }

        /// Notes what comes.
        func note(_ connection: ScriptedConnection, _ input: ScriptedInput) {
            let number = connection.number
            switch input {
            case .handshake:
                seen.add("\(number) handshake")
                let bound = LoopBound(connection, loop: connection.loop)
                connections.withLock { $0[number] = bound }
            case .text:
                break
            case .close(let code, let reason):
                seen.add("\(number) close \(code ?? 0) \(reason)")
                take(number)
            case .ended:
                take(number)
            }
        }

        /// A connection that lives; on the server's loop.
        func connection(_ number: Int) -> ScriptedConnection? {
            connections.withLock { $0[number] }?.value
        }

        /// Holds a connection no longer, so that its link ends with it.
        @discardableResult
        func take(_ number: Int) -> ScriptedConnection? {
            connections.withLock { $0.removeValue(forKey: number) }?.value
        }
    }

    @Test(
        "the next connection is there before the old one is closed, and nothing is lost or doubled")
    func moves() async throws {
        let scene = Scene()
        let script = ScriptedGateway.script { [self] connection, request in
            if connection.number == 1 {
                connection.send(ScriptedGateway.result(request.id, subscribed(10)))
                connection.send(ScriptedGateway.event("sessions", 11))
                connection.send(draining)
            } else {
                // Too late for the old connection, which has been replaced.
                scene.connection(1)?.send(ScriptedGateway.event("sessions", 12))
                let missed = #","recovered":true,"snapshot":[{"n":12},{"n":13}]"#
                connection.send(ScriptedGateway.result(request.id, subscribed(13, more: missed)))
                connection.send(ScriptedGateway.event("sessions", 14))
                connection.send(ScriptedGateway.event("system", nil))
            }
        }
        let server = try await ScriptedServer { connection, input in
            scene.note(connection, input)
            script(connection, input)
        }
        let client = try await GatewayClient.connect(to: server.url, token: "t", options: quick)
        try await client.subscribe("sessions")
        #expect(
            await client.eventTexts() == [
                "sessions 11", "draining", "back 1", "sessions 12 recovered",
                "sessions 13 recovered", "sessions 14",
            ])
        await client.close()
        server.stop()
        let closed = try #require(scene.seen.all.firstIndex(of: "1 close 1000 moved"))
        let opened = try #require(scene.seen.all.firstIndex(of: "2 handshake"))
        #expect(opened < closed)
    }

    @Test("a call that waits for its answer gets it from the old connection")
    func callInFlight() async throws {
        let scene = Scene()
        let held = Journal<Int64>()
        let script = ScriptedGateway.script { [self] connection, request in
            held.add(request.id)
            connection.send(draining)
        }
        let server = try await ScriptedServer { connection, input in
            scene.note(connection, input)
            script(connection, input)
            guard connection.number == 2, case .handshake = input else { return }
            scene.connection(1)?.send(ScriptedGateway.event("sessions", 1))
            scene.connection(1)?.send(ScriptedGateway.result(held.all[0], "7"))
        }
        let client = try await GatewayClient.connect(to: server.url, token: "t", options: quick)
        #expect(try await client.call("slow").text == "7")
        var iterator = client.events.makeAsyncIterator()
        var texts: [String] = []
        while let event = await iterator.next() {
            switch event {
            case .event: texts.append("event")
            case .serverDraining: texts.append("draining")
            case .reconnected: texts.append("back")
            default: texts.append("unexpected")
            }
            if texts.last == "back" { break }
        }
        #expect(texts == ["draining", "event", "back"])
        await client.close()
        server.stop()
    }

    @Test("a node that is gone before the next one has greeted is lost, with no pause behind it")
    func goneMeanwhile() async throws {
        let scene = Scene()
        let server = try await ScriptedServer { [self] connection, input in
            scene.note(connection, input)
            guard case .handshake = input else { return }
            if connection.number == 1 {
                connection.accept()
                connection.send(ScriptedGateway.hello())
                connection.send(draining)
            } else {
                scene.take(1)?.end()
            }
        }
        let client = try await GatewayClient.connect(to: server.url, token: "t", options: quick)
        for await event in client.events {
            guard case .disconnected(let close, let pause) = event else { continue }
            #expect(close.code == 1006)
            #expect(pause == .zero)
            break
        }
        server.loop.post {
            let next = scene.connection(2)
            next?.accept()
            next?.send(ScriptedGateway.hello())
            next?.send(ScriptedGateway.event("system", nil))
        }
        #expect(await client.eventTexts() == ["back 0"])
        #expect(scene.handshakeCount == 2)
        await client.close()
        server.stop()
    }

    @Test("the old connection serves while the next one is refused", arguments: [503, 403])
    func refused(status: Int) async throws {
        let scene = Scene()
        let server = try await ScriptedServer { [self] connection, input in
            scene.note(connection, input)
            // What is refused for good is not tried again while the old one lasts.
            if case .ended = input, connection.number == 2, status == 403 {
                scene.connection(1)?.close(4001)
            }
            guard case .handshake = input else { return }
            switch connection.number {
            case 1:
                connection.accept()
                connection.send(ScriptedGateway.hello())
                connection.send(draining)
            case 2:
                connection.refuse(status, body: "{}")
                scene.connection(1)?.send(ScriptedGateway.event("sessions", 1))
            default:
                connection.accept()
                connection.send(ScriptedGateway.hello())
                connection.send(ScriptedGateway.event("system", nil))
            }
        }
        let client = try await GatewayClient.connect(to: server.url, token: "t", options: quick)
        #expect(
            await client.eventTexts() == ["draining", "sessions 1"]
                + (status == 403 ? ["lost 4001"] : []) + ["back 0"])
        await client.close()
        server.stop()
    }

    @Test("a client that is closed while it moves leaves both connections")
    func closedByOwner() async throws {
        let scene = Scene()
        let (asked, isAsked) = AsyncStream<Void>.makeStream()
        let server = try await ScriptedServer { [self] connection, input in
            scene.note(connection, input)
            guard case .handshake = input else { return }
            if connection.number == 1 {
                connection.accept()
                connection.send(ScriptedGateway.hello())
                connection.send(draining)
            } else {
                isAsked.yield()
            }
        }
        let client = try await GatewayClient.connect(to: server.url, token: "t", options: quick)
        for await _ in asked.prefix(1) {}
        #expect(await client.close().code == 1000)
        #expect(await client.eventTexts() == ["draining"])
        server.stop()
        #expect(scene.handshakeCount == 2)
    }

    @Test("moving counts as an attempt, so that nodes that go at once are not hammered")
    func counts() async throws {
        let scene = Scene()
        let server = try await ScriptedServer { [self] connection, input in
            scene.note(connection, input)
            guard case .handshake = input else { return }
            connection.accept()
            connection.send(ScriptedGateway.hello())
            switch connection.number {
            case 1: connection.send(draining)
            case 2: connection.close(4001)
            default: connection.close(4500)
            }
        }
        var options = quick
        options.reconnect?.attemptCountMax = 1
        let client = try await GatewayClient.connect(
            to: server.url, token: "t", options: options)
        #expect(await client.eventTexts() == ["draining", "back 0"])
        #expect(await client.closed().code == 4001)
        #expect(scene.handshakeCount == 2)
        server.stop()
    }
}
