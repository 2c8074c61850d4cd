import GatewayAPI
import GatewayClient
import GatewayServer
import TestSupport
import Testing

/// What a client over wss gets, from the handshake to the last event.
@Suite(
    "Serving over TLS", .timeLimit(.minutes(10)), .serialized,
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"))
struct SecureServingTests {
    @Test(
        "Live events arrive in order, on every loop, compressed or not",
        arguments: [false, true])
    func liveEvents(isCompressed: Bool) async throws {
        try await SecureGateway.run(loops: 2) { gateway in
            var options = gateway.options()
            options.acceptsCompression = isCompressed
            var clients: [GatewayClient] = []
            for _ in 0..<4 { clients.append(try await gateway.client(options)) }
            for client in clients { try await client.subscribe("ticks:R_100") }
            let payloads = (1...200).map { #"{"n":\#($0),"filling":"aaaaaaaaaaaaaaaaaaaaaa"}"# }
            try gateway.publish("ticks:R_100", payloads)
            for client in clients {
                var received: [String] = []
                for await case .event(let event) in client.events {
                    #expect(event.sequence == UInt64(received.count + 1))
                    received.append(event.data.text)
                    if received.count == payloads.count { break }
                }
                #expect(received == payloads)
                #expect(await client.close().code == 1000)
            }
        }
    }

    @Test func `a client's name for the gateway chooses the certificate`() async throws {
        let byAddress = try TestCertificate(names: ["127.0.0.1"])
        let byName = try TestCertificate(names: ["localhost"])
        try await SecureGateway.run(certificates: [byAddress, byName]) { gateway in
            for (host, right, wrong) in [
                ("127.0.0.1", byAddress, byName), ("localhost", byName, byAddress),
            ] {
                let client = try await gateway.client(
                    host: host, gateway.options(trusting: right))
                try await client.ping()
                await client.close()
                await #expect(throws: GatewayClientError.self) {
                    try await gateway.client(host: host, gateway.options(trusting: wrong))
                }
            }
        }
    }

    @Test func `a document of many records arrives whole`() async throws {
        try await SecureGateway.run { gateway in
            for isCompressed in [false, true] {
                var options = gateway.options()
                options.acceptsCompression = isCompressed
                let client = try await gateway.client(options)
                for _ in 0..<10 {
                    let document = try await client.discover()
                    #expect(document.text.utf8.count > 5 * 16_384)
                    #expect(document.text.utf8.elementsEqual(ContractDocuments.openRPC))
                }
                await client.close()
            }
        }
    }

    @Test func `requests larger than a record are read whole`() async throws {
        try await SecureGateway.run { gateway in
            let client = try await gateway.client()
            let names = (0..<100).map { "ticks:M\($0)" }
            let states = try await client.subscribe(
                names.map { ChannelSubscription(channel: $0) })
            #expect(states.count == 100 && states.allSatisfy { $0.error == nil })
            // Refused for its content, which the gateway can tell only from the whole of it.
            let filling = String(repeating: "x", count: 500)
            let error = await #expect(throws: GatewayClientError.self) {
                try await client.subscribe(
                    (0..<100).map { ChannelSubscription(channel: "ticks:\(filling)\($0)") })
            }
            #expect(error?.code == .serverError, "\(String(describing: error))")
            try await client.ping()
            await client.close()
        }
    }

    @Test func `what TLS has read ahead is served although reading was paused meanwhile`()
        async throws
    {
        try await SecureGateway.run { configuration in
            configuration.limits.messagesPerSecond = 0
            // Each answer pauses reading until it is written.
            configuration.limits.readPauseQueuedByteCount = 1
        } _: { gateway in
            let peer = try TLSPeer(port: gateway.port, trusting: gateway.certificate)
            try peer.send(record: Array(SceneClient.head(token: gateway.token()).utf8))
            #expect(try peer.take(through: "\r\n\r\n").hasPrefix("HTTP/1.1 101"))
            _ = try peer.nextText()
            // Frames of 1000 bytes in seven records of 10 000: one read of 64 KiB ends within the
            // last, whose rest makes no descriptor readable. The first rounds widen TCP's window
            // until all of it is there for one read.
            let request = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#
            let text = request + String(repeating: " ", count: 992 - request.utf8.count)
            let frame = RawWebSocket.frame(RawWebSocket.text, Array(text.utf8))
            let record = Array(repeatElement(frame, count: 10).joined())
            #expect(record.count == 10_000)
            for _ in 0..<20 {
                try gateway.whileBlocked {
                    for _ in 0..<7 { try peer.send(record: record) }
                }
                for _ in 0..<70 {
                    let answer = try peer.nextText()
                    #expect(answer.contains("server_time"), "\(answer)")
                }
            }
        }
    }

    @Test func `a slow reader gets the newest in order and learns what was merged`() async throws {
        try await SecureGateway.run { gateway in
            var options = gateway.options()
            options.eventBuffering = .stopReading(countMax: 4)
            options.acceptsCompression = false
            let slow = try await gateway.client(options)
            let prompt = try await gateway.client()
            let subscription = ChannelSubscription(channel: "ticks:SLOW", policy: .merge)
            try await slow.subscribe([subscription])
            try await prompt.subscribe([subscription])
            // More than the kernel's buffers of both sides take.
            let filling = String(repeating: "x", count: 60_000)
            let count = 400
            var prompted = prompt.events.makeAsyncIterator()
            for number in 1...count {
                try gateway.publish("ticks:SLOW", [#"{"n":\#(number),"x":"\#(filling)"}"#])
                guard case .event(let event) = await prompted.next() else { continue }
                #expect(event.sequence == UInt64(number) && event.mergedCount == 0)
            }
            var last: UInt64 = 0
            var mergedCount: UInt64 = 0
            for await case .event(let event) in slow.events {
                let sequence = try #require(event.sequence)
                #expect(event.data.text.hasPrefix(#"{"n":\#(sequence),"#))
                #expect(sequence == last + 1 + event.mergedCount)
                last = sequence
                mergedCount += event.mergedCount
                if last == UInt64(count) { break }
            }
            #expect(mergedCount > 0)
            #expect(try gateway.metric("tradermind_merged_events_total") == Int(mergedCount))
            await slow.close()
            await prompt.close()
        }
    }
}
