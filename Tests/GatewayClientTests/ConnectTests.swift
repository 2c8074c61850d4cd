import GatewayAPI
import TestSupport
import Testing
import WebSocketTestServer

@testable import GatewayClient

@Suite("GatewayClient: connecting", .timeLimit(.minutes(10)))
struct ConnectTests {
    private func failure(
        to url: String, token: GatewayToken = "t", options: ClientOptions = ClientOptions()
    ) async -> GatewayClientError? {
        do throws(GatewayClientError) {
            let client = try await GatewayClient.connect(to: url, token: token, options: options)
            await client.close()
            return nil
        } catch {
            return error
        }
    }

    @Test("signs in with the bearer token and the subprotocol, and gets the greeting")
    func signsIn() async throws {
        let seen = Journal<String>()
        let server = try await ScriptedServer { connection, input in
            if case .handshake(let authorization, let target, let subprotocols) = input {
                seen.add("\(authorization ?? "-") \(target) \(subprotocols)")
                connection.accept()
                connection.send(ScriptedGateway.hello())
            }
        }
        let client = try await GatewayClient.connect(to: server.url, token: "abc.def.ghi")
        #expect(client.hello.userID == "u1")
        #expect(client.hello.limits.requestsInFlightMax == 64)
        #expect(seen.all == [#"Bearer abc.def.ghi /v1 ["tradermind.v1"]"#])
        let end = await client.close(code: 3001, reason: "done")
        #expect(end.code == 3001)
        #expect(!end.isByServer)
        #expect(await client.closed() == end)
        server.stop()
    }

    @Test(
        "URLs that cannot be used are refused before anything is sent",
        arguments: [
            ("http://127.0.0.1", .invalidURL), ("ws://", .invalidURL),
            ("wss://", .invalidURL),
        ] as [(String, GatewayClientError.Code)])
    func urls(url: String, code: GatewayClientError.Code) async {
        #expect(await failure(to: url)?.code == code)
    }

    @Test(
        "a token that does not fit a header field is not sent",
        arguments: ["", "a b", "a\r\nX: y", "é", String(repeating: "a", count: 8 * 1024 + 1)])
    func tokens(token: String) async {
        #expect(
            await failure(to: "ws://127.0.0.1:1/v1", token: GatewayToken(token))?.code
                == .tokenUnavailable)
    }

    @Test("a token provider that fails ends the attempt")
    func tokenProvider() async {
        struct NoToken: Error {}
        let token = GatewayToken { throw NoToken() }
        #expect(await failure(to: "ws://127.0.0.1:1/v1", token: token)?.code == .tokenUnavailable)
    }

    @Test("nobody listens")
    func refusedByKernel() async throws {
        // Held until the end: a port that is given up could be another test's server by then.
        let port = try ReservedPort()
        #expect(
            await failure(to: "ws://127.0.0.1:\(port.number)/v1")?.code == .connectFailed)
        port.release()
    }

    @Test(
        "a refusal carries the status, the stable error and when to come back",
        arguments: [400, 401, 403, 426, 429, 503])
    func refusals(status: Int) async throws {
        let server = try await ScriptedServer { connection, input in
            guard case .handshake = input else { return }
            connection.refuse(
                status, fields: [("Retry-After", "7")],
                body: #"{"code":1000,"message":"No.","data":{"reason":"unauthorized"}}"#)
        }
        let error = await failure(to: server.url)
        #expect(error?.code == .refused)
        #expect(error?.refusal?.status == status)
        #expect(error?.refusal?.retryAfter == .seconds(7))
        #expect(error?.refusal?.error?.known?.code == .unauthorized)
        #expect(error?.serverError?.message == "No.")
        server.stop()
    }

    @Test("a refusal without a stable error is one all the same")
    func strangeRefusal() async throws {
        let server = try await ScriptedServer { connection, input in
            guard case .handshake = input else { return }
            connection.refuse(502, body: "<html>Bad gateway</html>")
        }
        let error = await failure(to: server.url)
        #expect(error?.refusal?.status == 502)
        #expect(error?.refusal?.error == nil)
        server.stop()
    }

    @Test("a refusal that ends with the link, without a length, is complete at the end")
    func refusalWithoutLength() async throws {
        let server = try await ScriptedServer { connection, input in
            guard case .handshake = input else { return }
            connection.write(Array("HTTP/1.1 403 Forbidden\r\n\r\nno".utf8))
            connection.end()
        }
        #expect(await failure(to: server.url)?.refusal?.status == 403)
        server.stop()
    }

    @Test(
        "what answers is no gateway",
        arguments: [
            "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
        ])
    func invalidHandshakes(answer: String) async throws {
        let server = try await ScriptedServer { connection, input in
            guard case .handshake = input else { return }
            connection.write(Array(answer.utf8))
        }
        #expect(await failure(to: server.url)?.code == .invalidHandshake)
        server.stop()
    }

    @Test("no answer to the handshake, and no greeting, are timeouts", arguments: [false, true])
    func timeouts(accepts: Bool) async throws {
        let server = try await ScriptedServer { connection, input in
            if case .handshake = input, accepts { connection.accept() }
        }
        var options = ClientOptions()
        options.connectTimeout = .milliseconds(50)
        #expect(await failure(to: server.url, options: options)?.code == .connectTimedOut)
        server.stop()
    }

    @Test("a server that closes instead of greeting gives its close code")
    func closedBeforeHello() async throws {
        let server = try await ScriptedServer { connection, input in
            guard case .handshake = input else { return }
            connection.accept()
            connection.close(4504, reason: "blocked")
        }
        let error = await failure(to: server.url)
        #expect(error?.code == .connectionLost)
        #expect(error?.closeInformation?.code == 4504)
        #expect(error?.closeInformation?.reconnect == .never)
        server.stop()
    }

    @Test(
        "a greeting that is none is a violation of the protocol",
        arguments: ["{", "[]", #"{"jsonrpc":"2.0","method":"hello","params":{}}"#])
    func strangeGreeting(greeting: String) async throws {
        let server = try await ScriptedServer(
            ScriptedGateway.script(greeting: greeting) { _, _ in })
        #expect(await failure(to: server.url)?.code == .protocolViolation)
        server.stop()
    }

    @Test("cancelling the task gives the attempt up")
    func cancelled() async throws {
        let server = try await ScriptedServer { _, _ in }
        let url = server.url
        let attempt = Task { await failure(to: url) }
        attempt.cancel()
        #expect(await attempt.value?.code == .cancelled)
        server.stop()
    }

    @Test("an error has no text of the token, and is equal by its code")
    func errors() async {
        let error = await failure(to: "ws://127.0.0.1:1/v1", token: "secret token")
        #expect(error?.description.contains("secret") == false)
        #expect(error == GatewayClientError(.tokenUnavailable, "another sentence"))
        #expect(GatewayClientError.Code.requestTimedOut.description == "requestTimedOut")
    }
}
