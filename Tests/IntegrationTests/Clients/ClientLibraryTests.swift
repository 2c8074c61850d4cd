import Foundation
import GatewayAPI
import GatewayServer
import Security
import Synchronization
import TestSupport
import Testing

/// The client libraries of `Protocol/clients`: by themselves, and against gateway nodes.
@Suite(
    "Client libraries in other languages", .timeLimit(.minutes(10)),
    .enabled(if: !ClientLibrary.available.isEmpty, "\(ClientLibrary.unavailableReason)"))
struct ClientLibraryTests {
    @Test(.enabled(if: InteropPeer.node != nil, "\(InteropPeer.noNodeReason)"))
    func `the JavaScript library is one of them`() {
        #expect(ClientLibrary.available.contains(.javascript))
    }

    @Test(arguments: ClientLibrary.available)
    func `a library passes its own tests`(library: ClientLibrary) async throws {
        let arguments =
            switch library {
            // ResourceWarning and the like are defects too.
            case .python: ["-X", "dev", "-m", "unittest", "discover", "-t", ".", "-s", "tests"]
            // Node 20 takes no pattern, and later ones take no folder.
            case .javascript: try ["--test"] + Self.javaScriptTests()
            }
        let script = try ClientScript(library, arguments, in: library.folder)
        _ = try await script.finish()
        for word in ["Traceback", "Warning"] { #expect(!script.errors.contains(word)) }
    }

    @Test(
        .enabled(if: InteropPeer.isAvailable, "\(InteropPeer.unavailableReason)"),
        .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"))
    func `every method answers with the fields of its generated type`() async throws {
        try await GatewayScene.run { scene in
            let url = "ws://\(scene.nodes[0].publicAddress)/v1"
            let input = try Self.input(scene, url: url)
            let scenario = ClientLibrary.python.scenario("methods")
            let script = try ClientScript(.python, [scenario])
            try script.send(input)
            let said = try await script.finish()
            #expect(said == "{\"methods\": \(GatewayMethod.allCases.count - 2)}\n")
        }
    }

    @Test(
        .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
        arguments: ClientLibrary.available)
    func `a client keeps its token fresh and comes through restarts without a loss`(
        library: ClientLibrary
    ) async throws {
        let names = Mutex(0)
        try await GatewayScene.run { configuration in
            configuration.nodeName = names.withLock { count in
                count += 1
                return "rolling-\(count)"
            }
            // The clients go by themselves before it is over.
            configuration.drainDuration = .seconds(5)
            // A token is short that still outlives a test which a slow machine holds up.
            configuration.tokenLimits.noticeMilliseconds = 1_200_000...1_200_000
        } _: { scene in
            let address = AddressFile(try TemporaryFolder())
            try address.name(scene.nodes[0])
            let redis = try await SceneRedis(scene.redis)
            try await Self.lead(library, address, scene, redis)
        }
    }

    /// What a client saw over TLS.
    private struct Seen: Decodable {
        let user: String
        let stranger: String
    }

    @Test(
        .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
        .enabled(if: ServedGateway.programPath != nil, "the program `gateway` is not built"),
        arguments: ClientLibrary.available)
    func `a client speaks TLS and believes nobody whom it does not know`(
        library: ClientLibrary
    ) async throws {
        let redis = try PrivateRedisServer()
        let gateway = try ServedGateway()
        let certificate = try TestCertificate(names: ["127.0.0.1"])
        try gateway.configure(
            redis: #""url": "\#(redis.url)""#, tls: ServedGateway.section(certificate))
        let words = [
            "url": "wss://127.0.0.1:\(try gateway.serve())/v1", "token": try gateway.token(),
            "authorities": certificate.certificatePath,
        ]
        let script = try ClientScript(library, [library.scenario("secure")])
        try script.send(String(decoding: try JSONEncoder().encode(words), as: UTF8.self))
        let said = Data(try await script.finish().utf8)
        let seen = try JSONDecoder().decode(Seen.self, from: said)
        #expect(seen.user == "b0000000-0000-4000-8000-000000000002")
        #expect(seen.stranger == "connect_failed")
        #expect(try gateway.end() == 0)
    }

    /// The files of the JavaScript library's tests, from its folder.
    private static func javaScriptTests() throws -> [String] {
        let folder = ClientLibrary.javascript.folder.appending(path: "test")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let tests = names.filter { $0.hasSuffix(".test.js") }.sorted()
        try #require(!tests.isEmpty)
        return tests.map { "test/\($0)" }
    }

    /// What a scenario is told on its first line.
    private static func input(_ scene: GatewayScene, url: String) throws -> String {
        func token(_ role: TokenRole, _ lifetime: Int64 = 3_600_000) throws -> String {
            try scene.tokenText(
                GatewayScene.subject(role), role, lifetimeMilliseconds: lifetime)
        }
        let words = [
            "url": url, "admin": try token(.admin), "service": try token(.service),
            "user": try token(.user),
            // Within the notice that `life` has its nodes give before the end of a token.
            "short": try token(.user, 600_000),
        ]
        return String(decoding: try JSONEncoder().encode(words), as: UTF8.self)
    }

    /// Leads the scenario `life` through its phases.
    private static func lead(
        _ library: ClientLibrary, _ address: AddressFile, _ scene: GatewayScene,
        _ redis: SceneRedis
    ) async throws {
        let script = try ClientScript(library, [library.scenario("life")])
        try script.send(try input(scene, url: address.path))
        for phase in ["refreshed", "live"] { try await expect(phase, of: script) }
        try await publish(-1..<0, redis)
        try await expect("numbered", of: script)
        // A node that goes without a word, while another one is there.
        try address.name(try await scene.startNode())
        async let isStopped: Void = scene.stopNode(0)
        try await publish(0..<50, redis)
        await isStopped
        try await expect("returned", of: script)
        // A node that drains.
        try address.name(try await scene.startNode())
        async let isDrained: Void = scene.nodes[0].drain()
        try await publish(50..<100, redis)
        try await expect("moved", of: script)
        await isDrained
        await scene.stopNode(0)
        try script.send("on")
        for phase in ["refused", "ended"] { try await expect(phase, of: script) }
        _ = try await script.finish()
    }

    private static func publish(_ numbers: Range<Int>, _ redis: SceneRedis) async throws {
        for number in numbers {
            try await redis.command(
                "FCALL", "tradermind_publish", "0", "system", #"{"n":\#(number)}"#)
        }
    }

    private static func expect(_ phase: String, of script: ClientScript) async throws {
        let line = try await script.line()
        try #require(line.contains("\"\(phase)\""), "\(phase)")
    }
}

/// A file that tells clients where to go.
private final class AddressFile: Sendable {
    private let folder: TemporaryFolder

    init(_ folder: TemporaryFolder) {
        self.folder = folder
    }

    var path: String { folder.url("address").path }

    /// Names a node.
    func name(_ node: GatewayNode) throws {
        try Data("ws://\(node.publicAddress)/v1".utf8).write(
            to: folder.url("address"), options: .atomic)
    }
}
