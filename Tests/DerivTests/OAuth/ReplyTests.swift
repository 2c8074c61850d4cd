import Security
import Testing
import WebSocketProtocol

@testable import Deriv

/// Fields as a server sends them.
func responseFields(_ lines: String = "") throws -> HTTPFields {
    var parser = HTTPResponseHeadParser()
    let bytes = Array("HTTP/1.1 200 OK\r\n\(lines)\r\n".utf8)
    // Safety: the span does not outlive the array.
    guard
        case .finished(let head, _) = unsafe try parser.parse(
            bytes.span.bytes, limits: HTTPHeadLimits())
    else { throw OAuthReplyError.malformed }
    return head.fields
}

private func grant(_ body: String, status: Int = 200, _ lines: String = "") throws -> OAuthGrant {
    try TokenReply.read(
        status: HTTPStatus(rawValue: status), fields: try responseFields(lines),
        body: Array(body.utf8))
}

@Suite("RFC 6749 §5: answers of the token endpoint")
struct TokenReplyTests {
    @Test
    func `A grant with everything`() throws {
        let grant = try grant(
            #"{"access_token":"ory_at_x.y","token_type":"bearer","expires_in":1800,"#
                + #""refresh_token":"ory_rt_z","scope":"trade payment","id_token":null}"#)
        #expect(grant.accessToken.text == "ory_at_x.y" && grant.refreshToken?.text == "ory_rt_z")
        #expect(grant.lifetimeSeconds == 1800 && grant.scopes == ["trade", "payment"])
    }

    @Test
    func `Without refresh token, lifetime and scope`() throws {
        for rest in ["", #","expires_in":null,"refresh_token":null"#] {
            let grant = try grant(#"{"access_token":"a","token_type":"Bearer"\#(rest)}"#)
            #expect(grant.refreshToken == nil && grant.lifetimeSeconds == 3600)
            #expect(grant.scopes.isEmpty)
        }
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"access_token":"a"}"#, #"{"token_type":"bearer"}"#,
        #"{"access_token":"a","token_type":"mac"}"#, #"{"access_token":"","token_type":"bearer"}"#,
        #"{"access_token":7,"token_type":"bearer"}"#,
        #"{"access_token":"a b","token_type":"bearer"}"#,
        #"{"access_token":"a\u0041","token_type":"bearer"}"#,
        #"{"access_token":"a","token_type":"bearer","expires_in":0}"#,
        #"{"access_token":"a","token_type":"bearer","expires_in":31536001}"#,
        #"{"access_token":"a","token_type":"bearer","expires_in":"3600"}"#,
        #"{"access_token":"a","token_type":"bearer","refresh_token":7}"#,
        #"{"access_token":"a","access_token":"b","token_type":"bearer"}"#,
    ])
    func `An answer that is no grant is malformed`(body: String) {
        #expect(throws: OAuthReplyError.malformed) { try grant(body) }
    }

    @Test
    func `Refusals name their code, and only codes that are known`() {
        #expect(throws: OAuthReplyError.refused("invalid_grant")) {
            try grant(#"{"error":"invalid_grant","error_description":"x"}"#, status: 400)
        }
        #expect(throws: OAuthReplyError.refused("invalid_client")) {
            try grant(#"{"error":"invalid_client"}"#, status: 401)
        }
        #expect(throws: OAuthReplyError.refused("other")) {
            try grant(#"{"error":"<b>"}"#, status: 400)
        }
        #expect(throws: OAuthReplyError.rateLimited(retryAfterSeconds: 7)) {
            try grant("", status: 429, "Retry-After: 7\r\n")
        }
        #expect(throws: OAuthReplyError.rateLimited(retryAfterSeconds: nil)) {
            try grant("", status: 429)
        }
        #expect(throws: OAuthReplyError.serverFailed(status: 503)) { try grant("", status: 503) }
        #expect(throws: OAuthReplyError.malformed) { try grant("", status: 302) }
    }

    @Test
    func `A token may be as long as the bound`() throws {
        for (count, isFine) in [(8191, true), (8192, true), (8193, false)] {
            let body =
                #"{"token_type":"bearer","access_token":""#
                + String(repeating: "t", count: count) + #""}"#
            #expect(((try? grant(body)) != nil) == isFine, "\(count)")
        }
    }
}

@Suite("Lists of accounts")
struct AccountsReplyTests {
    private func accounts(_ body: String, status: Int = 200) throws -> [DerivAccount] {
        try AccountsReply.read(
            status: HTTPStatus(rawValue: status), fields: try responseFields(),
            body: Array(body.utf8))
    }

    private func entry(_ id: String, _ type: String = "demo", _ rest: String = "") -> String {
        #"{"account_id":"\#(id)","account_type":"\#(type)","balance":10000.5,"group":"row""#
            + #","currency":"USD","status":"active"\#(rest)}"#
    }

    @Test
    func `The documented list is read`() throws {
        let list = try accounts(
            #"{"data":[\#(entry("DOT90004580")),\#(entry("ROT7", "real"))],"meta":{"timing":3}}"#)
        #expect(
            list == [
                DerivAccount(
                    id: "DOT90004580", isDemo: true, currency: "USD", isActive: true,
                    balance: "10000.5"),
                DerivAccount(
                    id: "ROT7", isDemo: false, currency: "USD", isActive: true, balance: "10000.5"),
            ])
    }

    @Test
    func `A person is known by the oldest demo account, whatever comes later`() {
        func account(_ id: String, demo: Bool) -> DerivAccount {
            DerivAccount(id: id, isDemo: demo, currency: nil, isActive: true)
        }
        var list = [account("DOT200", demo: true)]
        #expect(list.oldest?.id == "DOT200")
        list.insert(account("ROT1", demo: false), at: 0)
        list.append(account("DOT1000", demo: true))
        #expect(list.oldest?.id == "DOT200")
        #expect([account("ROT12", demo: false), account("ROT3", demo: false)].oldest?.id == "ROT3")
        #expect([DerivAccount]().oldest == nil)
    }

    @Test(arguments: [
        "", "{}", #"{"data":{}}"#, #"{"data":[7]}"#, #"{"data":[{"account_id":"A1"}]}"#,
        #"{"data":[{"account_id":"","account_type":"demo"}]}"#,
        #"{"data":[{"account_id":"A 1","account_type":"demo"}]}"#,
        #"{"data":[{"account_id":"A1","account_type":"other"}]}"#,
        #"{"data":[{"account_id":"A1","account_type":"demo"},"#
            + #"{"account_id":"A1","account_type":"demo"}]}"#,
    ])
    func `A list that is not as documented is malformed`(body: String) {
        #expect(throws: OAuthReplyError.malformed) { try accounts(body) }
    }

    @Test
    func `Nobody, too many, and refusals`() throws {
        #expect(throws: OAuthReplyError.refused("no_account")) { try accounts(#"{"data":[]}"#) }
        for (count, isFine) in [(24, true), (25, true), (26, false)] {
            let list = (0..<count).map { entry("A\($0)") }.joined(separator: ",")
            #expect(((try? accounts(#"{"data":[\#(list)]}"#)) != nil) == isFine)
        }
        #expect(throws: OAuthReplyError.unauthorized) { try accounts("{}", status: 401) }
        #expect(throws: OAuthReplyError.unauthorized) { try accounts("{}", status: 403) }
        #expect(throws: OAuthReplyError.refused("other")) { try accounts("{}", status: 404) }
        #expect(throws: OAuthReplyError.serverFailed(status: 504)) {
            try accounts("{}", status: 504)
        }
    }
}
