import GatewayAPI
import TestSupport
import Testing
import WebSocketTestServer

@testable import GatewayClient

@Suite("GatewayClient: coming back", .timeLimit(.minutes(10)))
struct ReconnectTests {
    private var quick: ClientOptions {
        var options = ClientOptions()
        options.reconnect?.delayBase = .milliseconds(2)
        options.reconnect?.delayMax = .milliseconds(4)
        return options
    }

    @Test("a lost connection is made again, with the subscriptions and what was missed")
    func recovers() async throws {
        let requests = Journal<String>()
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                requests.add("\(connection.number) \(request.params)")
                if connection.number == 1 {
                    let state = ScriptedGateway.state("sessions", seq: 10)
                    connection.send(
                        ScriptedGateway.result(request.id, #"{"channels":[\#(state)]}"#))
                    connection.send(ScriptedGateway.event("sessions", 11))
                    connection.end()
                } else {
                    let state = ScriptedGateway.state(
                        "sessions", seq: 13,
                        more: #","recovered":true,"snapshot":[{"n":12},{"n":13}]"#)
                    connection.send(
                        ScriptedGateway.result(request.id, #"{"channels":[\#(state)]}"#))
                    connection.send(ScriptedGateway.event("sessions", 14))
                }
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t", options: quick)
        try await client.subscribe("sessions")
        var seen: [String] = []
        loop: for await event in client.events {
            switch event {
            case .event(let event):
                seen.append("\(event.sequence ?? 0)\(event.isRecovered ? " recovered" : "")")
                if event.sequence == 14 { break loop }
            case .disconnected(let close, _): seen.append("lost \(close.code)")
            case .reconnected(let hello, let states):
                seen.append("back \(hello.connectionID) \(states.count)")
            default: seen.append("unexpected")
            }
        }
        #expect(
            seen == ["11", "lost 1006", "back c1 1", "12 recovered", "13 recovered", "14"])
        #expect(
            requests.all == [
                #"1 {"channels":[{"channel":"sessions"}]}"#,
                #"2 {"channels":[{"channel":"sessions","recover":{"epoch":"a1","seq":11}}]}"#,
            ])
        await client.close()
        server.stop()
    }

    @Test("what could not be recovered is a gap", arguments: ["a1", "b2"])
    func gap(epoch: String) async throws {
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                let state =
                    connection.number == 1
                    ? ScriptedGateway.state("sessions", seq: 10)
                    : ScriptedGateway.state(
                        "sessions", epoch: epoch, seq: 50, more: #","recovered":false"#)
                connection.send(ScriptedGateway.result(request.id, #"{"channels":[\#(state)]}"#))
                if connection.number == 1 { connection.end() }
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t", options: quick)
        try await client.subscribe("sessions")
        for await event in client.events {
            guard case .gap(let gap) = event else { continue }
            #expect(gap.lastSequence == 10)
            #expect(gap.nextSequence == (epoch == "a1" ? 51 : nil))
            break
        }
        await client.close()
        server.stop()
    }

    @Test("events between the answers of a large resubscription follow what was recovered")
    func batches() async throws {
        let requests = Journal<ScriptedRequest>()
        let names = (0...100).map { "ticks:R_\($0)" }
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                requests.add(request)
                if connection.number == 1 {
                    let states = names.filter { request.params.contains("\"\($0)\"") }.map {
                        ScriptedGateway.state($0, seq: 10)
                    }
                    connection.send(
                        ScriptedGateway.result(
                            request.id, #"{"channels":[\#(states.joined(separator: ","))]}"#))
                    if requests.count == 2 { connection.end() }
                    return
                }
                guard requests.count == 4 else { return }
                for request in requests.all.dropFirst(2) {
                    let state = ScriptedGateway.state(
                        request.params.contains("\"ticks:R_100\"") ? "ticks:R_100" : "ticks:R_0",
                        seq: 12, more: #","recovered":true,"snapshot":[{"n":11},{"n":12}]"#)
                    connection.send(
                        ScriptedGateway.result(request.id, #"{"channels":[\#(state)]}"#))
                    connection.send(ScriptedGateway.event("ticks:R_0", 13))
                }
                connection.send(ScriptedGateway.event("system", nil))
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t", options: quick)
        try await client.subscribe(names.prefix(100).map { ChannelSubscription(channel: $0) })
        try await client.subscribe(names[100])
        #expect(
            await client.eventTexts() == [
                "lost 1006", "ticks:R_0 11 recovered", "ticks:R_0 12 recovered", "ticks:R_0 13",
                "back 2", "ticks:R_100 11 recovered", "ticks:R_100 12 recovered",
            ])
        await client.close()
        server.stop()
    }

    @Test("a connection that breaks before the subscriptions are renewed is lost once")
    func lostWhileSubscribing() async throws {
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                guard connection.number != 2 else { return connection.end() }
                let state = ScriptedGateway.state("sessions", seq: 10)
                connection.send(ScriptedGateway.result(request.id, #"{"channels":[\#(state)]}"#))
                if connection.number == 1 {
                    connection.end()
                } else {
                    connection.send(ScriptedGateway.event("system", nil))
                }
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t", options: quick)
        try await client.subscribe("sessions")
        #expect(await client.eventTexts() == ["lost 1006", "lost 1006", "back 1"])
        await client.close()
        server.stop()
    }

    @Test("a channel that is refused after a reconnect is told and forgotten")
    func refusedChannel() async throws {
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                let state =
                    connection.number == 1
                    ? ScriptedGateway.state("sessions", seq: 1)
                    : #"{"channel":"sessions","error":{"code":1003,"message":"No.","#
                        + #""data":{"reason":"forbidden"}}}"#
                connection.send(ScriptedGateway.result(request.id, #"{"channels":[\#(state)]}"#))
                if connection.number < 3 { connection.end() }
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t", options: quick)
        try await client.subscribe("sessions")
        var reconnections: [[ChannelState]] = []
        for await event in client.events {
            guard case .reconnected(_, let states) = event else { continue }
            reconnections.append(states)
            if reconnections.count == 1 { continue }
            break
        }
        #expect(reconnections.first?.first?.error?.code == .forbidden)
        #expect(reconnections.last?.isEmpty == true)
        await client.close()
        server.stop()
    }

    @Test(
        "the close code decides whether the client comes back",
        arguments: [
            (4000, true), (4001, true), (4002, true), (4100, true), (1001, true), (1012, true),
            (1000, false), (4500, false), (4505, false), (4999, false), (1008, false),
            (4003, false),
        ] as [(UInt16, Bool)])
    func closeCodes(code: UInt16, comesBack: Bool) async throws {
        let server = try await ScriptedServer { connection, input in
            guard case .handshake = input else { return }
            connection.accept()
            connection.send(ScriptedGateway.hello())
            if connection.number == 1 { connection.close(code, reason: "r") }
        }
        let client = try await GatewayClient.connect(to: server.url, token: "t", options: quick)
        var hasComeBack = false
        for await event in client.events {
            if case .reconnected = event {
                hasComeBack = true
                break
            }
        }
        #expect(hasComeBack == comesBack)
        if !comesBack {
            let end = await client.closed()
            #expect(end.code == code)
            #expect(end.reason == "r")
            #expect(end.isByServer)
        }
        await client.close()
        server.stop()
    }

    @Test("without a policy the first loss is the end")
    func noPolicy() async throws {
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, _ in connection.drop() })
        var options = ClientOptions()
        options.reconnect = nil
        let client = try await GatewayClient.connect(
            to: server.url, token: "t", options: options)
        do throws(GatewayClientError) {
            _ = try await client.call("x")
            Issue.record("no error")
        } catch {
            #expect(error.code == .connectionLost)
            #expect(error.isOutcomeUnknown)
            #expect(error.closeInformation?.code == 1006)
        }
        for await _ in client.events { Issue.record("an event") }
        #expect(await client.closed().code == 1006)
        server.stop()
    }

    @Test("a token that expired is replaced by the provider for the next connection")
    func afterRefresh() async throws {
        let tokens = Journal<String>()
        let server = try await ScriptedServer { connection, input in
            guard case .handshake(let authorization, _, _) = input else { return }
            tokens.add(authorization ?? "-")
            if connection.number == 2 {
                connection.refuse(401, body: "{}")
                return
            }
            connection.accept()
            connection.send(ScriptedGateway.hello())
            if connection.number == 1 { connection.close(4003) }
        }
        let provided = Journal<Int>()
        let token = GatewayToken {
            provided.add(0)
            return "token-\(provided.count)"
        }
        let client = try await GatewayClient.connect(to: server.url, token: token, options: quick)
        for await event in client.events {
            if case .reconnected = event { break }
        }
        #expect(tokens.all == ["Bearer token-1", "Bearer token-2", "Bearer token-3"])
        await client.close()
        server.stop()
    }

    @Test("a refusal for good ends the client", arguments: [400, 401, 403, 426])
    func refusedForGood(status: Int) async throws {
        let server = try await ScriptedServer { connection, input in
            guard case .handshake = input else { return }
            guard connection.number == 1 else {
                connection.refuse(status, body: "{}")
                return
            }
            connection.accept()
            connection.send(ScriptedGateway.hello())
            connection.close(4000)
        }
        let client = try await GatewayClient.connect(to: server.url, token: "t", options: quick)
        for await _ in client.events {}
        #expect(await client.closed().reason.contains("\(status)"))
        server.stop()
    }

    @Test("a busy gateway is tried again until the attempts are used up", arguments: [429, 503])
    func attempts(status: Int) async throws {
        let handshakes = Journal<Int>()
        let server = try await ScriptedServer { connection, input in
            guard case .handshake = input else { return }
            handshakes.add(connection.number)
            guard connection.number == 1 else {
                connection.refuse(status, body: "{}")
                return
            }
            connection.accept()
            connection.send(ScriptedGateway.hello())
            connection.close(4005)
        }
        var options = quick
        options.reconnect?.attemptCountMax = 3
        let client = try await GatewayClient.connect(
            to: server.url, token: "t", options: options)
        for await _ in client.events {}
        #expect(handshakes.count == 4)
        server.stop()
    }

    /// Comes back to a gateway that greets and closes the first few connections at once.
    ///
    /// - Returns: the pauses, and how often the gateway was called.
    private func cameBack(
        _ options: ClientOptions, code: UInt16, closedCount: Int
    ) async throws -> (pauses: [Duration], handshakeCount: Int) {
        let handshakes = Journal<Int>()
        let server = try await ScriptedServer { connection, input in
            guard case .handshake = input else { return }
            handshakes.add(connection.number)
            connection.accept()
            connection.send(ScriptedGateway.hello())
            if connection.number <= closedCount { connection.close(code) }
        }
        let client = try await GatewayClient.connect(to: server.url, token: "t", options: options)
        var pauses: [Duration] = []
        var backCount = 0
        for await event in client.events {
            if case .disconnected(_, let pause) = event { pauses.append(pause) }
            if case .reconnected = event { backCount += 1 }
            if backCount == closedCount { break }
        }
        await client.close()
        server.stop()
        return (pauses, handshakes.count)
    }

    @Test("a greeting alone does not make the pauses begin anew", arguments: [4000, 4001])
    func closedAtOnce(code: UInt16) async throws {
        var options = quick
        options.reconnect?.attemptCountMax = 3
        let (pauses, handshakeCount) = try await cameBack(options, code: code, closedCount: 10)
        #expect(handshakeCount == 4)
        #expect(pauses.count == 3)
        // The first loss may have been an accident; where it goes on, nothing is immediate.
        #expect((pauses.first == .zero) == (code == 4001))
        #expect(pauses.dropFirst().allSatisfy { $0 > .zero })
    }

    @Test("a connection that has lasted makes the pauses begin anew")
    func steady() async throws {
        var options = quick
        options.reconnect?.attemptCountMax = 1
        options.reconnect?.steadyDuration = .zero
        let (pauses, handshakeCount) = try await cameBack(options, code: 4001, closedCount: 5)
        #expect(handshakeCount == 6)
        #expect(pauses == Array(repeating: .zero, count: 5))
    }

    @Test("requests between two connections fail at once")
    func between() async throws {
        let server = try await ScriptedServer { connection, input in
            guard case .handshake = input else { return }
            guard connection.number == 1 else { return }
            connection.accept()
            connection.send(ScriptedGateway.hello())
            connection.close(4001)
        }
        let client = try await GatewayClient.connect(to: server.url, token: "t", options: quick)
        for await event in client.events {
            if case .disconnected = event { break }
        }
        do throws(GatewayClientError) {
            try await client.ping()
            Issue.record("no error")
        } catch {
            #expect(error.code == .notConnected)
            #expect(!error.isOutcomeUnknown)
        }
        await client.close()
        server.stop()
    }

    @Test("a gateway that is silent for longer than it promised is left")
    func silence() async throws {
        let server = try await ScriptedServer { connection, input in
            guard case .handshake = input else { return }
            connection.accept()
            connection.send(ScriptedGateway.hello(heartbeatInterval: 1000, timeout: 1000))
        }
        let client = try await GatewayClient.connect(to: server.url, token: "t", options: quick)
        for await event in client.events {
            guard case .disconnected(let close, _) = event else { continue }
            #expect(close.reason.contains("silent"))
            break
        }
        await client.close()
        server.stop()
    }

    @Test("a client that is released closes its connection")
    func released() async throws {
        let ends = Journal<UInt16>()
        let server = try await ScriptedServer { connection, input in
            switch input {
            case .handshake:
                connection.accept()
                connection.send(ScriptedGateway.hello())
            case .close(let code, _): ends.add(code ?? 0)
            case .text, .ended: break
            }
        }
        var events: ClientEvents?
        do {
            let client = try await GatewayClient.connect(to: server.url, token: "t")
            events = client.events
        }
        if let events { for await _ in events {} }
        #expect(ends.all == [1001])
        server.stop()
    }
}
