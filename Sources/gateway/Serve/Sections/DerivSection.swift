import Deriv
import EventLoop
import GatewayServer
import WebSocketClient
import WebSocketProtocol

/// The section `deriv`: signing in through Deriv.
extension ServeConfiguration {
    /// Deriv's own endpoints, which are used unless others are named.
    private enum Endpoints {
        static let authorize = "https://auth.deriv.com/oauth2/auth"
        static let token = "https://auth.deriv.com/oauth2/token"
        static let accounts = "https://api.derivws.com/trading/v1/options/accounts"
        static let legacyAuthorize = "https://oauth.deriv.com/oauth2/authorize"
        static let legacySocket = "wss://ws.derivws.com/websockets/v3"
        static let legacyRevoke = "https://oauth.deriv.com/oauth2/legacy/tokens/revoke"
    }

    /// Reads the section; without it, signing in through Deriv is not offered.
    static func readDeriv(
        _ file: inout ConfigurationReader, into node: inout GatewayConfiguration
    ) throws {
        var section = try file.object("deriv")
        guard let applicationID = try section.text("app_id") else { return try section.finish() }
        guard isApplicationID(applicationID) else {
            throw ConfigurationReader.Problem(
                description: "deriv.app_id has to be 1 to 64 letters, digits, _ and -")
        }
        let name = try section.text("generation") ?? OAuthGeneration.options.rawValue
        guard let generation = OAuthGeneration(rawValue: name) else {
            throw ConfigurationReader.Problem(
                description: "deriv.generation has to be options or legacy")
        }
        let isLegacy = generation == .legacy
        let redirect = try required(&section, "redirect_url")
        guard redirect.target == "/auth/deriv/callback" else {
            throw ConfigurationReader.Problem(
                description: "deriv.redirect_url has to end in /auth/deriv/callback")
        }
        var profile = OAuthProfile(
            generation: generation, applicationID: applicationID,
            authorizeURL: try url(
                &section, "authorize_url",
                isLegacy ? Endpoints.legacyAuthorize : Endpoints.authorize),
            redirectURL: redirect, scopes: try section.texts("scopes") ?? ["trade"])
        profile.tokenURL = try url(&section, "token_url", Endpoints.token)
        profile.accountsURL = try url(&section, "accounts_url", Endpoints.accounts)
        profile.revokeURL = try optionalURL(
            &section, "revoke_url", isLegacy ? Endpoints.legacyRevoke : nil)
        profile.language = try section.text("language")
        profile.brand = try section.text("brand")
        if let isRequired = try section.boolean("requires_state") {
            profile.requiresState = isRequired
        }
        let after = try required(&section, "after_sign_in_url")
        let isAllowed = node.origins.allows(
            origin: after.origin, authority: redirect.authority, requiresTLS: redirect.usesTLS)
        guard isAllowed else {
            throw ConfigurationReader.Problem(
                description: "deriv.after_sign_in_url is of \(after.origin), which is not one of "
                    + "allowed_origins")
        }
        var signIn = SignInConfiguration(
            profile: profile, afterSignInURL: after, trust: try trust(&section))
        if isLegacy { signIn.socket = try socket(&section, applicationID, signIn.trust) }
        signIn.afterConnectURL = try optionalURL(&section, "after_connect_url", nil)
        // Every URL that is not encrypted is on this machine, as `checked` has seen to.
        signIn.allowsPlainHTTP = true
        try readLimits(&section, into: &signIn.limits)
        try section.finish()
        node.signIn = signIn
    }

    private static func readLimits(
        _ section: inout ConfigurationReader, into limits: inout SignInLimits
    ) throws {
        if let seconds = try section.integer("sign_in_seconds", in: 30...3600) {
            limits.signInSeconds = seconds
        }
        if let seconds = try section.integer("session_idle_seconds", in: 60...2_592_000) {
            limits.sessionIdleSeconds = seconds
        }
        if let seconds = try section.integer("session_seconds", in: 60...31_536_000) {
            limits.sessionSeconds = seconds
        }
        if let count = try section.integer("requests_per_minute_per_address", in: 0...100_000) {
            limits.requestsPerMinutePerAddress = count
        }
    }

    private static func isApplicationID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// The socket on which tokens of the first generation are verified, with the bounds of a
    /// request that a person waits for.
    private static func socket(
        _ section: inout ConfigurationReader, _ applicationID: String, _ trust: TLSTrust
    ) throws -> SocketConfiguration {
        guard applicationID.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            throw ConfigurationReader.Problem(
                description: "deriv.app_id has to be the application's number, which the "
                    + "generation legacy has")
        }
        let text = try section.text("socket_url") ?? Endpoints.legacySocket
        let separator = text.contains("?") ? "&" : "?"
        guard let url = try? WebSocketURL("\(text)\(separator)app_id=\(applicationID)"),
            url.usesTLS || isHere(url.host)
        else {
            throw ConfigurationReader.Problem(
                description: "deriv.socket_url has to be a wss:// URL")
        }
        var socket = SocketConfiguration(generation: .legacy, url: url, trust: trust)
        socket.limits.connectDuration = .seconds(5)
        socket.limits.requestNanoseconds = 15_000_000_000
        return socket
    }

    /// Whether a host is this machine.
    private static func isHere(_ host: String) -> Bool {
        ["127.0.0.1", "::1", "localhost"].contains(host.lowercased())
    }

    private static func trust(_ section: inout ConfigurationReader) throws -> TLSTrust {
        let path = try section.text("ca_file")
        do throws(TLSError) {
            return try TLSTrust(authorityPath: path)
        } catch {
            throw ConfigurationReader.Problem(
                description: "deriv.ca_file is not usable: \(error)")
        }
    }

    private static func required(
        _ section: inout ConfigurationReader, _ key: String
    ) throws -> HTTPURL {
        try checked(try section.requiredText(key), key)
    }

    private static func url(
        _ section: inout ConfigurationReader, _ key: String, _ standard: String
    ) throws -> HTTPURL {
        try checked(try section.text(key) ?? standard, key)
    }

    private static func optionalURL(
        _ section: inout ConfigurationReader, _ key: String, _ standard: String?
    ) throws -> HTTPURL? {
        try (try section.text(key) ?? standard).map { try checked($0, key) }
    }

    /// A URL that is encrypted, or that does not leave this machine.
    private static func checked(_ text: String, _ key: String) throws -> HTTPURL {
        let url: HTTPURL
        do throws(HTTPURL.Failure) {
            url = try HTTPURL(text)
        } catch {
            throw ConfigurationReader.Problem(description: "deriv.\(key) is not usable: \(error)")
        }
        guard url.usesTLS || isHere(url.host) else {
            throw ConfigurationReader.Problem(
                description: "deriv.\(key) has to begin with https://")
        }
        return url
    }
}
