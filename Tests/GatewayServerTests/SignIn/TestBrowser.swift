import EventLoop
import HTTPFetch
import Security
import WebSocketProtocol

/// A browser without pages: it follows redirects and links, and keeps cookies by the rules that
/// matter here. Confined to its loop.
final class TestBrowser {
    /// One answer on its way.
    struct Step: Sendable {
        let url: String
        let response: HTTPFetchResponse

        var status: Int { response.status.rawValue }
        var text: String { String(decoding: response.body, as: UTF8.self) }
        var location: String? { response.fields.value(of: "Location") }
        func field(_ name: String) -> String? { response.fields.value(of: name) }
    }

    private let fetcher: HTTPFetcher
    /// Where the named hosts really are.
    private let ports: [String: UInt16]
    /// Cookies by host and name.
    private(set) var cookies: [String: [String: String]] = [:]
    /// Every value that a cookie has had.
    private(set) var cookieValues: [String] = []

    init(loop: EventLoop, trust: TLSTrust, ports: [String: UInt16]) {
        fetcher = HTTPFetcher(loop: loop, trust: trust)
        self.ports = ports
    }

    func stop() { fetcher.stop() }

    func setCookie(_ name: String, _ value: String?, host: String) {
        cookies[host, default: [:]][name] = value
    }

    /// Asks for a URL, with the cookies of its host.
    func send(
        _ method: HTTPMethod, _ url: String, origin: String? = nil, token: String? = nil,
        body: String? = nil, fields: [HTTPField] = []
    ) async throws -> Step {
        let parsed = try HTTPURL(url)
        guard let port = ports[parsed.host] else { throw Lacking(what: "the host of \(url)") }
        var fields = fields
        if let origin { fields.append(HTTPField("Origin", origin)) }
        if let jar = cookies[parsed.host], !jar.isEmpty {
            let text = jar.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            fields.append(HTTPField("Cookie", text.joined(separator: "; ")))
        }
        func secret(_ text: String) -> SecretBytes {
            SecretBytes(copying: Array(text.utf8).span)
        }
        let response = try await fetcher.fetch(
            HTTPFetchRequest(
                method: method, url: try HTTPURL("https://127.0.0.1:\(port)\(parsed.target)"),
                fields: fields, bearer: token.map(secret), body: body.map(secret)))
        for cookie in response.fields.values(of: "Set-Cookie") { keep(cookie, host: parsed.host) }
        return Step(url: url, response: response)
    }

    private func keep(_ text: String, host: String) {
        let parts = text.split(separator: "; ").map(String.init)
        let pair = parts[0].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let value = pair.count == 2 ? String(pair[1]) : ""
        cookieValues.append(value)
        setCookie(String(pair[0]), parts.contains("Max-Age=0") ? nil : value, host: host)
    }

    /// Follows redirects and Deriv's sign-in page to where there is nothing to follow; the app's
    /// own page is not asked for.
    func follow(_ start: String, until host: String = "app.tradermind.test") async throws -> [Step]
    {
        var steps: [Step] = []
        var url = start
        while steps.count < 10 {
            let step = try await send(.get, url)
            steps.append(step)
            let base = try HTTPURL(url)
            if let location = step.location {
                url = location
                if try HTTPURL(location).host == host { break }
            } else if let href = step.text.firstRange(of: "href=\"") {
                let rest = step.text[href.upperBound...]
                let target = rest.prefix { $0 != "\"" }.replacing("&amp;", with: "&")
                url = "https://\(base.host)\(target)"
            } else {
                break
            }
        }
        return steps
    }
}
