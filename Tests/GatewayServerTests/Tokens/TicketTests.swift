import EventLoop
import GatewayServer
import TestSupport
import Testing

/// `POST /auth/ticket` and the handshake with a ticket.
@Suite("One-time tickets", .timeLimit(.minutes(10))) struct TicketTests {
    static func request(
        _ token: String?, method: String = "POST", _ fields: String = ""
    ) -> String {
        "\(method) /auth/ticket HTTP/1.1\r\nHost: gateway.example\r\n"
            + (token.map { "Authorization: Bearer \($0)\r\n" } ?? "")
            + fields + "Content-Length: 0\r\n\r\n"
    }

    static func ticket(_ scene: GatewayScene, _ token: String) throws -> String {
        let answer = try scene.ask(request(token))
        #expect(answer.status == 200, "\(answer.body)")
        return try WireMessage(answer.body).string("ticket").orThrow("a ticket")
    }

    /// The status of a handshake with a ticket, and the reason where it is refused.
    static func handshake(
        _ scene: GatewayScene, _ ticket: String
    ) throws -> (status: Int, reason: String?) {
        let connection = try scene.connect()
        try connection.send(SceneClient.head(token: nil, target: "/v1?ticket=\(ticket)"))
        let head = try connection.take(through: "\r\n\r\n")
        let answer = try HTTPAnswer(Array(head.utf8))
        guard answer.status != 101 else { return (101, nil) }
        let whole = try HTTPAnswer(Array(head.utf8) + connection.takeAll())
        return (whole.status, whole.reason)
    }

    @Test func `a ticket opens one connection, on any node`() async throws {
        try await RevocationTests.withTwoNodes { scene, sibling in
            let answer = try scene.ask(Self.request(scene.token()))
            #expect(answer.status == 200)
            #expect(answer.field("Cache-Control") == "no-store")
            let body = try WireMessage(answer.body)
            #expect(body.int("expires_in_ms") == 30_000)
            let ticket = try body.string("ticket").orThrow("a ticket")
            #expect(ticket.utf8.count == 43)
            let connection = try sibling.connect()
            try connection.send(SceneClient.head(token: nil, target: "/v1?ticket=\(ticket)"))
            #expect(try connection.take(through: "\r\n\r\n").hasPrefix("HTTP/1.1 101"))
            let hello = try WireMessage(
                RawWebSocket(connection).next().orThrow("hello").text)
            #expect(hello.string("params.user_id") == GatewayScene.userID)
            for node in [scene, sibling] {
                #expect(try Self.handshake(node, ticket) == (401, "ticket_invalid"))
            }
        }
    }

    @Test func `frames that are sent behind the head wait with it`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let ticket = try Self.ticket(scene, scene.token())
            let connection = try scene.connect()
            let socket = RawWebSocket(connection)
            let ping = RawWebSocket.frame(
                RawWebSocket.text, Array(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#.utf8))
            try connection.send(
                Array(SceneClient.head(token: nil, target: "/v1?ticket=\(ticket)").utf8) + ping)
            #expect(try connection.take(through: "\r\n\r\n").hasPrefix("HTTP/1.1 101"))
            #expect(try socket.next().orThrow("hello").text.contains("hello"))
            #expect(try socket.next().orThrow("an answer").text.contains("server_time"))
            let next = try WireMessage(socket.exchangePing())
            #expect(next.int("id") == 2)
        }
    }

    @Test func `a ticket ends after its time`() async throws {
        try await withGateway(hasRedis: true) {
            $0.tokenLimits.ticketMilliseconds = 1
        } _: { scene in
            let ticket = try Self.ticket(scene, scene.token())
            try waitUntil("its end") {
                try Self.handshake(scene, ticket) == (401, "ticket_invalid")
            }
        }
    }

    @Test func `a ticket of a token that was revoked since opens nothing`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let token = try scene.token()
            let ticket = try Self.ticket(scene, token)
            let second = try Self.ticket(scene, token)
            #expect(try Self.handshake(scene, second).status == 101)
            _ = try scene.admin().call(
                "auth.revoke",
                #"{"token_id":"\#(try GatewayScene.tokenID(of: token))","reason":"x"}"#)
            try waitUntil("the revocation") { try scene.handshake(token).status == 401 }
            #expect(try Self.handshake(scene, ticket) == (401, "token_revoked"))
        }
    }

    @Test func `what is no ticket is 401 without asking Redis`() async throws {
        try await withGateway { scene in
            for text in ["", "x", "..%2F", String(repeating: "A", count: 44), "%ff"] {
                let status = try Self.handshake(scene, text)
                #expect(status.status == 401, "\(text)")
            }
        }
    }

    @Test func `without Redis there are none, and that is 503`() async throws {
        try await withGateway { scene in
            let answer = try scene.ask(Self.request(scene.token()))
            #expect(answer.status == 503)
            #expect(answer.field("Retry-After") == "1")
            let unused = String(repeating: "A", count: 43)
            #expect(try Self.handshake(scene, unused) == (503, "tickets_unavailable"))
        }
    }

    @Test func `a user gets so many a minute, and another user still gets one`() async throws {
        try await withGateway(hasRedis: true) {
            $0.tokenLimits.ticketsPerMinute = 3
        } _: { scene in
            let token = try scene.token()
            for _ in 0..<3 { _ = try Self.ticket(scene, token) }
            let answer = try scene.ask(Self.request(token))
            #expect(answer.status == 429)
            let wait = try Int(answer.field("Retry-After").orThrow("Retry-After"))
            #expect((1...60).contains(wait ?? 0))
            _ = try Self.ticket(scene, scene.token(of: GatewayScene.otherID))
        }
    }

    @Test func `it asks for a token that is accepted`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let missing = try scene.ask(Self.request(nil))
            #expect(missing.status == 401)
            #expect(missing.field("WWW-Authenticate") == #"Bearer realm="tradermind""#)
            let expired = try scene.ask(Self.request(scene.token(age: 7_200_000)))
            #expect(expired.status == 401)
            #expect(expired.reason == "token_expired")
            let wrong = try scene.ask(Self.request(scene.token(), method: "GET"))
            #expect(wrong.status == 405)
            #expect(wrong.field("Allow") == "POST, OPTIONS")
        }
    }

    @Test func `pages of allowed origins alone may ask`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let mine = "Origin: https://app.example\r\n"
            let preflight = try scene.ask(Self.request(nil, method: "OPTIONS", mine))
            #expect(preflight.status == 204)
            #expect(preflight.field("Access-Control-Allow-Origin") == "https://app.example")
            #expect(preflight.field("Access-Control-Allow-Methods") == "POST")
            #expect(preflight.field("Access-Control-Allow-Credentials") == nil)
            #expect(preflight.field("Vary") == "Origin")
            let answer = try scene.ask(Self.request(scene.token(), mine))
            #expect(answer.status == 200)
            #expect(answer.field("Access-Control-Allow-Origin") == "https://app.example")
            let refused = try scene.ask(Self.request(nil, mine))
            #expect(refused.field("Access-Control-Allow-Origin") == "https://app.example")
            for method in ["OPTIONS", "POST"] {
                let foreign = try scene.ask(
                    Self.request(scene.token(), method: method, "Origin: https://evil.example\r\n"))
                #expect(foreign.status == 403)
                #expect(foreign.field("Access-Control-Allow-Origin") == nil)
            }
        }
    }

    @Test func `Redis holds a digest and no ticket`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let ticket = try Self.ticket(scene, scene.token())
            #expect(try scene.command("EXISTS", "tradermind:tickets:\(ticket)") == ":0")
            #expect(try Self.handshake(scene, ticket).status == 101)
        }
    }
}

extension RawWebSocket {
    /// Sends a request with id 2 and returns the next text.
    fileprivate func exchangePing() throws -> String {
        try send(#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#)
        return try next().orThrow("an answer").text
    }
}
