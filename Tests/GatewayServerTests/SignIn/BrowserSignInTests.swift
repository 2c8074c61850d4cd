import Deriv
import DerivStandIn
import EventLoop
import HTTPTestServer
import Synchronization
import TestSupport
import Testing
import WebSocketProtocol

/// The app as a page: it signs in, gets its token, opens a socket and tells the test what it saw.
private enum AppPage {
    static let html = """
        <!doctype html><title>App</title><script>
        const gateway = 'https://gateway.tradermind.test'
        const report = text => fetch('/report', {method: 'POST', body: text})
        async function signedIn() {
          const answer = await fetch(gateway + '/auth/session',
            {method: 'POST', credentials: 'include'})
          if (!answer.ok) return report('session ' + answer.status)
          const session = await answer.json()
          const socket = new WebSocket('wss://gateway.tradermind.test/v1',
            ['tradermind.v1', 'tradermind.bearer.' + session.token])
          socket.onmessage = event => {
            const hello = JSON.parse(event.data)
            report(JSON.stringify({method: hello.method, user: hello.params.user_id,
              signed_in: session.user_id, url: location.href, referrer: document.referrer,
              cookies: document.cookie, history: history.length}))
            socket.onclose = null
            socket.close()
          }
          socket.onclose = event => report('closed ' + event.code)
        }
        if (location.pathname === '/') location.replace(gateway + '/auth/deriv/login')
        else signedIn().catch(error => report('failed ' + error))
        </script>
        """

    static func answer(_ request: HTTPTestRequest) -> HTTPTestReply {
        let isPage = request.head.path == "/" || request.head.path == "/signed-in"
        let body = isPage ? html : ""
        return .text(
            "HTTP/1.1 \(isPage || request.head.method == .post ? 200 : 404) X\r\n"
                + "Content-Type: text/html; charset=utf-8\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }
}

@Suite(
    "Signing in with a real browser", .timeLimit(.minutes(10)),
    .enabled(if: HeadlessBrowser.path != nil, "no chromium or google-chrome is installed"))
struct BrowserSignInTests {
    @Test(arguments: OAuthGeneration.allCases)
    func `A page signs in through Deriv and opens its socket`(
        generation: OAuthGeneration
    ) async throws {
        try await SignInScene.run(generation) { scene in
            let report = try await scene.report(openedWith: AppPage.answer)
            let message = try WireMessage(report)
            #expect(message.string("method") == "hello")
            let user = try #require(message.string("user"))
            #expect(user == message.string("signed_in"))
            // Nothing secret in the address, and nothing that a script could read.
            #expect(message.string("url") == SignInScene.app + "/signed-in")
            #expect(message.string("cookies") == "")
            let referrer = try #require(message.string("referrer"))
            #expect(!referrer.contains("code=") && !referrer.contains("token1="))
            let secrets = try await scene.outside { $0.standIn.secrets }
            let log = scene.log.text
            for secret in secrets { #expect(!log.contains(secret)) }
            #expect(scene.users.state.withLock { $0.connections.count } == 1)
        }
    }
}

extension SignInScene {
    /// Opens the app in a browser and waits for what its page reports.
    func report(
        openedWith answer: @escaping @Sendable (HTTPTestRequest) -> HTTPTestReply
    ) async throws -> String {
        let identity = try identity()
        let (gateway, deriv) = (gatewayPort, try await outside { $0.standIn.port })
        return try await outside { outside in
            let loop = outside.loop
            let received = LoopEvent<String>(loop)
            let server = try HTTPTestServer(loop: loop, identity: identity) { request in
                if request.head.path == "/report" {
                    received.happened(String(decoding: request.body, as: UTF8.self))
                }
                return answer(request)
            }
            defer { server.stop() }
            let browser = try HeadlessBrowser(
                open: SignInScene.app + "/",
                hosts: [
                    "app.tradermind.test": server.port, "gateway.tradermind.test": gateway,
                    "auth.deriv.test": deriv,
                ], loop: loop)
            defer { browser.stop() }
            return try await received.wait("a report of the page")
        }
    }
}
