import EventLoop
import GatewayAPI
import Synchronization
import TestSupport
import Testing
import WebSocketTestServer

@testable import GatewayClient

@Suite("GatewayClient: wss (RFC 6455 §11.1.2)", .timeLimit(.minutes(10)))
struct ClientTLSTests {
    private func options(trusting certificate: TestCertificate) -> ClientOptions {
        var options = ClientOptions()
        options.trust = .authorities(pemFile: certificate.certificatePath)
        options.reconnect?.delayBase = .milliseconds(2)
        options.reconnect?.delayMax = .milliseconds(4)
        return options
    }

    private func failure(
        to url: String, options: ClientOptions = ClientOptions()
    ) async -> GatewayClientError? {
        do throws(GatewayClientError) {
            let client = try await GatewayClient.connect(to: url, token: "t", options: options)
            await client.close()
            return nil
        } catch {
            return error
        }
    }

    @Test("signs in, calls, and closes over TLS")
    func signsIn() async throws {
        let certificate = try TestCertificate(names: ["127.0.0.1"])
        let server = try await ScriptedServer(
            certificate: certificate,
            ScriptedGateway.script { connection, request in
                connection.send(ScriptedGateway.result(request.id, #"{"server_time":7}"#))
            })
        #expect(server.url.hasPrefix("wss://"))
        let client = try await GatewayClient.connect(
            to: server.url, token: "t", options: options(trusting: certificate))
        #expect(client.hello.userID == "u1")
        for _ in 0..<100 { #expect(try await client.ping() == 7) }
        #expect(await client.close().code == 1000)
        server.stop()
    }

    @Test("a name that resolves is verified as a name")
    func name() async throws {
        let certificate = try TestCertificate(names: ["localhost"])
        let server = try await ScriptedServer(
            certificate: certificate, ScriptedGateway.script { _, _ in })
        let url = server.url.replacing("127.0.0.1", with: "localhost")
        #expect(await failure(to: url, options: options(trusting: certificate)) == nil)
        server.stop()
    }

    @Test("a certificate for another name, or by another authority, is refused in words")
    func verification() async throws {
        let certificate = try TestCertificate(names: ["localhost"])
        let stranger = try TestCertificate(names: ["127.0.0.1"])
        let handshakes = Journal<Int>()
        let server = try await ScriptedServer(certificate: certificate) { connection, input in
            if case .handshake = input { handshakes.add(connection.number) }
        }
        let wrongName = await failure(to: server.url, options: options(trusting: certificate))
        #expect(wrongName?.code == .tlsFailed)
        #expect(wrongName?.message.contains("IP address mismatch") == true)
        let byName = server.url.replacing("127.0.0.1", with: "localhost")
        let wrongAuthority = await failure(to: byName, options: options(trusting: stranger))
        #expect(wrongAuthority?.code == .tlsFailed)
        #expect(wrongAuthority?.message.contains("self-signed certificate") == true)
        let system = await failure(to: byName)
        #expect(system?.code == .tlsFailed)
        // Nothing was said to a server that is not believed, least of all the token.
        #expect(handshakes.count == 0)
        server.stop()
    }

    @Test("authorities that cannot be read end it before anything is sent")
    func missingAuthorities() async throws {
        var options = ClientOptions()
        options.trust = .authorities(pemFile: "/nonexistent.pem")
        let error = await failure(to: "wss://127.0.0.1:1/v1", options: options)
        #expect(error?.code == .tlsFailed)
        #expect(error?.message.contains("authorities") == true)
        // Without TLS nobody asks for them.
        #expect(await failure(to: "ws://127.0.0.1:1/v1", options: options)?.code == .connectFailed)
    }

    @Test("a server that says nothing in the TLS handshake is a timeout")
    func silence() async throws {
        // It awaits an HTTP request, to which a ClientHello is the beginning of none.
        let server = try await ScriptedServer { _, _ in }
        var options = ClientOptions()
        options.connectTimeout = .milliseconds(50)
        let url = server.url.replacing("ws://", with: "wss://")
        #expect(await failure(to: url, options: options)?.code == .connectTimedOut)
        server.stop()
    }

    @Test("messages of a megabyte arrive whole, compressed or not", arguments: [false, true])
    func largeMessages(isCompressed: Bool) async throws {
        let certificate = try TestCertificate(names: ["127.0.0.1"])
        let data = (0..<100_000).map { String($0) }.joined(separator: ",")
        let server = try await ScriptedServer(
            certificate: certificate,
            ScriptedGateway.script { connection, request in
                let event = ScriptedGateway.event("sessions", 1, data: "[\(data)]")
                if !isCompressed || !connection.sendCompressed(event) { connection.send(event) }
                connection.send(ScriptedGateway.result(request.id, #"{"server_time":1}"#))
            })
        let client = try await GatewayClient.connect(
            to: server.url, token: "t", options: options(trusting: certificate))
        try await client.ping()
        var events = client.events.makeAsyncIterator()
        guard case .event(let event) = await events.next() else {
            Issue.record("no event came")
            return
        }
        #expect(event.data.text == "[\(data)]")
        await client.close()
        server.stop()
    }

    @Test("a lost connection comes back over TLS")
    func reconnects() async throws {
        let certificate = try TestCertificate(names: ["127.0.0.1"])
        let server = try await ScriptedServer(
            certificate: certificate,
            ScriptedGateway.script { connection, request in
                if connection.number < 4 {
                    connection.drop()
                } else {
                    connection.send(ScriptedGateway.result(request.id, #"{"server_time":4}"#))
                }
            })
        let client = try await GatewayClient.connect(
            to: server.url, token: "t", options: options(trusting: certificate))
        var losses = 0
        var events = client.events.makeAsyncIterator()
        while losses < 3 {
            await #expect(throws: GatewayClientError.self) { try await client.ping() }
            while case .disconnected? = await events.next() { losses += 1 }
        }
        #expect(try await client.ping() == 4)
        await client.close()
        server.stop()
    }

    @Test("a reader that stops and goes on gets everything, in order")
    func stopReading() async throws {
        let certificate = try TestCertificate(names: ["127.0.0.1"])
        let filling = String(repeating: "x", count: 1000)
        let server = try await ScriptedServer(
            certificate: certificate,
            ScriptedGateway.script { connection, request in
                for number in 1...5000 {
                    connection.send(
                        ScriptedGateway.event("sessions", number, data: "\"\(filling)\""))
                }
                connection.send(ScriptedGateway.result(request.id, #"{"server_time":1}"#))
            })
        var options = options(trusting: certificate)
        options.eventBuffering = .stopReading(countMax: 256)
        // The answer comes behind all events, which takes a sanitizer half a minute.
        options.requestTimeout = .seconds(300)
        let client = try await GatewayClient.connect(
            to: server.url, token: "t", options: options)
        let ping = Task { try? await client.ping() }
        var sequences: [UInt64] = []
        for await case .event(let event) in client.events {
            sequences.append(event.sequence ?? 0)
            if sequences.count == 5000 { break }
        }
        #expect(sequences == Array(1...5000))
        #expect(await ping.value == 1)
        await client.close()
        server.stop()
    }
}
