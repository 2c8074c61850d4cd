import Foundation
import GatewayServer
import Security
import TestSupport
import Testing

/// What the public port says to requests that do not become connections.
@Suite("Refused handshakes", .timeLimit(.minutes(10))) struct RefusalTests {
    /// The answer to the head of a handshake.
    static func answer(_ scene: GatewayScene, _ head: String) throws -> HTTPAnswer {
        try scene.ask(head)
    }

    @Test func `without a token it is 401 with a challenge and the stable error`() async throws {
        try await withGateway { scene in
            let answer = try scene.ask(SceneClient.head(token: nil))
            #expect(answer.status == 401)
            #expect(answer.field("WWW-Authenticate") == #"Bearer realm="tradermind""#)
            #expect(answer.field("Content-Type") == "application/json")
            let body = try WireMessage(answer.body)
            #expect(body.int("error.code") == 1000)
            #expect(body.string("error.message") == "A valid token is needed.")
            #expect(body.string("error.data.reason") == "token_missing")
        }
    }

    @Test func `each bad token is 401 with its reason`() async throws {
        try await withGateway { scene in
            let good = try scene.token()
            let parts = good.split(separator: ".").map(String.init)
            let none = Data(#"{"alg":"none","typ":"JWT"}"#.utf8).base64URL
            let cases: [(String, String)] = [
                (try scene.token(keyring: GatewayScene.makeKeyring()), "unknown_key"),
                (try scene.token(age: 7_200_000, lifetime: 3_600_000), "token_expired"),
                (try scene.token(age: -3_600_000), "token_not_yet_valid"),
                (try scene.token(audience: "somebody-else"), "wrong_audience"),
                ("\(none).\(parts[1]).", "unsupported_algorithm"),
                ("\(parts[0]).\(parts[1]).\(parts[2].withAnotherStart)", "invalid_signature"),
                ("nonsense", "token_malformed"),
            ]
            for (token, reason) in cases {
                let answer = try scene.ask(SceneClient.head(token: token))
                #expect(answer.status == 401, "\(reason)")
                #expect(answer.reason == reason)
                let challenge = answer.field("WWW-Authenticate") ?? ""
                #expect(challenge.hasSuffix(#"error="invalid_token""#), "\(reason)")
                #expect(!answer.body.contains(token), "a token is never shown")
            }
            let expired = try scene.ask(
                SceneClient.head(token: scene.token(age: 7_200_000, lifetime: 3_600_000)))
            #expect(try WireMessage(expired.body).int("error.code") == 1001)
        }
    }

    @Test func `Authorization that is no bearer token is 401`() async throws {
        try await withGateway { scene in
            for value in ["Basic YTpi", "Bearer", "Bearer a b", ""] {
                let answer = try scene.ask(
                    SceneClient.head(token: nil, ["Authorization": value]))
                #expect(answer.status == 401)
                #expect(answer.reason == "authorization_malformed")
            }
        }
    }

    @Test func `two tokens as subprotocols are refused`() async throws {
        try await withGateway { scene in
            let token = try scene.token()
            let answer = try scene.ask(
                SceneClient.head(
                    token: nil,
                    [
                        "Sec-WebSocket-Protocol":
                            "tradermind.v1, tradermind.bearer.\(token), tradermind.bearer.x"
                    ]))
            #expect(answer.status == 401 && answer.reason == "token_repeated")
        }
    }

    @Test func `pages of other origins are refused, those of the own are not`() async throws {
        try await withGateway { scene in
            let token = try scene.token()
            for origin in ["https://evil.example", "null", "http://gateway.example:81", ""] {
                let answer = try scene.ask(SceneClient.head(token: token, ["Origin": origin]))
                #expect(answer.status == 403, "\(origin)")
                #expect(answer.reason == "origin_refused")
            }
            for origin in [
                "http://gateway.example", "https://gateway.example", "https://app.example",
            ] {
                let connection = try scene.connect()
                try connection.send(SceneClient.head(token: token, ["Origin": origin]))
                let head = try connection.take(through: "\r\n\r\n")
                #expect(head.hasPrefix("HTTP/1.1 101 "), "\(origin)")
            }
        }
    }

    @Test func `what is no handshake is told so by its status`() async throws {
        try await withGateway { scene in
            let token = try scene.token()
            let long = String(repeating: "a", count: 9000)
            let cases: [(Int, String)] = [
                (426, SceneClient.head(token: token, ["Sec-WebSocket-Version": "12"])),
                (400, SceneClient.head(token: token, ["Sec-WebSocket-Version": nil])),
                (400, SceneClient.head(token: token, ["Sec-WebSocket-Protocol": nil])),
                (400, SceneClient.head(token: token, ["Sec-WebSocket-Protocol": "chat"])),
                (400, SceneClient.head(token: token, ["Sec-WebSocket-Key": "short"])),
                (426, SceneClient.head(token: token, ["Upgrade": nil])),
                (405, SceneClient.head(token: token, method: "POST")),
                (404, SceneClient.head(token: token, target: "/v2")),
                (414, SceneClient.head(token: token, target: "/" + long)),
                (431, SceneClient.head(token: token, ["X-Long": long + long])),
                (400, SceneClient.head(token: token, ["Host": nil])),
                (400, "\u{16}\u{3}\u{1}\u{2}\u{0}garbage\r\n\r\n"),
                (505, "GET /v1 HTTP/2.0\r\nHost: a\r\n\r\n"),
                (413, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n"),
                (501, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"),
            ]
            for (status, head) in cases {
                let answer = try scene.ask(head)
                #expect(answer.status == status, "\(head.prefix(300))")
                #expect(answer.field("Connection") != nil)
                #expect(try WireMessage(answer.body).has("error.code"))
            }
            let version = try scene.ask(
                SceneClient.head(token: token, ["Sec-WebSocket-Version": "12"]))
            #expect(version.field("Sec-WebSocket-Version") == "13")
            let method = try scene.ask(SceneClient.head(token: token, method: "POST"))
            #expect(method.field("Allow") == "GET")
        }
    }

    @Test(
        "an answer to HEAD has no body, whatever it says",
        arguments: [("/", 200), ("/nothing", 404), ("/v1", 405), ("/protocol/openrpc.json", 200)])
    func head(path: String, status: Int) async throws {
        try await withGateway { scene in
            let answer = try scene.ask("HEAD \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(answer.status == status)
            #expect(answer.body.isEmpty)
            #expect(Int(answer.field("Content-Length") ?? "") ?? 0 > 0)
        }
    }

    @Test func `console and contract are read with GET only`() async throws {
        try await withGateway { scene in
            let console = try scene.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(console.status == 200 && console.body.contains("<html"))
            #expect(
                console.field("Content-Security-Policy")?.contains("default-src 'none'") == true)
            let contract = try scene.ask("GET /protocol/errors.json HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(contract.status == 200)
            #expect(try WireMessage(contract.body).text.contains("unknown_channel"))
            for path in ["/", "/protocol/errors.json"] {
                let answer = try scene.ask("DELETE \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(answer.status == 405 && answer.field("Allow") == "GET, HEAD")
            }
        }
    }

    @Test(
        "what is off or elsewhere says so",
        arguments: [
            ("/", "The console is off"), ("/auth/deriv/login", "Signing in through Deriv is off"),
            ("/auth/session", "Signing in through Deriv is off"),
            ("/readyz", "on the internal port"), ("/nothing", "There is nothing here."),
        ])
    func nothing(path: String, words: String) async throws {
        try await withGateway {
            $0.servesConsole = false
        } _: { scene in
            let answer = try scene.ask("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(answer.status == 404 && answer.body.contains(words), "\(answer.body)")
            #expect(try scene.operate(path + "x").body.contains("Here are /livez"))
        }
    }

    @Test func `the internal port serves operators and no clients`() async throws {
        try await withGateway { scene in
            #expect(try scene.operate("/livez").body == "ok\n")
            #expect(try scene.operate("/readyz").status == 503, "there is no Redis")
            #expect(
                try scene.operate("/metrics").body.contains("# TYPE tradermind_connections gauge"))
            #expect(try scene.operate("/v1").status == 404)
            #expect(try scene.ask("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").status == 404)
            let post = try scene.ask("POST /livez HTTP/1.1\r\nHost: a\r\n\r\n", isInternal: true)
            #expect(post.status == 405 && post.field("Allow") == "GET, HEAD")
        }
    }
}

extension Data {
    var base64URL: String {
        base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }
}

extension String {
    /// Another text of the same letters' kind: the first letter is another.
    var withAnotherStart: String { (hasPrefix("A") ? "B" : "A") + dropFirst() }
}
