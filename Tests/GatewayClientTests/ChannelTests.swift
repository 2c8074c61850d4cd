import GatewayAPI
import TestSupport
import Testing
import WebSocketTestServer

@testable import GatewayClient

@Suite("GatewayClient: channels and events", .timeLimit(.minutes(10)))
struct ChannelTests {
    /// Subscribes to `c` at 10 and sends messages behind the answer.
    private func received(
        _ messages: [String], options: ClientOptions = ClientOptions()
    ) async throws -> [String] {
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                connection.send(
                    ScriptedGateway.result(
                        request.id,
                        #"{"channels":[\#(ScriptedGateway.state("sessions", seq: 10))]}"#))
                for message in messages { connection.send(message) }
                connection.send(ScriptedGateway.event("system", nil))
            })
        let client = try await GatewayClient.connect(
            to: server.url, token: "t", options: options)
        try await client.subscribe("sessions")
        let result = await client.eventTexts()
        await client.close()
        server.stop()
        return result
    }

    @Test("events come in order with their numbers")
    func inOrder() async throws {
        let messages = (11...13).map { ScriptedGateway.event("sessions", $0) }
        #expect(try await received(messages) == ["sessions 11", "sessions 12", "sessions 13"])
    }

    @Test("an announced reduction is no gap, and repetitions are left out")
    func continuity() async throws {
        let result = try await received([
            ScriptedGateway.event("sessions", 14, more: #""prev_seq":10,"merged":3,"#),
            ScriptedGateway.event("sessions", 14),
            ScriptedGateway.event("sessions", 16, more: #""prev_seq":14,"dropped":1,"#),
            ScriptedGateway.event("sessions", nil),
        ])
        #expect(
            result == [
                "sessions 14 merged 3", "sessions 16 dropped 1", "sessions -",
            ])
    }

    @Test("a feed that comes back with another epoch is a gap where events are missing")
    func channelStatus() async throws {
        func status(_ epoch: String, _ seq: Int) -> String {
            #"{"jsonrpc":"2.0","method":"channel.status","params":{"channels":[{"channel":"#
                + #""sessions","epoch":"\#(epoch)","seq":\#(seq)}],"status":"live","#
                + #""reason":"feed_restored"}}"#
        }
        let result = try await received([
            status("a1", 10), ScriptedGateway.event("sessions", 11), status("b2", 3),
            ScriptedGateway.event("sessions", 4),
        ])
        #expect(
            result == [
                "status live", "sessions 11", "gap sessions 11..-", "status live", "sessions 4",
            ])
    }

