import GatewayAPI
import WebSocketProtocol

/// What the public port answers beside WebSocket: the console and the contract.
struct PublicRoutes: Sendable {
    private let servesConsole: Bool
    private let contract: [String: [UInt8]]

    init(configuration: GatewayConfiguration) {
        servesConsole = configuration.servesConsole
        contract = Dictionary(
            uniqueKeysWithValues: ContractDocuments.files.map { ("/protocol/\($0.path)", $0.bytes) }
        )
    }

    /// The answer to a request; nil for a path that is not here.
    func response(to head: HTTPRequestHead) -> HTTPResponse? {
        if head.path == "/" && servesConsole { return onlyReads(head) ?? Self.console }
        guard let document = contract[head.path] else { return nil }
        return onlyReads(head)
            ?? HTTPResponse(
                status: .ok, contentType: "application/json; charset=utf-8",
                fields: [HTTPField("Access-Control-Allow-Origin", "*")], body: document)
    }

    private func onlyReads(_ head: HTTPRequestHead) -> HTTPResponse? {
        head.method == .get || head.method == .head ? nil : .readsOnly
    }

    /// The console page. Its own script and style are inline, and nothing else may run or load.
    private static let console = HTTPResponse(
        status: .ok, contentType: "text/html; charset=utf-8",
        fields: [
            HTTPField(
                "Content-Security-Policy",
                "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
                    + "connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; "
                    + "frame-ancestors 'none'")
        ], body: PackageResources.console_html)
}
