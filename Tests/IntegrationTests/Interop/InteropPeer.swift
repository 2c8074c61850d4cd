import Foundation

/// The independent peers, in Python: `Peers/peer.py`.
enum InteropPeer: String, CaseIterable, Sendable {
    case websockets
    case wsproto

    /// The interpreter with the packages of Scripts/python-requirements.txt; nil without one.
    static let python: String? = {
        let path = ProcessInfo.processInfo.environment["TRADERMIND_TEST_PYTHON"] ?? ""
        return path.isEmpty ? nil : path
    }()

    /// Whether the peers can run.
    static var isAvailable: Bool { python != nil }

    /// Why they cannot, for `.enabled(if:)`.
    static let unavailableReason = """
        TRADERMIND_TEST_PYTHON names no Python with the peers' packages: run Scripts/test.
        """

    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Peers/peer.py").path

    /// The load tester beside the tests, which has the echo server.
    private static var loadTester: String {
        URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "gateway-load").path
    }

    /// Starts our echo server.
    static func startEcho(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(loadTester, ["echo", "--port", "0"] + arguments)
    }

    /// Starts the peer's echo server.
    func startServer(deflate: String) throws -> ChildProcess {
        try ChildProcess(Self.python ?? "", [Self.script, "server", rawValue, deflate])
    }

    /// What the peer's client found.
    struct ClientResult: Decodable, Equatable {
        /// The answer's Sec-WebSocket-Extensions.
        var agreed: String
        /// How many messages came back unchanged.
        var messages: Int
        /// The code of our Close frame.
        var close: Int
    }

    /// Runs the peer's client against a server on loopback.
    func runClient(port: UInt16, deflate: String) throws -> ClientResult {
        let url = "ws://127.0.0.1:\(port)/"
        let process = try ChildProcess(
            Self.python ?? "", [Self.script, "client", rawValue, url, deflate])
        let output = try process.outputAtEnd()
        return try JSONDecoder().decode(ClientResult.self, from: Data(output.utf8))
    }
}