    @Test("other notifications come as what they are, unknown ones as JSON")
    func notifications() async throws {
        // The script has no other node to go to.
        var options = ClientOptions()
        options.reconnect = nil
        let messages = [
            #"{"jsonrpc":"2.0","method":"auth.expiring","params":{"expires_at":1,"closes_at":2}}"#,
            #"{"jsonrpc":"2.0","method":"limits.warning","params":"#
                + #"{"limit":"errors","current":1,"max":2}}"#,
            #"{"jsonrpc":"2.0","method":"server.draining","params":"#
                + #"{"reason":"shutdown","closes_at":1}}"#,
            #"{"jsonrpc":"2.0","method":"server.draining","params":{"reason":"new reason"}}"#,
            #"{"jsonrpc":"2.0","method":"brand.new","params":{"a":1}}"#,
        ]
        let result = try await received(messages, options: options)
        #expect(
            result == [
                "expiring", "limit errors", "draining",
                #"server.draining {"reason":"new reason"}"#, #"brand.new {"a":1}"#,
            ])
    }

    @Test("an error that belongs to no request is told, and the connection goes on")
    func unattributedError() async throws {
        let error = #"{"code":-32700,"message":"Not JSON.","data":{"reason":"parse_error"}}"#
        let result = try await received([
            #"{"jsonrpc":"2.0","id":null,"error":\#(error)}"#,
            ScriptedGateway.event("sessions", 11),
        ])
        #expect(result == ["error -32700", "sessions 11"])
    }

    @Test(
        "a reader that wants everything skips nothing, however small its buffer",
        arguments: [1, 2, 3, 8, 64])
    func smallBuffer(countMax: Int) async throws {
        var options = ClientOptions()
        options.eventBuffering = .stopReading(countMax: countMax)
        options.reconnect = nil
        let count = 2000
        let messages = (11..<(11 + count)).map { ScriptedGateway.event("sessions", $0) }
        let result = try await received(
            messages + [ScriptedGateway.event("system", nil)], options: options)
        #expect(result == (11..<(11 + count)).map { "sessions \($0)" })
    }

    @Test("recovered events find room in a buffer that is smaller than they are many")
    func smallBufferRecovery() async throws {
        var options = ClientOptions()
        options.eventBuffering = .stopReading(countMax: 2)
        let data = (1...50).map { "\($0)" }.joined(separator: ",")
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                let more = #","recovered":true,"snapshot":[\#(data)]"#
                let state = ScriptedGateway.state("sessions", seq: 60, more: more)
                connection.send(
                    ScriptedGateway.result(request.id, #"{"channels":[\#(state)]}"#))
                connection.send(ScriptedGateway.event("system", nil))
            })
        let client = try await GatewayClient.connect(
            to: server.url, token: "t", options: options)
        try await client.subscribe([
            ChannelSubscription(
                channel: "sessions", recover: StreamPosition(epoch: "a1", seq: 10))
        ])
        #expect(await client.eventTexts() == (11...60).map { "sessions \($0) recovered" })
        await client.close()
        server.stop()
    }

    @Test("a client that does not read still shows that it is there")
    func heartbeatWhilePaused() async throws {
        var options = ClientOptions()
        options.eventBuffering = .stopReading(countMax: 2)
        options.reconnect = nil
        let (pongs, pong) = AsyncStream<Void>.makeStream()
        let server = try await ScriptedServer { connection, input in
            switch input {
            case .handshake:
                connection.accept()
                connection.send(ScriptedGateway.hello(heartbeatInterval: 1000, timeout: 1500))
                for number in 1...4 { connection.send(ScriptedGateway.event("sessions", number)) }
                connection.send(ScriptedGateway.event("system", nil))
            case .text("<pong>"):
                pong.yield()
            case .text, .close, .ended:
                break
            }
        }
        let client = try await GatewayClient.connect(
            to: server.url, token: "t", options: options)
        // Beyond the timeout, so that a client which took the silence for the gateway's is seen.
        for await _ in pongs.prefix(2) {}
        #expect(await client.eventTexts() == (1...4).map { "sessions \($0)" })
        await client.close()
        server.stop()
    }

    @Test("a tick is read from an event's data")
    func tick() async throws {
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                connection.send(ScriptedGateway.result(request.id, #"{"channels":[]}"#))
                let data = #"{"market":"R_100","quote":"0.10","epoch_ms":1750000000000}"#
                connection.send(ScriptedGateway.event("ticks:R_100", 1, data: data))
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t")
        try await client.subscribe("ticks:R_100")
        for await event in client.events {
            guard case .event(let event) = event else { continue }
            #expect(event.tick?.quote == "0.10")
            #expect(event.signal == nil)
            break
        }
        await client.close()
        server.stop()
    }

    @Test("a reader that is too slow is told how many events it missed, and where")
    func dropOldest() async throws {
        var options = ClientOptions()
        options.eventBuffering = .dropOldest(countMax: 3)
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                if request.method == "ping" {
                    connection.send(ScriptedGateway.result(request.id, #"{"server_time":1}"#))
                    return
                }
                connection.send(ScriptedGateway.result(request.id, #"{"channels":[]}"#))
                for sequence in 1...10 {
                    connection.send(ScriptedGateway.event("sessions", sequence))
                }
            })
        let client = try await GatewayClient.connect(
            to: server.url, token: "t", options: options)
        try await client.subscribe("sessions")
        // The answer to a later request is behind all events.
        try await client.ping()
        #expect(client.events.skippedTotal == 7)
        await client.close()
        #expect(
            await client.eventTexts() == ["skipped 7", "sessions 8", "sessions 9", "sessions 10"])
        server.stop()
    }

    @Test("a reader that wants everything makes the client stop reading, and loses nothing")
    func stopReading() async throws {
        var options = ClientOptions()
        options.eventBuffering = .stopReading(countMax: 200_000)
        options.reconnect = nil
        let count = 20_000
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                connection.send(ScriptedGateway.result(request.id, #"{"channels":[]}"#))
                var bytes: [UInt8] = []
                for sequence in 1...count {
                    bytes += ScriptedConnection.frame(ScriptedGateway.event("sessions", sequence))
                }
                bytes += ScriptedConnection.frame(ScriptedGateway.event("system", nil))
                connection.write(bytes)
            })
        let client = try await GatewayClient.connect(
            to: server.url, token: "t", options: options)
        try await client.subscribe("sessions")
        let result = await client.eventTexts()
        #expect(result.count == count)
        #expect(result.last == "sessions \(count)")
        #expect(client.events.skippedTotal == 0)
        await client.close()
        server.stop()
    }

    @Test("compressed events are read")
    func compressed() async throws {
        let wasCompressed = Journal<Bool>()
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                connection.send(ScriptedGateway.result(request.id, #"{"channels":[]}"#))
                let data = "\"" + String(repeating: "abc", count: 200) + "\""
                wasCompressed.add(
                    connection.sendCompressed(ScriptedGateway.event("sessions", 1, data: data)))
                connection.send(ScriptedGateway.event("system", nil))
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t")
        try await client.subscribe("sessions")
        #expect(await client.eventTexts() == ["sessions 1"])
        #expect(wasCompressed.all == [true])
        await client.close()
        server.stop()
    }

    @Test("unsubscribing forgets the channel")
    func unsubscribe() async throws {
        let requests = Journal<String>()
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                requests.add("\(request.method) \(request.params)")
                connection.send(
                    ScriptedGateway.result(
                        request.id,
                        request.method == "unsubscribe"
                            ? #"{"channels":["sessions"]}"# : #"{"channels":[]}"#))
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t")
        try await client.subscribe([
            ChannelSubscription(channel: "sessions", policy: .dropOldest, maxRate: 5)
        ])
        #expect(try await client.unsubscribe(["sessions"]) == ["sessions"])
        #expect(
            requests.all == [
                #"subscribe {"channels":[{"channel":"sessions","policy":"drop_oldest","#
                    + #""max_rate":5}]}"#,
                #"unsubscribe {"channels":["sessions"]}"#,
            ])
        await client.close()
        server.stop()
    }
}
