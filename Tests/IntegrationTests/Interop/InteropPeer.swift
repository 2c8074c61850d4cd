import Foundation
import TestSupport

/// The independent peers: `Peers/peer.py` with two stacks, and `Peers/peer.js`.
enum InteropPeer: String, CaseIterable, Sendable {
    case websockets
    case wsproto
    /// Node's.
    case ws

    /// The interpreter with the packages of Scripts/python-requirements.txt; nil without one.
    static let python: String? = {
        let path = ProcessInfo.processInfo.environment["TRADERMIND_TEST_PYTHON"] ?? ""
        return path.isEmpty ? nil : path
    }()

    /// Node, where the package `ws` is there too.
    static let node: String? = {
        guard FileManager.default.fileExists(atPath: "/usr/share/nodejs/ws/package.json") else {
            return nil
        }
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return folders.map { "\($0)/node" }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }()

    /// Those that can run on this machine.
    static let available = allCases.filter { $0.interpreter != nil }

    /// Whether the peers in Python can run.
    static var isAvailable: Bool { python != nil }

    /// Why they cannot, for `.enabled(if:)`.
    static let unavailableReason = """
        TRADERMIND_TEST_PYTHON names no Python with the peers' packages: run Scripts/test.
        """

    /// Why Node's `ws` cannot run, for `.enabled(if:)`.
    static let noNodeReason = "Node or its `ws` is missing: apt-get install nodejs node-ws"

    /// What runs the peer's script.
    private var interpreter: String? {
        switch self {
        case .websockets, .wsproto: Self.python
        case .ws: Self.node
        }
    }

    private var script: String {
        URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: self == .ws ? "Peers/peer.js" : "Peers/peer.py").path
    }

    /// The load tester beside the tests, which has the echo server.
    private static var loadTester: String {
        URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "gateway-load").path
    }

    /// Starts our echo server.
    static func startEcho(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(loadTester, ["echo", "--port", "0"] + arguments)
    }

    /// Starts the peer's echo server, with TLS where there is a certificate.
    func startServer(
        deflate: String, certificate: TestCertificate? = nil
    ) throws -> ChildProcess {
        let files = certificate.map { [$0.certificatePath, $0.keyPath] } ?? []
        return try ChildProcess(
            interpreter ?? "", [script, "server", rawValue, deflate] + files)
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

    /// Runs the peer's client against a server on loopback, over TLS where it has a certificate.
    func runClient(
        port: UInt16, deflate: String, certificate: TestCertificate? = nil
    ) throws -> ClientResult {
        let url = "\(certificate == nil ? "ws" : "wss")://127.0.0.1:\(port)/"
        let process = try ChildProcess(
            interpreter ?? "",
            [script, "client", rawValue, url, deflate]
                + (certificate.map { [$0.certificatePath] } ?? []))
        let output = try process.outputAtEnd()
        return try JSONDecoder().decode(ClientResult.self, from: Data(output.utf8))
    }
}
