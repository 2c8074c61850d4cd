import Logging

extension NodeEvent {
    /// How the events of the broker's feed are logged.
    var feedEntry: (kind: String, level: Logger.Level, message: String, metadata: Logger.Metadata) {
        switch self {
        case .feedEnded: ("feed_ended", .notice, "this node feeds no longer", [:])
        case .feedHandedOver:
            (
                "feed_handed_over", .warning,
                "there is no link to the broker: another node has its turn", [:]
            )
        case .brokerLinkOpen: ("broker_link_open", .notice, "a link to the broker is open", [:])
        case .brokerLinkLost(let reason):
            (
                "broker_link_lost", .warning, "a link to the broker is lost",
                ["reason": "\(reason)"]
            )
        case .brokerStatus(let status):
            (
                "broker_status", .warning, "the broker is not up",
                ["site_status": "\(status)"]
            )
        case .marketRefused(let market, let code):
            (
                "market_refused", .notice, "the broker refused a market",
                ["market": "\(market)", "code": "\(code)"]
            )
        default: ("feed_elected", .notice, "this node feeds all", [:])
        }
    }
}
