import Deriv

extension MetricsText {
    /// The feed from the broker, of a node that can feed.
    static func addFeed(_ feed: BrokerFeedMetrics, to text: inout PrometheusText) {
        text.add(
            "tradermind_broker_feeding", .gauge,
            help: "1 on the node that takes ticks from the broker for all.",
            feed.isFeeding ? 1 : 0)
        text.add(
            "tradermind_broker_links", .gauge, help: "Open links to the broker.",
            feed.openSocketCount)
        text.add(
            "tradermind_broker_markets", .gauge, help: "Markets whose ticks come from the broker.",
            feed.liveMarketCount)
        text.add(
            "tradermind_broker_elections_total", .counter,
            help: "How often this node got the right to feed.", feed.electionCount)
        text.add(
            "tradermind_broker_lease_errors_total", .counter,
            help: "Questions for the right to feed without an answer.", feed.leaseErrorCount)
        text.add(
            "tradermind_broker_ticks_total", .counter,
            help: "Ticks from the broker, by what Redis said of them.",
            [
                ([("outcome", "published")], Double(feed.publishedTickCount)),
                ([("outcome", "old")], Double(feed.oldTickCount)),
                ([("outcome", "failed")], Double(feed.tickErrorCount)),
            ])
        text.add(
            "tradermind_broker_link_losses_total", .counter,
            help: "Links to the broker that went, or could not be opened.", feed.linkLossCount)
        text.add(
            "tradermind_broker_market_losses_total", .counter,
            help: "Markets whose ticks stopped with a link.", feed.marketLossCount)
        text.add(
            "tradermind_broker_market_refusals_total", .counter,
            help: "Markets that the broker refused.", feed.marketRefusalCount)
        text.add(
            "tradermind_broker_requests_total", .counter, help: "Requests sent to the broker.",
            feed.socket.requestCount)
        text.add(
            "tradermind_broker_errors_total", .counter,
            help: "Errors that the broker answered with.", feed.socket.errorCount)
        text.add(
            "tradermind_broker_strange_messages_total", .counter,
            help: "Messages of the broker that were not understood.",
            feed.socket.strangeMessageCount)
    }
}
