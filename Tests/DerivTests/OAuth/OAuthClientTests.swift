import EventLoop
import HTTPFetch
import HTTPTestServer
import Security
import TestSupport
import Testing
import WebSocketProtocol

@testable import Deriv

@Suite("OAuthClient", .timeLimit(.minutes(10)))
struct OAuthClientTests {
    /// Runs a body with a client whose endpoints answer as `respond` says.
    private func run(
        _ generation: OAuthGeneration = .options,
        respond: @escaping @Sendable (HTTPTestRequest) -> (Int, String),
        _ body: @escaping @Sendable (OAuthClient) async throws -> Void
    ) async throws {
        let group = try EventLoopGroup(count: 1, name: "oauth")
        defer { group.stopAndJoin() }
        let loop = group.loops[0]
        let result = await loop.task { () async -> Result<Void, any Error> in
            do {
                let server = try HTTPTestServer(loop: loop, identity: nil) { request in
                    let (status, text) = respond(request)
                    return .text(
                        "HTTP/1.1 \(status) X\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)")
                }
                defer { server.stop() }
                let base = "http://127.0.0.1:\(server.port)"
                var profile = OAuthProfile(
                    generation: generation, applicationID: "app",
                    authorizeURL: try HTTPURL("\(base)/auth"),
                    redirectURL: try HTTPURL("https://gw.example/c"), scopes: ["trade"])
                profile.tokenURL = try HTTPURL("\(base)/token")
                profile.accountsURL = try HTTPURL("\(base)/accounts")
                profile.revokeURL = try HTTPURL("\(base)/revoke")
                let fetcher = HTTPFetcher(
                    loop: loop, trust: try TLSTrust(), allowsPlainHTTP: true)
                defer { fetcher.stop() }
                return .success(try await body(OAuthClient(fetcher: fetcher, profile: profile)))
            } catch {
                return .failure(error)
            }
        }.value
        try result.get()
    }

    private static func text(_ request: HTTPTestRequest) -> String {
        String(decoding: request.body, as: UTF8.self)
    }

    @Test
    func `A code is exchanged with its verifier, and the token lists the accounts`() async throws {
        try await run { request in
            switch request.head.path {
            case "/token":
                let form = Self.text(request)
                guard
                    form == "grant_type=authorization_code&client_id=app&code=c%2F1"
                        + "&redirect_uri=https%3A%2F%2Fgw.example%2Fc&code_verifier=v"
                else { return (400, #"{"error":"invalid_request"}"#) }
                return (200, #"{"access_token":"at","token_type":"bearer","expires_in":60}"#)
            case "/accounts":
                guard request.head.fields.value(of: "Authorization") == "Bearer at",
                    request.head.fields.value(of: "Deriv-App-ID") == "app"
                else { return (401, "{}") }
                return (200, #"{"data":[{"account_id":"DOT1","account_type":"demo"}]}"#)
            default: return (404, "")
            }
        } _: { client in
            let grant = try await client.exchange(code: .text("c/1"), verifier: .text("v"))
            #expect(grant.accessToken.text == "at" && grant.lifetimeSeconds == 60)
            let accounts = try await client.accounts(accessToken: grant.accessToken)
            #expect(accounts.map(\.id) == ["DOT1"])
            await #expect(throws: OAuthError.answered(.unauthorized)) {
                try await client.accounts(accessToken: .text("other"))
            }
            await #expect(throws: OAuthError.answered(.refused("invalid_request"))) {
                try await client.exchange(code: .text("c/2"), verifier: .text("v"))
            }
        }
    }

    @Test
    func `Tokens are given back one by one, or twenty at once in the first generation`()
        async throws
    {
        try await run { request in
            Self.text(request) == "token=a&client_id=app" ? (200, "") : (400, "")
        } _: { client in
            try await client.revoke([.text("a"), .text("a")])
            await #expect(throws: OAuthError.answered(.refused("other"))) {
                try await client.revoke([.text("b")])
            }
        }
        try await run(.legacy) { request in
            let count = Self.text(request).split(separator: ",").count
            return Self.text(request).hasPrefix(#"["a1-"#) && count <= 20 ? (200, "{}") : (400, "")
        } _: { client in
            try await client.revoke((1...21).map { .text("a1-\($0)") })
        }
    }
}
