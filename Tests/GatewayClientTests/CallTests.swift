import GatewayAPI
import TestSupport
import Testing
import WebSocketTestServer

@testable import GatewayClient

@Suite("GatewayClient: calls", .timeLimit(.minutes(10)))
struct CallTests {
    private func failure(
        _ body: () async throws(GatewayClientError) -> Void
    ) async -> GatewayClientError? {
        do throws(GatewayClientError) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test("a typed call sends its parameters and reads its result")
    func typed() async throws {
        let requests = Journal<String>()
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                requests.add("\(request.method) \(request.params)")
                let result =
                    request.method == "ping"
                    ? #"{"server_time":1750000000001}"#
                    : #"{"market":"R_100","ticks":[{"market":"R_100","quote":"1.5","#
                        + #""epoch_ms":1750000000000}]}"#
                connection.send(ScriptedGateway.result(request.id, result))
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t")
        #expect(try await client.ping() == 1_750_000_000_001)
        let ticks = try await client.tickHistory(market: "R_100", count: 1)
        #expect(ticks.map(\.quote) == ["1.5"])
        #expect(requests.all == ["ping {}", #"tick.history {"market":"R_100","count":1}"#])
        await client.close()
        server.stop()
    }

    @Test("tokens are revoked and users disconnected by typed calls")
    func revocation() async throws {
        let requests = Journal<String>()
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                requests.add("\(request.method) \(request.params)")
                let result =
                    request.method == "auth.revoke"
                    ? #"{"revoked":true,"issued_before":1750000000000,"#
                        + #""kept_until":1750003600000}"#
                    : #"{"disconnected":true}"#
                connection.send(ScriptedGateway.result(request.id, result))
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t")
        let revoked = try await client.revokeTokens(
            RevokeParams(userID: "u1", reason: "stolen", idempotencyKey: "k1"))
        #expect(
            revoked
                == RevokeResult(
                    revoked: true, issuedBefore: 1_750_000_000_000, keptUntil: 1_750_003_600_000))
        let disconnected = try await client.disconnectUser(
            DisconnectParams(userID: "u1", reason: "moved"))
        #expect(disconnected == DisconnectResult(disconnected: true))
        #expect(
            requests.all == [
                #"auth.revoke {"user_id":"u1","reason":"stolen","idempotency_key":"k1"}"#,
                #"auth.disconnect {"user_id":"u1","reason":"moved"}"#,
            ])
        await client.close()
        server.stop()
    }

    @Test("a raw call passes JSON on as it is")
    func raw() async throws {
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                connection.send(ScriptedGateway.result(request.id, "[\(request.params)]"))
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t")
        let parameters = try #require(RawJSON(#"{"a":[1,"é"]}"#))
        let result = try await client.call("x.y", parameters: parameters)
        #expect(result.text == #"[{"a":[1,"é"]}]"#)
        await client.close()
        server.stop()
    }

    @Test("answers find their calls in any order")
    func outOfOrder() async throws {
        let held = Journal<ScriptedRequest>()
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                held.add(request)
                guard held.count == 20 else { return }
                for request in held.all.reversed() {
                    connection.send(ScriptedGateway.result(request.id, "\"\(request.method)\""))
                }
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t")
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<20 {
                group.addTask {
                    try await client.call("m\(index)").text == "\"m\(index)\""
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        await client.close()
        server.stop()
    }

    @Test("the gateway's error is the call's error, known or not", arguments: [1402, 9876])
    func serverError(code: Int) async throws {
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                connection.send(
                    #"{"jsonrpc":"2.0","id":\#(request.id),"error":{"code":\#(code),"#
                        + #""message":"No.","data":{"reason":"r","current_status":"PAUSED"}}}"#)
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t")
        let error = await failure { () throws(GatewayClientError) in try await client.ping() }
        #expect(error?.code == .serverError)
        #expect(error?.serverError?.code == code)
        #expect(error?.serverError?.known?.currentStatus == (code == 1402 ? "PAUSED" : nil))
        #expect(error?.isOutcomeUnknown == false)
        await client.close()
        server.stop()
    }

    @Test("an answer of another form than the contract's is an error")
    func invalidResponse() async throws {
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                connection.send(ScriptedGateway.result(request.id, #"{"server_time":"now"}"#))
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t")
        let error = await failure { () throws(GatewayClientError) in try await client.ping() }
        #expect(error?.code == .invalidResponse)
        await client.close()
        server.stop()
    }

    @Test("a call without an answer times out, and its late answer does no harm")
    func timeout() async throws {
        let held = Journal<ScriptedRequest>()
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                held.add(request)
                guard held.count == 2 else { return }
                for request in held.all {
                    connection.send(ScriptedGateway.result(request.id, "1"))
                }
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t")
        let error = await failure { () throws(GatewayClientError) in
            _ = try await client.call("slow", timeout: .milliseconds(20))
        }
        #expect(error?.code == .requestTimedOut)
        #expect(error?.isOutcomeUnknown == true)
        #expect(try await client.call("second").text == "1")
        await client.close()
        server.stop()
    }

    @Test("no more calls wait than the options allow", arguments: [1, 3])
    func pendingBound(countMax: Int) async throws {
        let held = Journal<ScriptedRequest>()
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                held.add(request)
                guard request.method == "go" || held.count == countMax else { return }
            })
        var options = ClientOptions()
        options.pendingRequestCountMax = countMax
        options.reconnect = nil
        let client = try await GatewayClient.connect(
            to: server.url, token: "t", options: options)
        await withTaskGroup(of: GatewayClientError.Code?.self) { group in
            for index in 0...countMax {
                group.addTask {
                    do throws(GatewayClientError) {
                        _ = try await client.call("m\(index)")
                        return nil
                    } catch {
                        return error.code
                    }
                }
            }
            // The one too many fails at once; closing ends the others.
            let first = await group.next() ?? nil
            #expect(first == .tooManyPendingRequests)
            await client.close()
            for await code in group { #expect(code == .closed) }
        }
        server.stop()
    }

    @Test("a request that is larger than the server takes is not sent", arguments: [-1, 0, 1])
    func size(excess: Int) async throws {
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                connection.send(ScriptedGateway.result(request.id, "1"))
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t")
        let envelope = #"{"jsonrpc":"2.0","id":1,"method":"m","params":[""]}"#.utf8.count
        let text = String(repeating: "x", count: 65536 - envelope + excess)
        let parameters = try #require(RawJSON(#"["\#(text)"]"#))
        let error = await failure { () throws(GatewayClientError) in
            _ = try await client.call("m", parameters: parameters)
        }
        #expect(error?.code == (excess > 0 ? .requestTooLarge : nil))
        await client.close()
        server.stop()
    }

    @Test("cancelling the task gives the call up")
    func cancelled() async throws {
        let server = try await ScriptedServer(ScriptedGateway.script { _, _ in })
        let client = try await GatewayClient.connect(to: server.url, token: "t")
        let call = Task {
            await failure { () throws(GatewayClientError) in _ = try await client.call("never") }
        }
        call.cancel()
        #expect(await call.value?.code == .cancelled)
        await client.close()
        server.stop()
    }

    @Test("calls after the close fail at once")
    func afterClose() async throws {
        let server = try await ScriptedServer(ScriptedGateway.script { _, _ in })
        let client = try await GatewayClient.connect(to: server.url, token: "t")
        await client.close()
        let error = await failure { () throws(GatewayClientError) in try await client.ping() }
        #expect(error?.code == .closed)
        server.stop()
    }

    @Test("a refreshed token goes over the connection")
    func refresh() async throws {
        let requests = Journal<String>()
        let server = try await ScriptedServer(
            ScriptedGateway.script { connection, request in
                requests.add("\(request.method) \(request.params)")
                connection.send(
                    ScriptedGateway.result(
                        request.id, #"{"user_id":"u1","role":"user","expires_at":1750003600000}"#))
            })
        let client = try await GatewayClient.connect(to: server.url, token: "t")
        #expect(try await client.refreshToken("new-one").userID == "u1")
        #expect(requests.all == [#"auth.refresh {"token":"new-one"}"#])
        await client.close()
        server.stop()
    }
}
