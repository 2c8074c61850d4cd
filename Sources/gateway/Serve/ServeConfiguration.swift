import EventLoop
import Foundation
import GatewayServer
import Logging
import Security
import Streams
import WebSocketProtocol

/// The settings of `gateway serve`: a JSON file, with each setting overridable by an environment
/// variable of its path (`TRADERMIND_PUBLIC_PORT` for `public.port`). Secrets have no default and
/// can come from files of their own.
struct ServeConfiguration {
    /// What the node is started with.
    let node: GatewayConfiguration
    /// Every setting that the configuration could have had.
    let settings: [Setting]
    /// The files that it names for a secret.
    let secretPaths: [String]

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - environment: the environment's variables.
    /// - Throws: what is wrong with a setting.
    init(path: String, environment: [String: String]) throws {
        let file = try ConfigurationValue(file: try ReadableFile.bytes(of: path))
        let source = ConfigurationSource(environment: environment)
        var reader = try ConfigurationReader(file, source: source)
        node = try Self.node(&reader)
        try reader.finish()
        try source.finish()
        settings = source.settings
        secretPaths = source.secretPaths
    }

    private static func node(_ file: inout ConfigurationReader) throws -> GatewayConfiguration {
        let name = try file.requiredText(
            "node_name",
            "The node's name in `hello`, in Redis' client list and in the log; each node has its "
                + "own. 1 to 64 letters, digits, `_`, `-`, `.` and `:`.")
        guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(isNameByte) else {
            throw ConfigurationReader.Problem(
                description: "node_name has to be 1 to 64 letters, digits, _, -, . and :")
        }
        let (publicAddress, trustedProxies) = try readPublic(&file)
        let internalAddress = try readInternal(&file)
        let redis = try readRedis(&file)
        let origins = try origins(&file)
        var logger = Logger(label: "gateway") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = try level(&file)
        var node = GatewayConfiguration(
            nodeName: name, publicAddress: publicAddress, internalAddress: internalAddress,
            redis: redis.url, issuers: [], origins: origins, logger: logger)
        node.trustedProxies = trustedProxies
        try readTokens(&file, into: &node)
        node.redisAuthorityPath = redis.authorityPath
        try readTLS(&file, into: &node)
        try readProcess(&file, into: &node)
        try readLimits(&file, into: &node)
        try readDeriv(&file, into: &node)
        try readCompression(&file, into: &node)
        try readFeed(&file, into: &node)
        try readDatabase(&file, into: &node)
        try readSessions(&file, into: &node)
        guard node.signIn == nil || node.database != nil else {
            throw ConfigurationReader.Problem(
                description: "deriv needs a section database, where users and tokens are kept")
        }
        return node
    }

    /// Whether a byte may stand in a node's name, which clients read as an identifier.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "_-.:".utf8.contains(byte)
        }
    }

    private static func origins(_ file: inout ConfigurationReader) throws -> OriginPolicy {
        let origins =
            try file.texts(
                "allowed_origins",
                "Origins (`https://app.example`) of web pages that may connect, beside the node's "
                    + "own. Programs that are no browser name none and may.") ?? []
        do throws(OriginPolicyError) {
            return try OriginPolicy(allowedOrigins: origins)
        } catch {
            throw ConfigurationReader.Problem(description: "allowed_origins: \(error.advice)")
        }
    }

    private static func level(_ file: inout ConfigurationReader) throws -> Logger.Level {
        let standard = Logger.Level.info
        let name = try file.choice(
            "log_level", of: Logger.Level.allCases.map(\.rawValue), standard: standard.rawValue,
            "What is logged to standard error.")
        return Logger.Level(rawValue: name) ?? standard
    }

    private static func readProcess(
        _ file: inout ConfigurationReader, into node: inout GatewayConfiguration
    ) throws {
        node.loopCount = try file.integer(
            "loops", 1...1024, standard: "one per processor", "Threads that serve clients.")
        node.servesConsole = false
        try file.boolean(
            "console", into: &node.servesConsole,
            "Whether a page for trying things out is served at `/`.")
        if let algorithm = try file.text(
            "congestion_control", standard: "the system's",
            "TCP's congestion control of clients' connections, such as `cubic`.")
        {
            node.listenerOptions.congestionControl = algorithm
        }
        try file.seconds(
            "drain_seconds", 0...3600, into: &node.drainDuration,
            "Over how long a node that ends closes its connections, so that they do not all come "
                + "to the others at once.")
    }

    private static func readTLS(
        _ file: inout ConfigurationReader, into node: inout GatewayConfiguration
    ) throws {
        var section = try file.object("tls")
        let certificates = try section.objects(
            "certificates",
            "With certificates clients connect over TLS, else a proxy in front has to do it. At "
                + "most 64; a client's server name chooses, and the first is for all others.")
        let threadCount = try section.integer(
            "handshake_threads", 1...64, standard: "\(node.tlsThreadCount)",
            "Threads for TLS handshakes, some 2500 a second each.")
        try section.finish()
        if let threadCount { node.tlsThreadCount = threadCount }
        guard var certificates else {
            guard threadCount == nil else {
                throw ConfigurationReader.Problem(description: "tls.certificates is missing")
            }
            return
        }
        var pairs: [TLSCertificateFiles] = []
        for index in certificates.indices {
            let pair = TLSCertificateFiles(
                certificatePath: try certificates[index].requiredText(
                    "certificate_file", as: .file, "The chain in PEM, the node's own first."),
                keyPath: try certificates[index].requiredText(
                    "key_file", as: .secretFile, "The key of the first, in PEM."))
            try certificates[index].finish()
            // Each by itself first, so that the message can name the one.
            _ = try identity([pair], name: "tls.certificates[\(index)]")
            pairs.append(pair)
        }
        node.tls = try identity(pairs, name: "tls.certificates")
    }

    private static func identity(
        _ files: [TLSCertificateFiles], name: String
    ) throws(ConfigurationReader.Problem) -> TLSServerIdentity {
        do throws(TLSError) {
            return try TLSServerIdentity(files: files)
        } catch {
            throw ConfigurationReader.Problem(description: "\(name) is not usable: \(error)")
        }
    }
}
