import Security
import GatewayServer
import Foundation
import TestSupport
import Testing

/// Handshakes that succeed, in all the ways that bytes may come.
@Suite("Opening handshakes (RFC 6455 §4.2)", .timeLimit(.minutes(10))) struct OpeningTests {
    @Test func `the answer and hello are as the contract says`() async throws {
        try await withGateway { scene in
            let client = try scene.client(token: scene.token(.admin))
            #expect(client.upgrade.field("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            #expect(client.upgrade.field("Sec-WebSocket-Protocol") == "tradermind.v1")
            let hello = client.hello
            #expect(hello.string("method") == "hello" && !hello.has("id"))
            #expect(hello.string("params.node") == "scene")
            #expect(hello.string("params.user_id") == GatewayScene.userID)
            #expect(hello.string("params.role") == "admin")
            #expect(hello.string("params.protocol") == "tradermind.v1")
            #expect(hello.int("params.heartbeat.interval_ms") == 25_000)
            #expect(hello.int("params.heartbeat.timeout_ms") == 35_000)
            #expect(hello.int("params.limits.subscription_count_max") == 128)
        }
    }

    @Test func `a token as a subprotocol counts and is never echoed`() async throws {
        try await withGateway { scene in
            let token = try scene.token()
            let connection = try scene.connect()
            try connection.send(
                SceneClient.head(
                    token: nil,
                    ["Sec-WebSocket-Protocol": "tradermind.v1, tradermind.bearer.\(token)"]))
            let head = try connection.take(through: "\r\n\r\n")
            #expect(head.hasPrefix("HTTP/1.1 101 "))
            #expect(head.contains("Sec-WebSocket-Protocol: tradermind.v1\r\n"))
            #expect(!head.contains("bearer"))
        }
    }

    @Test func `a head may come byte by byte`() async throws {
        try await withGateway { scene in
            let connection = try scene.connect()
            for byte in SceneClient.head(token: try scene.token()).utf8 {
                try connection.send([byte])
            }
            #expect(try connection.take(through: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
        }
    }

    @Test func `frames right behind the head are handled, in any split`() async throws {
        try await withGateway { scene in
            let request = #"{"jsonrpc":"2.0","id":"early","method":"ping"}"#
            let head = Array(SceneClient.head(token: try scene.token()).utf8)
            let all = head + RawWebSocket.frame(RawWebSocket.text, Array(request.utf8))
            for split in [all.count, head.count, head.count + 1, head.count + 7, head.count - 1] {
                let connection = try scene.connect()
                try connection.send(Array(all[..<split]))
                try connection.send(Array(all[split...]))
                _ = try connection.take(through: "\r\n\r\n")
                let socket = RawWebSocket(connection)
                let hello = try WireMessage(try #require(try socket.next()).text)
                #expect(hello.string("method") == "hello", "hello is the first message")
                let answer = try WireMessage(try #require(try socket.next()).text)
                #expect(answer.string("id") == "early" && answer.has("result.server_time"))
            }
        }
    }

    @Test func `a head that never ends is closed at the deadline`() async throws {
        try await withGateway { configuration in
            configuration.limits.handshakeDuration = .milliseconds(200)
        } _: { scene in
            let begin = monotonicSeconds()
            let connection = try scene.connect()
            try connection.send("GET /v1 HTTP/1.1\r\nHost: a\r\n")
            #expect(try connection.takeAll(within: 5).isEmpty)
            #expect(monotonicSeconds() - begin >= 0.19)
            let silent = try scene.connect()
            #expect(try silent.takeAll(within: 5).isEmpty)
        }
    }

    @Test func `half-open connections keep nobody out and cost little`() async throws {
        try await withGateway { scene in
            let token = try scene.token()
            _ = try scene.client(token: token)
            let before = try residentKilobytes()
            let visitors = try (0..<500).map { _ in
                let connection = try scene.connect()
                try connection.send("GET /v1 HTTP/1.1\r\nHost: a\r\nX-Slow: ")
                return connection
            }
            let client = try scene.client(token: token)
            #expect(try client.call("ping").has("result.server_time"))
            let after = try residentKilobytes()
            // Far below what heads of 16 KiB with their buffers would take, and above what other
            // tests of this process, and a sanitizer, take meanwhile.
            #expect(after - before < 65_536, "of this process, which holds both ends")
            #expect(visitors.count == 500)
        }
    }

    @Test func `one address has so many connections and no more`() async throws {
        try await withGateway { configuration in
            configuration.limits.connectionsPerAddress = 3
        } _: { scene in
            var clients = try (0..<3).map { _ in try scene.client() }
            let refused = try scene.ask(SceneClient.head(token: scene.token()))
            #expect(refused.status == 429 && refused.field("Retry-After") == "5")
            #expect(try WireMessage(refused.body).int("error.code") == 1101)
            let idle = try (0..<3).map { _ in try scene.connect() }
            let unheard = try scene.connect()
            #expect(try unheard.takeAll().isEmpty, "far beyond the bound nobody is answered")
            for connection in idle { connection.close() }
            let gone = clients.removeLast()
            gone.socket.connection.close()
            // The server learns of the end a moment later.
            try waitUntil("another place") { (try? scene.client()) != nil }
        }
    }

    @Test func `a loop has so many connections and says so with 503`() async throws {
        try await withGateway { configuration in
            configuration.limits.connectionsPerLoop = 2
        } _: { scene in
            let clients = try (0..<2).map { _ in try scene.client() }
            let answer = try scene.ask(SceneClient.head(token: scene.token()))
            #expect(answer.status == 503 && answer.field("Retry-After") == "5")
            #expect(try WireMessage(answer.body).int("error.code") == 1202)
            #expect(clients.count == 2)
        }
    }
}

/// Kilobytes of memory that this process has.
private func residentKilobytes() throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    return line.split(whereSeparator: { $0.isWhitespace }).dropFirst().first.flatMap { Int($0) }
        ?? 0
}
