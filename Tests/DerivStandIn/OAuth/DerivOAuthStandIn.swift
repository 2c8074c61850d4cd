package import EventLoop
import HTTPTestServer
import Security
import WebSocketProtocol

/// A stand-in for Deriv's sign-in of both generations: the pages that a browser is sent through,
/// the token endpoint, the list of accounts and the revocations, with the documented parameters,
/// answers and errors. It checks everything that a real server checks. Confined to its loop.
package final class DerivOAuthStandIn {
    /// An account of the one person who signs in.
    package struct Account: Sendable {
        /// The id.
        package let id: String
        /// Whether its money is not real.
        package let isDemo: Bool
        /// The currency.
        package let currency: String
        /// The token that the first generation's redirect brings for it.
        package let legacyToken: String
    }

    /// A code that was given out and not exchanged yet.
    private struct IssuedCode {
        let challenge: String
        let redirect: String
    }

    /// What it is told to do otherwise than usual.
    package struct Behaviour: Sendable {
        /// The person refuses (`error=access_denied`).
        package var deniesAccess = false
        /// The first generation sends `state` back.
        package var echoesState = true
        /// Every answer but the pages is this status; nil for none.
        package var failureStatus: Int?
        /// The token answer has no `expires_in` and no refresh token.
        package var isTerse = false

        /// The usual behaviour.
        package init() {}
    }

    /// The user's id, as `authorize` would say.
    package let userID = "7001234"
    /// The registered applications: `app_id` and `client_id`.
    package let applicationID: String
    /// The accounts of the person.
    package let accounts: [Account]
    /// What it does otherwise.
    package var behaviour = Behaviour()
    /// Where the first generation's redirect goes: registered, not asked for.
    package var registeredRedirect = ""
    /// Every secret that it has given out.
    package private(set) var secrets: [String] = []
    /// The tokens that were given back.
    package private(set) var revokedTokens: Set<String> = [] {
        didSet { revocationObserver?(revokedTokens.count) }
    }
    /// Is told how many tokens were given back, whenever some are.
    package var revocationObserver: ((Int) -> Void)?
    /// How often a code was exchanged, or was tried to be.
    package private(set) var exchangeCount = 0
    /// Requests for a list of accounts.
    package private(set) var accountRequestCount = 0

    private var codes: [String: IssuedCode] = [:]
    private var accessTokens: Set<String> = []
    private var server: HTTPTestServer?

    /// Begins to listen on a port of 127.0.0.1.
    ///
    /// - Parameters:
    ///   - loop: where it works.
    ///   - identity: its certificates.
    ///   - applicationID: the application that may sign people in.
    ///   - userNumber: makes the person's accounts and tokens different from others'.
    /// - Throws: what keeps it from listening.
    package init(
        loop: EventLoop, identity: TLSServerIdentity?, applicationID: String, userNumber: Int = 1
    ) throws {
        self.applicationID = applicationID
        accounts = [
            Account(
                id: "VRTC\(1000 + userNumber)", isDemo: true, currency: "USD",
                legacyToken: "a1-" + Self.random()),
            Account(
                id: "CR\(2000 + userNumber)", isDemo: false, currency: "eUSDT",
                legacyToken: "a1-" + Self.random()),
        ]
        secrets = accounts.map(\.legacyToken)
        server = try HTTPTestServer(loop: loop, identity: identity) { [unowned self] in
            answer($0)
        }
    }

    /// Where it listens.
    package var port: UInt16 { server?.port ?? 0 }

    /// Ends it.
    package func stop() { server?.stop() }

    /// Whose a token of the first generation is; nil where it is nobody's or was given back.
    package func account(ofLegacyToken token: String) -> Account? {
        revokedTokens.contains(token) ? nil : accounts.first { $0.legacyToken == token }
    }

    private static func random() -> String {
        Base64URL.encode(RandomBytes.make(byteCount: 24).span)
            .filter { $0 != "-" && $0 != "_" }
    }

    private func makeSecret(_ prefix: String) -> String {
        let secret = prefix + Self.random()
        secrets.append(secret)
        return secret
    }

    // MARK: - Routing

    private func answer(_ request: HTTPTestRequest) -> HTTPTestReply {
        let head = request.head
        switch (head.method, head.path) {
        case (.get, "/oauth2/auth"): return page(head, checking: isAuthorizationRequest)
        case (.get, "/oauth2/authorize"): return page(head, checking: isLegacyRequest)
        case (.get, "/signed-in"): return goBack(head)
        case (.get, "/signed-in-legacy"): return goBackLegacy(head)
        default: break
        }
        if let status = behaviour.failureStatus { return reply(status, "{}") }
        switch (head.method, head.path) {
        case (.post, "/oauth2/token"): return token(request)
        case (.get, "/trading/v1/options/accounts"): return listAccounts(head)
        case (.post, "/oauth2/revoke"): return revoke(request)
        case (.post, "/oauth2/legacy/tokens/revoke"): return revokeLegacy(request)
        default: return reply(404, "{}")
        }
    }

    private func reply(_ status: Int, _ body: String) -> HTTPTestReply {
        .text(
            "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    private func redirect(_ location: String) -> HTTPTestReply {
        .text("HTTP/1.1 302 Found\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n")
    }

    // MARK: - The browser's part

    /// The page on which a person signs in; this one does it by itself.
    private func page(
        _ head: HTTPRequestHead, checking isValid: (HTTPRequestHead) -> Bool
    ) -> HTTPTestReply {
        guard isValid(head) else { return reply(400, #"{"error":"invalid_request"}"#) }
        let next = head.path == "/oauth2/auth" ? "/signed-in" : "/signed-in-legacy"
        let body =
            "<!doctype html><title>Deriv</title><a id=go href=\"\(next)?"
            + (head.query ?? "").replacing("&", with: "&amp;") + "\">Sign in</a>"
            + "<script>document.getElementById('go').click()</script>"
        return .text(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    private func isAuthorizationRequest(_ head: HTTPRequestHead) -> Bool {
        head.queryValue(of: "response_type") == "code"
            && head.queryValue(of: "client_id") == applicationID
            && head.queryValue(of: "redirect_uri") == registeredRedirect
            && head.queryValue(of: "scope")?.isEmpty == false
            && head.queryValue(of: "state")?.isEmpty == false
            && head.queryValue(of: "code_challenge")?.utf8.count == 43
            && head.queryValue(of: "code_challenge_method") == "S256"
    }

    private func isLegacyRequest(_ head: HTTPRequestHead) -> Bool {
        head.queryValue(of: "app_id") == applicationID
    }

    private func goBack(_ head: HTTPRequestHead) -> HTTPTestReply {
        let state = head.queryValue(of: "state") ?? ""
        if behaviour.deniesAccess {
            return redirect(
                "\(registeredRedirect)?error=access_denied&error_description=User+cancelled"
                    + "&state=\(state)")
        }
        let code = makeSecret("ory_ac_")
        codes[code] = IssuedCode(
            challenge: head.queryValue(of: "code_challenge") ?? "",
            redirect: head.queryValue(of: "redirect_uri") ?? "")
        return redirect("\(registeredRedirect)?code=\(code)&scope=trade&state=\(state)")
    }

    private func goBackLegacy(_ head: HTTPRequestHead) -> HTTPTestReply {
        let state = behaviour.echoesState ? head.queryValue(of: "state") ?? "" : ""
        if behaviour.deniesAccess {
            return redirect("\(registeredRedirect)?error=access_denied")
        }
        let triples = accounts.enumerated().map { index, account in
            let number = index + 1
            return "acct\(number)=\(account.id.lowercased())&token\(number)=\(account.legacyToken)"
                + "&cur\(number)=\(account.currency)"
        }
        return redirect(
            "\(registeredRedirect)?\(triples.joined(separator: "&"))&state=\(state)")
    }

    // MARK: - The gateway's part

    /// The parameters of a form; values here need no decoding beyond that of a query.
    private func form(_ request: HTTPTestRequest) -> HTTPRequestHead? {
        var parser = HTTPRequestHeadParser()
        let text =
            "GET /?" + String(decoding: request.body, as: UTF8.self)
            + " HTTP/1.1\r\nHost: form\r\n\r\n"
        let bytes = Array(text.utf8)
        // Safety: the span does not outlive the array.
        guard
            case .finished(let head, _)? = unsafe try? parser.parse(
                bytes.span.bytes, limits: HTTPHeadLimits())
        else { return nil }
        return head
    }

    private func token(_ request: HTTPTestRequest) -> HTTPTestReply {
        exchangeCount += 1
        guard
            request.head.fields.value(of: "Content-Type")
                == "application/x-www-form-urlencoded", let form = form(request),
            form.queryValue(of: "client_id") == applicationID
        else { return reply(401, #"{"error":"invalid_client"}"#) }
        switch form.queryValue(of: "grant_type") {
        case "authorization_code":
            guard let code = form.queryValue(of: "code"),
                let issued = codes.removeValue(forKey: code),
                let verifier = form.queryValue(of: "code_verifier"),
                Base64URL.encode(SHA256Digest.of(Array(verifier.utf8).span).span)
                    == issued.challenge,
                form.queryValue(of: "redirect_uri") == issued.redirect
            else { return reply(400, #"{"error":"invalid_grant"}"#) }
            secrets.append(verifier)
        default: return reply(400, #"{"error":"unsupported_grant_type"}"#)
        }
        let access = makeSecret("ory_at_")
        accessTokens.insert(access)
        guard !behaviour.isTerse else {
            return reply(200, #"{"access_token":"\#(access)","token_type":"bearer"}"#)
        }
        let refresh = makeSecret("ory_rt_")
        return reply(
            200,
            #"{"access_token":"\#(access)","token_type":"bearer","expires_in":3600,"#
                + #""refresh_token":"\#(refresh)","scope":"trade"}"#)
    }

    /// Ends every access token that was given, as when a user takes the access back.
    package func endAccess() {
        accessTokens = []
    }

    private func listAccounts(_ head: HTTPRequestHead) -> HTTPTestReply {
        accountRequestCount += 1
        let token = head.fields.value(of: "Authorization")?.dropFirst("Bearer ".count) ?? ""
        guard accessTokens.contains(String(token)), !revokedTokens.contains(String(token)) else {
            return reply(
                401,
                #"{"errors":[{"status":401,"code":"Unauthorized","message":"x"}],"meta":{}}"#)
        }
        let list = accounts.map { account in
            let type = account.isDemo ? "demo" : "real"
            return #"{"account_id":"\#(account.id)","account_type":"\#(type)","#
                + #""balance":10000.00,"currency":"\#(account.currency)","group":"row","#
                + #""status":"active"}"#
        }
        return reply(
            200,
            #"{"data":[\#(list.joined(separator: ","))],"meta":{"endpoint":"/accounts","#
                + #""method":"GET","timing":3}}"#)
    }

    private func revoke(_ request: HTTPTestRequest) -> HTTPTestReply {
        guard let token = form(request)?.queryValue(of: "token") else { return reply(400, "{}") }
        revokedTokens.insert(token)
        return reply(200, "")
    }

    private func revokeLegacy(_ request: HTTPTestRequest) -> HTTPTestReply {
        let text = String(decoding: request.body, as: UTF8.self)
        let tokens = text.split { "[]\",".contains($0) }.map(String.init)
        guard (1...20).contains(tokens.count) else {
            return reply(400, #"{"error":"InvalidTokenCount"}"#)
        }
        revokedTokens.formUnion(tokens)
        return reply(200, "{}")
    }
}
