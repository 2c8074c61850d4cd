/// Which module may import which. The manifest says what a module depends on; these tables say what
/// it may ever depend on, so that a convenient line in Package.swift cannot turn an arrow round.
struct ImportRules {
    enum Layer: Int {
        /// Bytes, time and random bytes in; actions and bytes out.
        case pure
        /// Owns descriptors.
        case io
        case composition
        case program
    }

    /// Every Swift module outside the tests.
    var layers: [String: Layer] = [
        "WebSocketProtocol": .pure, "JSONRPC": .pure, "GatewayAPI": .pure, "TradingSessions": .pure,
        "Streams": .pure, "Security": .pure, "RedisProtocol": .pure, "TickFeed": .pure,
        "SessionFunctions": .pure, "SchemaMigrations": .pure,
        "EventLoop": .io, "Redis": .io, "HTTPFetch": .io, "WebSocketClient": .io, "Postgres": .io,
        "Deriv": .io,
        "GatewayServer": .composition, "GatewayClient": .composition,
        "LoadTesting": .composition, "gateway": .program, "gateway-load": .program,
    ]

    /// The only modules that see a C library.
    var cImporters: [String: Set<String>] = [
        "CZlib": ["WebSocketProtocol"],
        "COpenSSL": ["EventLoop", "Security"],
        "CHiredis": ["RedisProtocol"],
        "CPostgres": ["Postgres"],
        "CLinux": ["EventLoop", "LoadTesting"],
        "CLibFuzzer": ["gateway-fuzz"],
    ]

    /// The only modules that see another package's product.
    var productImporters: [String: Set<String>] = [
        "ArgumentParser": ["gateway", "gateway-load"],
        "Histogram": ["LoadTesting", "gateway-load"],
        "Logging": ["GatewayServer", "gateway"],
    ]

    /// Pairs that never meet: each is built on the protocol, not on the other.
    var strangers: [(String, String)] = [
        ("GatewayServer", "GatewayClient"), ("GatewayClient", "GatewayServer"),
    ]

    /// What comes with the toolchain, by layer.
    var systemModules: [Layer: Set<String>] = [
        .pure: [],
        .io: ["Glibc", "Synchronization"],
        .composition: ["Glibc", "Synchronization"],
        .program: [
            "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Synchronization",
        ],
    ]

    /// Exceptions of single modules, each with its reason.
    var systemModuleExceptions: [String: Set<String>] = [
        // `log`, `cos` and the like for the synthetic price walk: functions of numbers, no IO.
        "TickFeed": ["Glibc"]
    ]

    /// What Package.swift says against the tables.
    func findings(in manifest: Manifest) -> [Finding] {
        manifest.targets.flatMap { target -> [Finding] in
            switch target.kind {
            case .tests: []
            case .cLibrary where cImporters[target.name] == nil:
                [finding("the C library \(target.name) has no list of importers")]
            case .cLibrary: []
            case .library where target.path.hasPrefix("Tests/"): []
            case .program where target.path.hasPrefix("Tests/"): []
            case .library, .program: findings(in: target, of: manifest)
            }
        }
    }

    /// What one file imports against its target's dependencies and the tables.
    func findings(in source: SwiftText, of manifest: Manifest) -> [Finding] {
        guard let target = manifest.target(ofFile: source.path) else { return [] }
        return source.imports.compactMap { statement in
            guard !target.dependencies.contains(statement.module) else { return nil }
            let isProjects = manifest.target(named: statement.module) != nil
            if !isProjects, allowsSystemModule(statement.module, in: target) { return nil }
            return Finding(
                path: source.path, line: statement.line,
                message: "\(target.name) may not import \(statement.module)")
        }
    }

    private func allowsSystemModule(_ module: String, in target: Manifest.Target) -> Bool {
        if target.path.hasPrefix("Tests/") { return true }
        guard let layer = layers[target.name] else { return false }
        return systemModules[layer]?.contains(module) == true
            || systemModuleExceptions[target.name]?.contains(module) == true
    }

    private func findings(in target: Manifest.Target, of manifest: Manifest) -> [Finding] {
        guard let layer = layers[target.name] else {
            return [finding("\(target.name) has no layer")]
        }
        return target.dependencies.sorted().compactMap { dependency in
            let isAllowed: Bool
            if let importers = cImporters[dependency] ?? productImporters[dependency] {
                isAllowed = importers.contains(target.name)
            } else if let below = layers[dependency] {
                // A layer may look sideways, but nothing depends on a program.
                isAllowed = below.rawValue <= layer.rawValue && below != .program
            } else {
                isAllowed = false
            }
            let areStrangers = strangers.contains { $0 == (target.name, dependency) }
            guard !isAllowed || areStrangers else { return nil }
            return finding("\(target.name) may not depend on \(dependency)")
        }
    }

    private func finding(_ message: String) -> Finding {
        Finding(path: "Package.swift", line: 0, message: message)
    }
}

extension SwiftText {
    struct ImportStatement {
        let module: String
        let line: Int
    }

    /// The modules that the file imports; for `import struct A.B` the module is A.
    var imports: [ImportStatement] {
        let kinds = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
        return occurrences(of: "import").map { index in
            let nameIndex = kinds.contains(token(index + 1)) ? index + 2 : index + 1
            return ImportStatement(module: token(nameIndex), line: tokens[index].line)
        }
    }
}
