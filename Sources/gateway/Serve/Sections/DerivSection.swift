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
        let identifier = try section.text(
            "app_id",
            "The application's number (`legacy`) or name (`options`) at Deriv. Without the section "
                + "signing in through Deriv is not offered; with it a section `database` is "
                + "needed.")
        guard let identifier else {
            guard section.isEmpty else {
                throw ConfigurationReader.Problem(description: "deriv.app_id is missing")
            }
            return
        }
        guard isApplicationID(identifier) else {
            throw ConfigurationReader.Problem(
                description: "deriv.app_id has to be 1 to 64 letters, digits, _ and -")
        }
        let name = try section.choice(
            "generation", of: ["options", "legacy"], standard: "options",
            "Which of Deriv's two sign-ins.")
        let generation = OAuthGeneration(rawValue: name) ?? .options
        let isLegacy = generation == .legacy
        let redirect = try checked(
            try section.requiredText(
                "redirect_url", as: .url,
                "Where Deriv sends the browser back: as registered there, ending in "
                    + "`/auth/deriv/callback`."), "redirect_url")
        guard redirect.target == "/auth/deriv/callback" else {
            throw ConfigurationReader.Problem(
                description: "deriv.redirect_url has to end in /auth/deriv/callback")
        }
        var profile = try profile(&section, generation, identifier, redirect)
        try section.boolean(
            "requires_state", into: &profile.requiresState,
            "Whether a callback without `state` is refused. Deriv documents that it echoes it for "
                + "`options` only; false lets another page sign a browser in to an account of its "
                + "own, so set it only for a `legacy` application that gets none.")
        let after = try checked(
            try section.requiredText(
                "after_sign_in_url", as: .url,
                "The page of an allowed origin to which the browser goes when it is signed in, or "
                    + "not."), "after_sign_in_url")
        let isAllowed = node.origins.allows(
            origin: after.origin, authority: redirect.authority, requiresTLS: redirect.usesTLS)
        guard isAllowed else {
            throw ConfigurationReader.Problem(
                description: "deriv.after_sign_in_url is of \(after.origin), which is not one of "
                    + "allowed_origins")
        }
        var signIn = SignInConfiguration(
            profile: profile, afterSignInURL: after, trust: try trust(&section))
        if isLegacy { signIn.socket = try socket(&section, identifier, signIn.trust) }
        signIn.afterConnectURL = try optionalURL(
            &section, "after_connect_url", nil, shown: "`after_sign_in_url`",
            "The same for a signed-in user who has connected Deriv.")
        // Every URL that is not encrypted is on this machine, as `checked` has seen to.
        signIn.allowsPlainHTTP = true
        try readLimits(&section, into: &signIn.limits)
        try section.finish()
        node.signIn = signIn
    }

    private static func readLimits(
        _ section: inout ConfigurationReader, into limits: inout SignInLimits
    ) throws {
        try section.integer(
            "sign_in_seconds", 30...3600, into: &limits.signInSeconds,
            "From the first redirect to the callback: time to find a second factor.")
        try section.integer(
            "session_idle_seconds", 60...2_592_000, into: &limits.sessionIdleSeconds,
            "How long a browser's session lasts unused: over night a user signs in again.")
        try section.integer(
            "session_seconds", 60...31_536_000, into: &limits.sessionSeconds,
            "How long it lasts at most.")
        try section.integer(
            "requests_per_minute_per_address", 0...100_000,
            into: &limits.requestsPerMinutePerAddress,
            "Requests of one address and loop to `/auth/…`, 0 for no bound.")
    }

    /// The application's registration and Deriv's endpoints.
    private static func profile(
        _ section: inout ConfigurationReader, _ generation: OAuthGeneration,
        _ identifier: String, _ redirect: HTTPURL
    ) throws -> OAuthProfile {
        let isLegacy = generation == .legacy
        let authorize = try url(
            &section, "authorize_url", isLegacy ? Endpoints.legacyAuthorize : Endpoints.authorize,
            "Where the browser is sent.")
        let scopes = try section.texts(
            "scopes", standard: "[\"trade\"]", "What the application may do there.")
        var profile = OAuthProfile(
            generation: generation, applicationID: identifier, authorizeURL: authorize,
            redirectURL: redirect, scopes: scopes ?? ["trade"])
        profile.tokenURL = try url(
            &section, "token_url", Endpoints.token, "Where a code becomes a token (`options`).")
        profile.accountsURL = try url(
            &section, "accounts_url", Endpoints.accounts,
            "Where the accounts are listed (`options`).")
        profile.revokeURL = try optionalURL(
            &section, "revoke_url", isLegacy ? Endpoints.legacyRevoke : nil,
            shown: "Deriv's in `legacy`, else nowhere", "Where tokens are given back.")
        profile.language = try section.text(
            "language", "The language of Deriv's pages, such as `EN` (`legacy`).")
        profile.brand = try section.text("brand", "The brand of Deriv's pages (`legacy`).")
        return profile
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
        let text =
            try section.text(
                "socket_url", as: .url, standard: "Deriv's",
                "The socket on which tokens are verified (`legacy` only).")
            ?? Endpoints.legacySocket
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
        let path = try section.text(
            "ca_file", as: .file, standard: "the system's",
            "Authorities that certify these servers (PEM).")
        do throws(TLSError) {
            return try TLSTrust(authorityPath: path)
        } catch {
            throw ConfigurationReader.Problem(
                description: "deriv.ca_file is not usable: \(error)")
        }
    }

    private static func url(
        _ section: inout ConfigurationReader, _ key: String, _ standard: String,
        _ purpose: String
    ) throws -> HTTPURL {
        let text = try section.text(key, as: .url, standard: "Deriv's", purpose)
        return try checked(text ?? standard, key)
    }

    private static func optionalURL(
        _ section: inout ConfigurationReader, _ key: String, _ standard: String?, shown: String,
        _ purpose: String
    ) throws -> HTTPURL? {
        let text = try section.text(key, as: .url, standard: shown, purpose)
        return try (text ?? standard).map { try checked($0, key) }
    }

    /// A URL that is encrypted, or that does not leave this machine.
    private static func checked(_ text: String, _ key: String) throws -> HTTPURL {
        let url: HTTPURL
        do throws(HTTPURL.Failure) {
            url = try HTTPURL(text)
        } catch {
            throw ConfigurationReader.Problem(
                description: "deriv.\(key) is not usable: \(error.advice)")
        }
        guard url.usesTLS || isHere(url.host) else {
            throw ConfigurationReader.Problem(
                description: "deriv.\(key) has to begin with https://")
        }
        return url
    }
}
