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
        switch try section.text("source") ?? "none" {
        case "none": break
        case "deriv": node.feed = try derivFeed(&section)
        default: throw problem("feed.source has to be none or deriv")
        }
        try section.finish()
    }

    private static func derivFeed(
        _ section: inout ConfigurationReader
    ) throws -> FeedConfiguration {
        let generationName = try section.requiredText("generation")
        guard let generation = SocketGeneration(rawValue: generationName) else {
            throw problem("feed.generation has to be legacy or options")
        }
        var feed = try FeedConfiguration(
            generation: generation, url: try section.text("url"),
            applicationID: try section.text("app_id"), authorityPath: try section.text("ca_file"))
        let markets = try section.texts("markets") ?? []
        guard markets.allSatisfy(Tick.isMarket), Set(markets).count == markets.count else {
            throw problem("feed.markets has to be a list of different market symbols")
        }
        feed.markets = markets
        if let follows = try section.boolean("on_demand") { feed.followsDemand = follows }
        if let seconds = try section.integer("grace_seconds", in: 0...86_400) {
            feed.graceNanoseconds = UInt64(seconds) * 1_000_000_000
        }
        if let seconds = try section.integer("lease_seconds", in: 2...60) {
            feed.leaseMilliseconds = seconds * 1000
        }
        if let seconds = try section.integer("hand_over_seconds", in: 1...3600) {
            feed.handOverNanoseconds = UInt64(seconds) * 1_000_000_000
        }
        try readFeedLimits(&section, into: &feed)
        guard markets.count <= feed.socketCountMax * feed.socket.limits.subscriptionsPerSocket
        else { throw problem("feed.markets has more markets than feed.limits allows") }
        return feed
    }

    private static func readFeedLimits(
        _ feedSection: inout ConfigurationReader, into feed: inout FeedConfiguration
    ) throws {
        var section = try feedSection.object("limits")
        func set(_ key: String, _ range: ClosedRange<Int>, _ body: (Int) -> Void) throws {
            if let value = try section.integer(key, in: range) { body(value) }
        }
        func seconds(_ count: Int) -> UInt64 { UInt64(count) * 1_000_000_000 }
        try set("sockets", 1...100) { feed.socketCountMax = $0 }
        try set("subscriptions_per_socket", 1...1000) {
            feed.socket.limits.subscriptionsPerSocket = $0
        }
        try set("request_burst", 1...10_000) { feed.socket.limits.requestBurst = $0 }
        try set("requests_per_minute", 1...60_000) { feed.socket.limits.requestsPerMinute = $0 }
        try set("pings_per_second", 1...1000) { feed.socket.limits.pingsPerSecond = $0 }
        try set("ping_seconds", 1...110) { feed.socket.limits.pingNanoseconds = seconds($0) }
        try set("pong_seconds", 1...60) { feed.socket.limits.pongNanoseconds = seconds($0) }
        try set("connect_seconds", 1...120) { feed.socket.limits.connectDuration = .seconds($0) }
        try set("retry_seconds", 1...3600) {
            feed.socket.limits.backoffNanosecondsMax = seconds($0)
        }
        try set("closed_market_seconds", 1...86_400) {
            feed.socket.limits.closedMarketNanoseconds = seconds($0)
        }
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
