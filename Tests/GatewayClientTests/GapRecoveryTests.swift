import GatewayAPI
import TestSupport
import Testing
import WebSocketTestServer

@testable import GatewayClient

@Suite("GatewayClient: a loss in the middle of a connection", .timeLimit(.minutes(10)))
struct GapRecoveryTests {
    private func event(_ sequence: Int?, more: String = "") -> String {
        ScriptedGateway.event("sessions", sequence, more: more)
    }

    private func status(_ epoch: String, _ sequence: Int) -> String {
        #"{"jsonrpc":"2.0","method":"channel.status","params":{"channels":[{"channel":"#
            + #""sessions","epoch":"\#(epoch)","seq":\#(sequence)}],"status":"live","#
            + #""reason":"feed_restored"}}"#
    }

    /// The entry of an answer that recovers the events of a range.
    private func recovered(_ sequences: ClosedRange<Int>) -> String {
        let data = sequences.map { #"{"n":\#($0)}"# }.joined(separator: ",")
        return ScriptedGateway.state(
            "sessions", seq: sequences.upperBound, more: #","recovered":true,"snapshot":[\#(data)]"#
        )
    }

    private func unrecovered(_ epoch: String, _ sequence: Int) -> String {
        ScriptedGateway.state(
            "sessions", epoch: epoch, seq: sequence, more: #","recovered":false,"snapshot":[{}]"#)
    }

    /// Subscribes at 10 and gets events; every later `subscribe` is answered behind what still
    /// comes before the answer, and the test ends behind the first such answer.
    ///
    /// - Parameters:
    ///   - events: what comes behind the first answer.
    ///   - before: what comes before the second one.
    ///   - answer: the channel's entry in the second one; nil for an error.
    ///   - after: what comes behind it.
    /// - Returns: what the client's owner saw, and the parameters of every `subscribe`.
    /// - Throws: where there is no connection.
    private func run(
        _ events: [String], before: [String] = [], answer: String?, after: [String] = []
    ) async throws -> (texts: [String], requests: [String]) {
        let requests = Journal<String>()
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                requests.add(request.params)
                guard requests.count > 1 else {
                    let state = ScriptedGateway.state("sessions", seq: 10)
                    connection.send(
                        ScriptedGateway.result(request.id, #"{"channels":[\#(state)]}"#))
                    for event in events { connection.send(event) }
                    return
                }
                for message in before { connection.send(message) }
                if let answer {
                    connection.send(
                        ScriptedGateway.result(request.id, #"{"channels":[\#(answer)]}"#))
                } else {
                    connection.send(
                        #"{"jsonrpc":"2.0","id":\#(request.id),"error":{"code":1104,"#
                            + #""message":"No.","data":{"reason":"r"}}}"#)
                }
                for message in after { connection.send(message) }
                connection.send(ScriptedGateway.event("system", nil))
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t")
        try await client.subscribe([ChannelSubscription(channel: "sessions", policy: .buffer)])
        let texts = await client.eventTexts()
        await client.close()
        server.stop()
        return (texts, requests.all)
    }

    private let recovery =
        #"{"channels":[{"channel":"sessions","policy":"buffer","#
        + #""recover":{"epoch":"a1","seq":11}}]}"#

    @Test("what was lost comes before what is behind it, each once")
    func mended() async throws {
        let (texts, requests) = try await run(
            [event(11), event(14), event(15)],
            before: [event(16), event(nil), ScriptedGateway.event("ticks:R_100", 3)],
            answer: recovered(12...16), after: [event(17)])
        // What has no number has no place to wait for, and other channels do not wait.
        #expect(
            texts == [
                "sessions 11", "sessions -", "ticks:R_100 3", "sessions 12 recovered",
                "sessions 13 recovered", "sessions 14 recovered", "sessions 15 recovered",
                "sessions 16 recovered", "sessions 17",
            ])
        #expect(requests.dropFirst() == [recovery])
    }

    @Test("a reduction that starts behind the last event is a loss too")
    func previousTooNew() async throws {
        let (texts, requests) = try await run(
            [event(11), event(14, more: #""prev_seq":12,"merged":1,"#)],
            answer: recovered(12...14), after: [event(15)])
        #expect(
            texts == [
                "sessions 11", "sessions 12 recovered", "sessions 13 recovered",
                "sessions 14 recovered", "sessions 15",
            ])
        #expect(requests.dropFirst() == [recovery])
    }

    @Test(
        "what cannot be recovered is a gap, and what came behind it is kept",
        arguments: ["no memory", "refused", "no place", "another channel", "error"])
    func notMended(answer: String) async throws {
        let entry: String? =
            switch answer {
            case "no memory": unrecovered("a1", 15)
            case "refused":
                #"{"channel":"sessions","error":{"code":1003,"message":"No.","#
                    + #""data":{"reason":"forbidden"}}}"#
            case "no place": #"{"channel":"sessions","recovered":true}"#
            case "another channel": ScriptedGateway.state("system", seq: 1)
            default: nil
            }
        let (texts, requests) = try await run(
            [event(11), event(14)], before: [event(15)], answer: entry, after: [event(16)])
        #expect(
            texts == [
                "sessions 11", "gap sessions 11..14", "sessions 14", "sessions 15", "sessions 16",
            ])
        #expect(requests.dropFirst() == [recovery])
    }

    @Test("what comes behind a loss is bounded, and still told where it is not recovered")
    func overflow() async throws {
        let count = ClientLimits.heldEventCountMax + 5
        let (texts, _) = try await run(
            [event(11)] + (0..<count).map { event(14 + $0) }, answer: nil,
            after: [event(14 + count)])
        #expect(
            texts == ["sessions 11", "gap sessions 11..\(14 + count)", "sessions \(14 + count)"])
    }

    @Test("a feed that comes back further on is asked for what was missed")
    func feedRestored() async throws {
        let (texts, requests) = try await run(
            [event(11), status("a1", 13), event(14)], answer: recovered(12...14),
            after: [status("a1", 14), event(15)])
        #expect(
            texts == [
                "sessions 11", "status live", "sessions 12 recovered", "sessions 13 recovered",
                "sessions 14 recovered", "status live", "sessions 15",
            ])
        #expect(requests.dropFirst() == [recovery])
    }

    @Test("another epoch ends the recovery with a gap, and its late answer changes nothing")
    func otherEpoch() async throws {
        let (texts, _) = try await run(
            [event(11), event(14)], before: [status("b2", 3), event(4)],
            answer: unrecovered("b2", 4), after: [event(5)])
        #expect(
            texts == [
                "sessions 11", "gap sessions 11..14", "sessions 14", "gap sessions 14..-",
                "status live", "sessions 4", "sessions 5",
            ])
    }

    @Test("an answer of another epoch is a gap from what came before it")
    func answerOfOtherEpoch() async throws {
        let (texts, _) = try await run(
            [event(11), event(14)], answer: unrecovered("b2", 4), after: [event(5)])
        #expect(
            texts == [
                "sessions 11", "gap sessions 11..14", "sessions 14", "gap sessions 14..-",
                "sessions 5",
            ])
    }

    @Test("a connection that breaks meanwhile leaves the recovery to the next one")
    func connectionLost() async throws {
        let requests = Journal<String>()
        let server = try await ScriptedServer(
            ScriptedGateway.script { [self] connection, request in
                requests.add(request.params)
                switch requests.count {
                case 1:
                    let state = ScriptedGateway.state("sessions", seq: 10)
                    connection.send(
                        ScriptedGateway.result(request.id, #"{"channels":[\#(state)]}"#))
                    for sequence in [11, 14, 15] { connection.send(event(sequence)) }
                case 2:
                    connection.end()
                default:
                    connection.send(
                        ScriptedGateway.result(
                            request.id, #"{"channels":[\#(recovered(12...16))]}"#))
                    connection.send(ScriptedGateway.event("system", nil))
                }
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t")
        try await client.subscribe([ChannelSubscription(channel: "sessions", policy: .buffer)])
        #expect(
            await client.eventTexts() == ["sessions 11", "lost 1006", "back 1"]
                + (12...16).map { "sessions \($0) recovered" })
        #expect(requests.all.dropFirst() == [recovery, recovery])
        await client.close()
        server.stop()
    }

    @Test("a reader that is slow does not make the recovery fail")
    func slowReader() async throws {
        var options = ClientOptions()
        options.eventBuffering = .stopReading(countMax: 2)
        options.requestTimeout = .seconds(2)
        let (asked, isAskedAgain) = AsyncStream<Void>.makeStream()
        let requests = Journal<String>()
        let server = try await ScriptedServer(
            ScriptedGateway.script { [self] connection, request in
                requests.add(request.params)
                switch requests.count {
                case 1:
                    let state = ScriptedGateway.state("sessions", seq: 10)
                    connection.send(
                        ScriptedGateway.result(request.id, #"{"channels":[\#(state)]}"#))
                    for sequence in [11, 14] { connection.send(event(sequence)) }
                case 2:
                    // Fills the reader's buffer, so that the answer waits unread.
                    connection.send(ScriptedGateway.event("ticks:R_100", 1))
                    connection.send(
                        ScriptedGateway.result(
                            request.id, #"{"channels":[\#(recovered(12...14))]}"#))
                default:
                    connection.send(
                        ScriptedGateway.result(
                            request.id, #"{"channels":[\#(recovered(12...14))]}"#))
                    connection.send(ScriptedGateway.event("system", nil))
                    isAskedAgain.yield()
                }
            })
        let client = try await GatewayClient.connect(
            to: server.url, token: "t", options: options)
        try await client.subscribe("sessions")
        var iterator = client.events.makeAsyncIterator()
        guard case .event(let first) = await iterator.next() else {
            Issue.record("no event")
            return
        }
        #expect(first.sequence == 11)
        for await _ in asked.prefix(1) {}
        #expect(
            await client.eventTexts() == [
                "ticks:R_100 1", "sessions 12 recovered", "sessions 13 recovered",
                "sessions 14 recovered",
            ])
        await client.close()
        server.stop()
    }

    @Test("subscribing again during a recovery, and leaving, do not lose its place")
    func meanwhile() async throws {
        let requests = Journal<ScriptedRequest>()
        let (asked, isAsked) = AsyncStream<Void>.makeStream()
        let server = try await ScriptedServer(
            ScriptedGateway.script { [self] connection, request in
                requests.add(request)
                let state = ScriptedGateway.state("sessions", seq: requests.count == 1 ? 10 : 14)
                switch requests.count {
                case 1:
                    connection.send(
                        ScriptedGateway.result(request.id, #"{"channels":[\#(state)]}"#))
                    for sequence in [11, 14] { connection.send(event(sequence)) }
                case 2:
                    isAsked.yield()
                default:
                    connection.send(
                        ScriptedGateway.result(request.id, #"{"channels":[\#(state)]}"#))
                    connection.send(
                        ScriptedGateway.result(
                            requests.all[1].id, #"{"channels":[\#(recovered(12...14))]}"#))
                    connection.send(ScriptedGateway.event("system", nil))
                }
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t")
        try await client.subscribe("sessions")
        for await _ in asked.prefix(1) {}
        try await client.subscribe("sessions")
        #expect(
            await client.eventTexts() == [
                "sessions 11", "sessions 12 recovered", "sessions 13 recovered",
                "sessions 14 recovered",
            ])
        await client.close()
        server.stop()
    }
}

@Suite("ChannelRecoveries: what waits behind a loss")
struct ChannelRecoveriesTests {
    private func event(_ channel: String, _ sequence: UInt64?) -> ServerMessage.EventMessage {
        var event = ServerMessage.EventMessage()
        event.channel = channel
        event.sequence = sequence
        return event
    }

    @Test("only numbered events of a channel that is being recovered wait")
    func held() {
        var recoveries = ChannelRecoveries()
        #expect(recoveries.isEmpty)
        let isTaken = recoveries.hold(event("a", 1))
        #expect(!isTaken)
        let id = recoveries.begin("a")
        #expect(recoveries.contains("a", id: id))
        let events = [event("a", 3), event("a", 4), event("a", nil), event("b", 3)]
        let areTaken = events.map { recoveries.hold($0) }
        #expect(areTaken == [true, true, false, false])
        let held = recoveries.remove("a")
        #expect(held?.events.map(\.sequence) == [3, 4])
        #expect(held?.passedOver == nil)
        #expect(recoveries.isEmpty)
        #expect(recoveries.remove("a") == nil)
    }

    @Test("a recovery is not taken for an earlier one of its channel")
    func identity() {
        var recoveries = ChannelRecoveries()
        let first = recoveries.begin("a")
        recoveries.hold(event("a", 3))
        let second = recoveries.begin("a")
        #expect(!recoveries.contains("a", id: first))
        #expect(recoveries.contains("a", id: second))
        let held = recoveries.remove("a")
        #expect(held?.events.isEmpty == true)
        _ = recoveries.begin("a")
        recoveries.removeAll()
        #expect(!recoveries.contains("a"))
    }

    @Test("beyond the bound a channel keeps nothing but how far it went", arguments: [1, 2, 5])
    func bound(countMax: Int) {
        var recoveries = ChannelRecoveries(heldCountMax: countMax)
        _ = recoveries.begin("a")
        for sequence in 1...countMax { recoveries.hold(event("a", UInt64(sequence))) }
        _ = recoveries.begin("b")
        for sequence in [7, 9] as [UInt64] { recoveries.hold(event("b", sequence)) }
        let other = recoveries.remove("b")
        #expect(other?.events.isEmpty == true)
        #expect(other?.passedOver == 9)
        let first = recoveries.remove("a")
        #expect(first?.events.count == countMax)
        // All the room is there again.
        _ = recoveries.begin("c")
        for sequence in 1...countMax + 1 { recoveries.hold(event("c", UInt64(sequence))) }
        let third = recoveries.remove("c")
        #expect(third?.passedOver == UInt64(countMax + 1))
        _ = recoveries.begin("d")
        for sequence in 1...countMax { recoveries.hold(event("d", UInt64(sequence))) }
        let fourth = recoveries.remove("d")
        #expect(fourth?.events.count == countMax)
    }
}
