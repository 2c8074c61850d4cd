import EventLoop
import Foundation
import GatewayServer
import Logging
import Redis
import Security
import Streams
import WebSocketProtocol

/// The settings of `gateway serve`: a JSON file, with each setting overridable by an environment
/// variable of its path (`TRADERMIND_PUBLIC_PORT` for `public.port`). Secrets have no default and
/// can come from files of their own.
struct ServeConfiguration {
    /// What the node is started with.
    let node: GatewayConfiguration

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - environment: the environment's variables.
    /// - Throws: what is wrong with a setting.
    init(path: String, environment: [String: String]) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationReader.Problem(description: "cannot read \(path)")
        }
        let file = try ConfigurationValue(file: Array(data))
        var reader = try ConfigurationReader(
            file.overridden(by: environment), path: "")
        node = try Self.node(&reader)
        try reader.finish()
    }

    private static func node(_ file: inout ConfigurationReader) throws -> GatewayConfiguration {
        let name = try file.requiredText("node_name")
        guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(isNameByte) else {
            throw ConfigurationReader.Problem(
                description: "node_name has to be 1 to 64 letters, digits, _, -, . and :")
        }
        let publicAddress = try address(&file, "public", port: 8080, host: "0.0.0.0")
        let internalAddress = try address(&file, "internal", port: 8081, host: "127.0.0.1")
        let redis = try Self.redis(&file)
        let origins = try OriginPolicy(allowedOrigins: try file.texts("allowed_origins") ?? [])
        var logger = Logger(label: "gateway") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = try level(try file.text("log_level") ?? "info")
        var node = GatewayConfiguration(
            nodeName: name, publicAddress: publicAddress, internalAddress: internalAddress,
            redis: redis.url, issuers: [], origins: origins, logger: logger)
        try readTokens(&file, into: &node)
        node.redisAuthorityPath = redis.authorityPath
        try readTLS(&file, into: &node)
        node.loopCount = try file.integer("loops", in: 1...1024)
        node.servesConsole = try file.boolean("console") ?? false
        if let algorithm = try file.text("congestion_control") {
            node.listenerOptions.congestionControl = algorithm
        }
        if let seconds = try file.integer("drain_seconds", in: 0...3600) {
            node.drainDuration = .seconds(seconds)
        }
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

    private static func address(
        _ file: inout ConfigurationReader, _ key: String, port: Int, host: String
    ) throws -> SocketAddress {
        var section = try file.object(key)
        let host = try section.text("host") ?? host
        guard ListenAddress.isAddress(host) else {
            throw ConfigurationReader.Problem(
                description: "\(key).host has to be an IPv4 or IPv6 address")
        }
        let address = SocketAddress.internet(
            host: host,
            port: UInt16(try section.integer("port", in: 0...65_535) ?? port))
        try section.finish()
        return address
    }

    private static func redis(
        _ file: inout ConfigurationReader
    ) throws -> (url: RedisURL, authorityPath: String?) {
        var section = try file.object("redis")
        let text = try section.requiredText("url")
        var url: RedisURL
        do throws(RedisURLError) {
            url = try RedisURL(text)
        } catch {
            throw ConfigurationReader.Problem(description: "redis.url is not usable: \(error)")
        }
        if let path = try section.text("password_file") {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw ConfigurationReader.Problem(
                    description: "cannot read redis.password_file")
            }
            let password = String(decoding: data, as: UTF8.self)
            url.password = RedisPassword(password.trimmingCharacters(in: .newlines))
        }
        let authorityPath = try section.text("ca_file")
        try section.finish()
        guard url.usesTLS || authorityPath == nil else {
            throw ConfigurationReader.Problem(
                description: "redis.ca_file is for a redis.url that begins with rediss://")
        }
        if url.usesTLS {
            do throws(TLSError) {
                _ = try TLSTrust(authorityPath: authorityPath)
            } catch {
                throw ConfigurationReader.Problem(
                    description: "redis.ca_file is not usable: \(error)")
            }
        }
        return (url, authorityPath)
    }

    private static func readTLS(
        _ file: inout ConfigurationReader, into node: inout GatewayConfiguration
    ) throws {
        var section = try file.object("tls")
        let certificates = try section.objects("certificates")
        let threadCount = try section.integer("handshake_threads", in: 1...64)
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
                certificatePath: try certificates[index].requiredText("certificate_file"),
                keyPath: try certificates[index].requiredText("key_file"))
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

    private static func readLimits(
        _ file: inout ConfigurationReader, into node: inout GatewayConfiguration
    ) throws {
        var section = try file.object("limits")
        func set(_ key: String, _ range: ClosedRange<Int>, _ body: (Int) -> Void) throws {
            if let value = try section.integer(key, in: range) { body(value) }
        }
        try set("connections_per_loop", 1...1_000_000) { node.limits.connectionsPerLoop = $0 }
        try set("connections_per_address", 1...1_000_000) {
            node.limits.connectionsPerAddress = $0
        }
        try set("handshake_seconds", 1...300) { node.limits.handshakeDuration = .seconds($0) }
        // hello tells their sum, which the contract bounds at an hour.
        try set("heartbeat_interval_seconds", 1...1800) {
            node.limits.heartbeatInterval = .seconds($0)
        }
        try set("heartbeat_timeout_seconds", 1...1800) {
            node.limits.heartbeatTimeout = .seconds($0)
        }
        try set("feed_silence_seconds", 1...600) {
            node.limits.feedSilenceMilliseconds = $0 * 1000
        }
        try set("messages_per_second", 0...1_000_000) { node.limits.messagesPerSecond = $0 }
        try set("message_burst", 1...1_000_000) { node.limits.messageBurst = $0 }
        try set("message_bytes", 1024...16_777_216) {
            node.webSocketLimits.messageByteCountMax = $0
            node.webSocketLimits.frameByteCountMax = $0
        }
        try readFrameLimits(&section, into: &node)
        try set("subscriptions_per_connection", 1...65_535) {
            node.streamLimits.subscriptionsPerConnection = $0
        }
        try set("queued_bytes_per_connection", 65_536...1_073_741_824) {
            node.streamLimits.queuedByteCountPerConnection = $0
        }
        try section.finish()
    }

    private static func level(_ text: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: text) else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConfigurationReader.Problem(description: "log_level has to be one of \(levels)")
        }
        return level
    }
}
