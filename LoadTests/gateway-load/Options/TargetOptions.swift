import ArgumentParser
import EventLoop
import FoundationEssentials
import GatewayClient
import LoadTesting
import Redis
import WebSocketClient

/// Which gateway is loaded, and as whom.
struct TargetOptions: ParsableArguments {
    /// Whose token of dev.json is used.
    enum Role: String, ExpressibleByArgument, CaseIterable {
        case user
        case admin
        case service
    }

    @Option(
        name: .customLong("dev-json"), help: "The file that `gateway dev` wrote.",
        completion: .file(extensions: ["json"]))
    var devFilePath = ".local/dev.json"

    @Option(help: "The WebSocket URL, instead of dev.json's ws_url.")
    var url: String?

    @Option(help: "The Redis to publish to, instead of dev.json's redis_url.")
    var redis: String?

    @Option(
        name: .customLong("ca"),
        help: "A PEM file of the authorities to believe, instead of the system's (wss, rediss).",
        completion: .file())
    var authorityPath: String?

    @Option(help: "A bearer token. On a shared machine --token-file hides it from other users.")
    var token: String?

    @Option(help: "A file with a bearer token.", completion: .file())
    var tokenFile: String?

    @Option(help: "Whose token of dev.json is used.")
    var role = Role.user

    @Option(name: .customLong("server-pid"), help: "The gateway's process, instead of dev.json's.")
    var serverProcessID: Int32?

    func validate() throws {
        if token != nil && tokenFile != nil {
            throw ValidationError("give one of --token and --token-file")
        }
    }

    /// Reads the files and checks the addresses.
    func resolve() throws -> Target {
        let isComplete = url != nil && redis != nil && (token ?? tokenFile) != nil
        let devFile: DevFile?
        do {
            devFile = try DevFile(path: devFilePath)
        } catch {
            guard isComplete else {
                let isThere = FileManager.default.fileExists(atPath: devFilePath)
                throw ValidationError(
                    "\(devFilePath) is \(isThere ? "not what gateway dev writes" : "missing"): "
                        + "start `gateway dev` in this folder, name its file with --dev-json, or "
                        + "give --url, --redis and --token-file")
            }
            devFile = nil
        }
        guard let urlText = url ?? devFile?.webSocketURL, let redisText = redis ?? devFile?.redisURL
        else { throw ValidationError("no --url or no --redis") }
        let processID = serverProcessID ?? (url == nil ? devFile?.processID : nil)
        do {
            let url = try WebSocketURL(urlText)
            return Target(
                url: url,
                tls: try url.usesTLS
                    ? ClientTLS(trust: TLSTrust(authorityPath: authorityPath), host: url.host)
                    : nil,
                redis: try redisConfiguration(redisText), token: try bearerToken(devFile),
                server: processID.map { ObservedProcess(id: $0) })
        } catch let failure as WebSocketURL.Failure {
            throw ValidationError("\(urlText) is no WebSocket URL for this client: \(failure)")
        } catch let failure as RedisURLError {
            throw ValidationError("the URL of Redis is not valid: \(failure)")
        }
    }

    private func redisConfiguration(_ text: String) throws(RedisURLError) -> RedisConfiguration {
        var configuration = RedisConfiguration(
            url: try RedisURL(text), clientName: "gateway-load")
        configuration.authorityPath = authorityPath
        return configuration
    }

    private func bearerToken(_ devFile: DevFile?) throws -> String {
        if let token { return token }
        if let tokenFile {
            let text = try String(contentsOf: URL(filePath: tokenFile), encoding: .utf8)
            return String(text.split(whereSeparator: \.isWhitespace).first ?? "")
        }
        guard let tokens = devFile?.tokens else { throw ValidationError("no token") }
        return switch role {
        case .user: tokens.user
        case .admin: tokens.admin
        case .service: tokens.service
        }
    }
}

/// The gateway that is loaded.
struct Target: Sendable {
    let url: WebSocketURL
    /// Whom TLS believes, for a wss:// URL.
    let tls: ClientTLS?
    let redis: RedisConfiguration
    let token: String
    let server: ObservedProcess?
}
