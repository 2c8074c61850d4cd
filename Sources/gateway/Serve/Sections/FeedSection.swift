import Deriv
import EventLoop
import GatewayServer
import TickFeed
import WebSocketClient

/// The section `feed`: where ticks come from.
extension ServeConfiguration {
    /// Reads whether and how the node takes ticks from the broker.
    ///
    /// - Parameters:
    ///   - file: the whole configuration.
    ///   - node: gets the settings.
    /// - Throws: `ConfigurationReader.Problem`.
    static func readFeed(
        _ file: inout ConfigurationReader, into node: inout GatewayConfiguration
    ) throws {
        var section = try file.object("feed")
        let source = try section.choice(
            "source", of: ["none", "deriv"], standard: "none",
            "`deriv`: one of the nodes takes ticks straight from the broker, for all. `none`: an "
                + "engine of yours publishes them.")
        switch source {
        case "deriv": node.feed = try derivFeed(&section)
        default: break
        }
        try section.finish()
    }

    private static func derivFeed(
        _ section: inout ConfigurationReader
    ) throws -> FeedConfiguration {
        let name = try section.choice(
            "generation", of: ["options", "legacy"], standard: nil,
            "`options` is public, without an account; `legacy` wants an `app_id`.")
        let generation = SocketGeneration(rawValue: name) ?? .options
        var feed = try FeedConfiguration(
            generation: generation,
            url: try section.text(
                "url", as: .url, standard: "Deriv's", "Another server with the same messages."),
            applicationID: try section.text(
                "app_id", standard: "required in `legacy`", "The application's number."),
            authorityPath: try section.text(
                "ca_file", as: .file, standard: "the system's",
                "Authorities that certify that server (PEM)."))
        let markets = try section.texts("markets", "Markets that are always taken.") ?? []
        guard markets.allSatisfy(Tick.isMarket), Set(markets).count == markets.count else {
            throw problem("feed.markets has to be a list of different market symbols")
        }
        feed.markets = markets
        try section.boolean(
            "on_demand", into: &feed.followsDemand,
            "Whether the markets are taken, too, that clients are subscribed to and that live "
                + "sessions allow.")
        try section.integer(
            "grace_seconds", 0...86_400, unit: 1_000_000_000, into: &feed.graceNanoseconds,
            "How long a market is still taken when nobody wants it any more.")
        try section.integer(
            "lease_seconds", 2...60, unit: 1000, into: &feed.leaseMilliseconds,
            "How long ticks may stop when the feeding node dies.")
        try section.integer(
            "hand_over_seconds", 1...3600, unit: 1_000_000_000, into: &feed.handOverNanoseconds,
            "How long the feeding node may be without a link to Deriv before another has its "
                + "turn.")
        try readFeedLimits(&section, into: &feed)
        guard markets.count <= feed.socketCountMax * feed.socket.limits.subscriptionsPerSocket
        else { throw problem("feed.markets has more markets than feed.limits allows") }
        return feed
    }

    private static func readFeedLimits(
        _ feedSection: inout ConfigurationReader, into feed: inout FeedConfiguration
    ) throws {
        var section = try feedSection.object("limits")
        let second: UInt64 = 1_000_000_000
        try section.integer(
            "sockets", 1...100, into: &feed.socketCountMax,
            "Sockets to Deriv: five are allowed for a user, and one may be closing.")
        try section.integer(
            "subscriptions_per_socket", 1...1000,
            into: &feed.socket.limits.subscriptionsPerSocket, "As Deriv documents.")
        try section.integer(
            "request_burst", 1...10_000, into: &feed.socket.limits.requestBurst,
            "Requests in one go: with the rate below 220 in a minute, as Deriv allows.")
        try section.integer(
            "requests_per_minute", 1...60_000, into: &feed.socket.limits.requestsPerMinute,
            "Requests in the long run.")
        try section.integer(
            "pings_per_second", 1...1000, into: &feed.socket.limits.pingsPerSecond,
            "Half of what is documented.")
        try section.integer(
            "ping_seconds", 1...110, unit: second, into: &feed.socket.limits.pingNanoseconds,
            "From one ping to the next: Deriv closes an idle socket after two minutes.")
        try section.integer(
            "pong_seconds", 1...60, unit: second, into: &feed.socket.limits.pongNanoseconds,
            "From a ping to its answer.")
        try section.seconds(
            "connect_seconds", 1...120, into: &feed.socket.limits.connectDuration,
            "From the look-up of the name to the end of the handshake.")
        try section.integer(
            "retry_seconds", 1...3600, unit: second,
            into: &feed.socket.limits.backoffNanosecondsMax,
            "The longest pause between attempts to connect.")
        try section.integer(
            "closed_market_seconds", 1...86_400, unit: second,
            into: &feed.socket.limits.closedMarketNanoseconds,
            "The pause before a closed market is asked for again: markets open by the hour.")
        try section.finish()
    }

    private static func problem(_ text: String) -> ConfigurationReader.Problem {
        ConfigurationReader.Problem(description: text)
    }
}

extension FeedConfiguration {
    /// What is on, for people; without the query, which names the application.
    var summary: String {
        "deriv, \(socket.generation.rawValue), \(socket.url.authority), \(markets.count) markets"
            + (followsDemand ? " and on demand" : "")
    }

    /// Deriv's socket of a generation, or another with the same messages.
    ///
    /// - Parameters:
    ///   - generation: whose messages it speaks.
    ///   - url: a `wss://` URL; nil for Deriv's own.
    ///   - applicationID: the application's number, which the first generation wants.
    ///   - authorityPath: a PEM file of the authorities that certify it; nil for the system's.
    /// - Throws: `ConfigurationReader.Problem`.
    init(
        generation: SocketGeneration, url: String?, applicationID: String?, authorityPath: String?
    ) throws {
        var text: String
        switch (generation, applicationID) {
        case (.legacy, let id?) where !id.isEmpty && id.utf8.allSatisfy({ $0 &- 0x30 < 10 }):
            text = url ?? "wss://ws.derivws.com/websockets/v3"
            text += (text.contains("?") ? "&" : "?") + "app_id=\(id)"
        case (.legacy, _):
            throw ConfigurationReader.Problem(
                description: "feed.app_id has to be the application's number")
        case (.options, nil):
            text = url ?? "wss://api.derivws.com/trading/v1/options/ws/public"
        case (.options, _):
            throw ConfigurationReader.Problem(
                description: "feed.app_id is for the generation legacy")
        }
        guard let socketURL = try? WebSocketURL(text), socketURL.usesTLS else {
            throw ConfigurationReader.Problem(description: "feed.url has to be a wss:// URL")
        }
        do throws(TLSError) {
            self.init(
                socket: SocketConfiguration(
                    generation: generation, url: socketURL,
                    trust: try TLSTrust(authorityPath: authorityPath)))
        } catch {
            throw ConfigurationReader.Problem(description: "feed.ca_file is not usable: \(error)")
        }
    }
}
