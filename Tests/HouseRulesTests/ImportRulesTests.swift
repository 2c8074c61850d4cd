import Testing

@Suite("Imports point downward only")
struct ImportRulesTests {
    private let rules = ImportRules()

    private func findings(inManifest text: String) -> [String] {
        rules.findings(in: Manifest(text: text)).map(\.message)
    }

    private func findings(in text: String, path: String) -> [String] {
        rules.findings(
            in: SwiftText(path: path, text: text), of: SourceTree.project.manifest
        ).map(\.message)
    }

    @Test("The manifest keeps to the layers")
    func manifest() {
        let findings = rules.findings(in: SourceTree.project.manifest)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test("Every file imports only what its target may")
    func files() {
        let tree = SourceTree.project
        let findings = tree.swiftFiles.flatMap { rules.findings(in: $0, of: tree.manifest) }
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test(
        "Caught: a dependency that points upward or sideways to a stranger",
        arguments: [
            (#"module("JSONRPC", ["EventLoop"])"#, "JSONRPC may not depend on EventLoop"),
            (#"module("Redis", ["GatewayServer"])"#, "Redis may not depend on GatewayServer"),
            (
                #"module("GatewayServer", ["GatewayClient"])"#,
                "GatewayServer may not depend on GatewayClient"
            ),
            (
                #"module("GatewayClient", ["GatewayServer"])"#,
                "GatewayClient may not depend on GatewayServer"
            ),
            (#"program("gateway", ["gateway-load"])"#, "gateway may not depend on gateway-load"),
            (#"module("Streams", ["TestSupport"])"#, "Streams may not depend on TestSupport"),
        ])
    func upwardDependency(manifest: String, message: String) {
        #expect(findings(inManifest: manifest) == [message])
    }

    @Test(
        "Caught: a C library or a product outside its importers, and a module without a layer",
        arguments: [
            (#"module("Streams", ["CZlib"])"#, "Streams may not depend on CZlib"),
            (#"module("Redis", ["CHiredis"])"#, "Redis may not depend on CHiredis"),
            (
                #"module("Redis", [.product(name: "Logging", package: "swift-log")])"#,
                "Redis may not depend on Logging"
            ),
            (#".systemLibrary(name: "CNew")"#, "the C library CNew has no list of importers"),
            (#"module("Unheard")"#, "Unheard has no layer"),
        ])
    func foreignLibrary(manifest: String, message: String) {
        let target = manifest.hasPrefix(".") ? "[\(manifest)]" : manifest
        #expect(findings(inManifest: target) == [message])
    }

    @Test("Allowed: what the layers are for")
    func allowedDependencies() {
        #expect(findings(inManifest: #"module("Streams", ["WebSocketProtocol"])"#).isEmpty)
        #expect(findings(inManifest: #"module("EventLoop", ["CLinux", "COpenSSL"])"#).isEmpty)
        #expect(findings(inManifest: #"tests("RedisTests", ["Redis", "CHiredis"])"#).isEmpty)
    }

    @Test(
        "Caught: an import that the target does not declare or the layer does not allow",
        arguments: ["Foundation", "Dispatch", "Glibc", "EventLoop", "CZlib", "Synchronization"])
    func undeclaredImport(module: String) {
        #expect(
            findings(in: "package import \(module)", path: "Sources/JSONRPC/a.swift")
                == ["JSONRPC may not import \(module)"])
    }

    @Test("Caught: the import of one symbol, and one under an attribute")
    func otherImportForms() {
        #expect(
            findings(in: "import struct Foundation.Data", path: "Sources/Streams/a.swift")
                == ["Streams may not import Foundation"])
        #expect(
            findings(in: "@testable import Redis", path: "Sources/Streams/a.swift")
                == ["Streams may not import Redis"])
    }

    @Test("Allowed: the number functions of Glibc in TickFeed, and what a test needs")
    func allowedImports() {
        #expect(findings(in: "import Glibc", path: "Sources/TickFeed/a.swift").isEmpty)
        #expect(findings(in: "import Glibc", path: "Sources/EventLoop/a.swift").isEmpty)
        #expect(findings(in: "import Foundation", path: "Tests/RedisTests/a.swift").isEmpty)
        #expect(
            findings(in: "import Security", path: "Tests/RedisTests/a.swift")
                == ["RedisTests may not import Security"])
    }
}
