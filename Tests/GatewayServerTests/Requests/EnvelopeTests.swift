import GatewayServer
import TestSupport
import Testing

/// Every error of the envelope, batches, and how ids come back (JSON-RPC 2.0).
@Suite("JSON-RPC over sockets", .timeLimit(.minutes(10))) struct EnvelopeTests {
    @Test func `each fault of a message has its code and reason`() async throws {
        try await withGateway { scene in
            let client = try scene.client()
            let cases: [(String, Int, String, String)] = [
                ("{", -32700, "unexpected_end", "<null>"),
                ("", -32700, "empty_text", "<null>"),
                (
                    #"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, -32700, "duplicate_key",
                    "<null>"
                ),
                ("1", -32600, "message_not_an_object", "<null>"),
                ("[]", -32600, "empty_batch", "<null>"),
                (#"{"id":1,"method":"ping"}"#, -32600, "wrong_version", "1"),
                (#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600, "wrong_version", "1"),
                (#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, -32600, "invalid_id", "<null>"),
                (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600, "invalid_id", "<null>"),
                (#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600, "invalid_method", "1"),
                (#"{"jsonrpc":"2.0","id":1,"result":7}"#, -32600, "unexpected_response", "<null>"),
                (
                    #"{"jsonrpc":"2.0","id":1,"method":"ping","params":3}"#, -32600,
                    "params_not_structured", "1"
                ),
                (#"{"jsonrpc":"2.0","id":1,"method":"pong"}"#, -32601, "method_not_found", "1"),
                (#"{"jsonrpc":"2.0","id":1,"method":"PING"}"#, -32601, "method_not_found", "1"),
                (
                    #"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, -32602,
                    "params_not_by_name", "1"
                ),
            ]
            for (message, code, reason, id) in cases {
                let answer = try client.exchange(message)
                #expect(answer.int("error.code") == code, "\(message)")
                #expect(answer.string("error.data.reason") == reason, "\(message)")
                #expect(answer.int("id").map(String.init) ?? "<null>" == id, "\(message)")
                #expect(answer.string("jsonrpc") == "2.0")
            }
        }
    }

    @Test func `a field that does not fit is named`() async throws {
        try await withGateway { scene in
            let client = try scene.client()
            let cases: [(String, String, String, String)] = [
                ("ping", #"{"extra":1}"#, "unknown_field", "extra"),
                ("subscribe", "{}", "missing_field", "channels"),
                ("subscribe", #"{"channels":[]}"#, "wrong_count", "channels"),
                ("subscribe", #"{"channels":["a"]}"#, "wrong_type", "channels[0]"),
                (
                    "subscribe", #"{"channels":[{"channel":7}]}"#, "wrong_type",
                    "channels[0].channel"
                ),
                (
                    "subscribe", #"{"channels":[{"channel":"system","policy":"x"}]}"#,
                    "unknown_value", "channels[0].policy"
                ),
                (
                    "subscribe", #"{"channels":[{"channel":"system","max_rate":0}]}"#,
                    "out_of_range", "channels[0].max_rate"
                ),
                ("unsubscribe", #"{"channels":null}"#, "wrong_type", "channels"),
            ]
            for (method, params, reason, field) in cases {
                let answer = try client.call(method, params)
                #expect(answer.int("error.code") == -32602, "\(method) \(params)")
                #expect(answer.string("error.data.reason") == reason, "\(method) \(params)")
                #expect(answer.string("error.data.field") == field, "\(method) \(params)")
            }
        }
    }

    @Test(
        "an id comes back byte for byte",
        arguments: [
            "1", "-0", "0", "123456789012345678901234567890", #""a""#, #""""#,
            #""\u00e9\"\\\/\n""#, #""é😀""#, #""\ud83d\ude00""#,
        ])
    func identifiers(id: String) async throws {
        try await withGateway { scene in
            let client = try scene.client()
            let answer = try client.exchange(#"{"jsonrpc":"2.0","method":"ping","id":\#(id)}"#)
            #expect(
                answer.text.contains(#""id":\#(id),"#) || answer.text.contains(#""id":\#(id)}"#))
            #expect(answer.has("result"))
        }
    }

    @Test func `a notification gets no answer, not even an error`() async throws {
        try await withGateway { scene in
            let client = try scene.client()
            for method in ["ping", "nothing", "subscribe", "rpc.discover"] {
                try client.socket.send(#"{"jsonrpc":"2.0","method":"\#(method)"}"#)
            }
            let answer = try client.exchange(#"{"jsonrpc":"2.0","id":"next","method":"ping"}"#)
            #expect(answer.string("id") == "next")
        }
    }

    @Test func `a batch is answered in one array, faults and all`() async throws {
        try await withGateway { scene in
            let client = try scene.client()
            let answer = try client.exchange(
                #"""
                [{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"ping"},7,
                 {"jsonrpc":"2.0","id":2,"method":"nothing"},
                 {"jsonrpc":"2.0","id":3,"method":"auth.whoami","params":{}}]
                """#)
            #expect(answer.int("0.id") == 1 && answer.has("0.result.server_time"))
            #expect(answer.int("1.error.code") == -32600)
            #expect(answer.int("2.id") == 2 && answer.int("2.error.code") == -32601)
            #expect(answer.int("3.id") == 3 && answer.string("3.result.role") == "user")
            #expect(!answer.has("4"))
        }
    }

    @Test func `a batch of notifications has no answer`() async throws {
        try await withGateway { scene in
            let client = try scene.client()
            try client.socket.send(
                #"""
                [{"jsonrpc":"2.0","method":"ping"},
                 {"jsonrpc":"2.0","method":"subscribe",
                  "params":{"channels":[{"channel":"system"}]}}]
                """#)
            #expect(try client.call("ping").has("result"))
        }
    }

    @Test func `a batch holds 50 messages and not 51`() async throws {
        try await withGateway { scene in
            let client = try scene.client()
            func batch(_ count: Int) -> String {
                let messages = (1...count).map { #"{"jsonrpc":"2.0","id":\#($0),"method":"ping"}"# }
                return "[\(messages.joined(separator: ","))]"
            }
            let whole = try client.exchange(batch(50))
            #expect(whole.int("0.id") == 1 && whole.int("49.id") == 50 && !whole.has("50"))
            let refused = try client.exchange(batch(51))
            #expect(refused.int("error.code") == 1105)
            #expect(refused.string("error.data.reason") == "batch_too_large")
        }
    }

    @Test func `a batch waits for its slowest answer`() async throws {
        // Nobody confirms the channel, so its answer comes after the confirmation's time.
        try await withGateway { configuration in
            configuration.limits.subscribeConfirmationDuration = .milliseconds(200)
        } _: { scene in
            let client = try scene.client()
            let begin = monotonicSeconds()
            let answer = try client.exchange(
                #"""
                [{"jsonrpc":"2.0","id":1,"method":"subscribe",
                  "params":{"channels":[{"channel":"system"}]}},
                 {"jsonrpc":"2.0","id":2,"method":"ping"}]
                """#)
            #expect(monotonicSeconds() - begin >= 0.19)
            #expect(answer.int("0.id") == 2 && answer.int("1.id") == 1)
            #expect(answer.string("1.result.channels.0.status") == "stale")
        }
    }

    @Test func `only so many requests wait at a time`() async throws {
        try await withGateway { configuration in
            configuration.limits.subscribeConfirmationDuration = .milliseconds(300)
            configuration.limits.pendingRequestsPerConnection = 2
        } _: { scene in
            let client = try scene.client()
            for id in 1...3 {
                try client.socket.send(
                    #"""
                    {"jsonrpc":"2.0","id":\#(id),"method":"subscribe",
                     "params":{"channels":[{"channel":"ticks:A\#(id)"}]}}
                    """#)
            }
            let refused = try client.next()
            #expect(refused.int("id") == 3 && refused.int("error.code") == 1103)
            #expect(try client.next().int("id") == 1)
            #expect(try client.next().int("id") == 2)
            #expect(try client.subscribe("system").has("result"), "places are free again")
        }
    }

    @Test func `requests beyond the rate are told when to come again`() async throws {
        try await withGateway { configuration in
            configuration.limits.messagesPerSecond = 10
            configuration.limits.messageBurst = 5
        } _: { scene in
            let client = try scene.client()
            let requests = (1...6).flatMap { id in
                RawWebSocket.frame(
                    RawWebSocket.text,
                    Array(#"{"jsonrpc":"2.0","id":\#(id),"method":"ping"}"#.utf8))
            }
            try client.socket.connection.send(requests)
            for id in 1...5 { #expect(try client.next().int("id") == id) }
            let refused = try client.next()
            #expect(refused.int("id") == 6 && refused.int("error.code") == 1100)
            let wait = try #require(refused.int("error.data.retry_after_ms"))
            #expect((1...101).contains(wait))
            // Garbage is no way around the rate.
            for _ in 1...6 { try client.socket.send("{") }
            let refusals = try (1...6).map { _ in try client.next().int("error.code") }
            #expect(refusals.contains(1100))
            try waitUntil("room") { try client.call("ping").has("result") }
        }
    }
}
