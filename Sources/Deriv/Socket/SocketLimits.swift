import JSONRPC

/// The bounds and times of a socket to Deriv.
///
/// Deriv's documents disagree on its limits, so each number keeps to the stricter one.
package struct SocketLimits: Sendable {
    /// Subscriptions on one socket. Default 100: documented for the current generation.
    package var subscriptionsPerSocket = 100
    /// Requests that may be sent in one go. With `requestsPerMinute` it makes 220 in any minute,
    /// the documented allowance, and 7300 in an hour, where 14 400 are allowed.
    package var requestBurst = 100
    /// Requests per minute in the long run. Default 120.
    package var requestsPerMinute = 120
    /// Pings per second that callers may send. Default 5, half of what is documented.
    package var pingsPerSecond = 5
    /// Requests that may wait for their answers, sent or not. Default 256: all subscriptions of a
    /// socket and as many again.
    package var pendingRequestCountMax = 256
    /// From a request to its answer, waiting for the budget and the link included. Default 60 s:
    /// Deriv's own backend gives up after 15 s, and a burst may wait half a minute for its budget.
    package var requestNanoseconds: UInt64 = 60_000_000_000
    /// From sending a request to its answer. Default 20 s: longer than Deriv's backend takes.
    package var answerNanoseconds: UInt64 = 20_000_000_000
    /// From one ping to the next. Default 30 s: Deriv closes an idle socket after two minutes.
    package var pingNanoseconds: UInt64 = 30_000_000_000
    /// From a ping to its answer. Default 5 s, as Deriv's own client waits.
    package var pongNanoseconds: UInt64 = 5_000_000_000
    /// The first pause before a lost link is tried again. Default 1 s.
    package var backoffNanosecondsMin: UInt64 = 1_000_000_000
    /// The longest one. Default 30 s.
    package var backoffNanosecondsMax: UInt64 = 30_000_000_000
    /// A link that lived for so long was good: the next pause is the shortest again. Default 10 s.
    package var goodLifeNanoseconds: UInt64 = 10_000_000_000
    /// The shortest pause while Deriv says that its site is updating or down. Default 15 s.
    package var siteUpdateNanoseconds: UInt64 = 15_000_000_000
    /// The pause before the market of a refused subscription is asked for again. Default 30 s.
    package var refusedMarketNanoseconds: UInt64 = 30_000_000_000
    /// The pause where the market is closed or unknown. Default 5 min: markets open by the hour.
    package var closedMarketNanoseconds: UInt64 = 300_000_000_000
    /// The pause where a subscription is said to be there already. Default 1 s: its end is under
    /// way.
    package var knownMarketNanoseconds: UInt64 = 1_000_000_000
    /// Nothing is sent for so long after Deriv said `RateLimit`. Default 60 s: its budgets are of
    /// minutes.
    package var rateLimitNanoseconds: UInt64 = 60_000_000_000
    /// Bytes of a message. Default 1 MiB: all symbols with their details take a fifth of it.
    package var messageByteCountMax = 1 << 20
    /// From the look-up of the name to the end of the WebSocket handshake. Default 10 s.
    package var connectDuration: Duration = .seconds(10)

    /// The defaults.
    package init() {}

    /// Symbols in one answer to `active_symbols`; more are cut off. Some 100 are live, 366 are
    /// known.
    static let symbolCountMax = 2000
    /// Accounts in one answer to `authorize`; more make it unusable.
    static let accountCountMax = 100
    /// Characters of an error's text that are kept.
    static let errorTextCharacterCountMax = 200
    /// Characters of a name: an error code, an id, a currency.
    static let nameCharacterCountMax = 128
    /// Digits behind the point that an exponent may move; prices have twelve at most.
    static let exponentMax = 24
    /// Subscriptions of no known market that are being ended, per link.
    static let strayCountMax = 100

    /// The bounds of a message's JSON: the members of `active_symbols` make the most values.
    var json: JSONLimits {
        JSONLimits(
            byteCountMax: messageByteCountMax, depthMax: 16, tokenCountMax: 1 << 17,
            memberCountMax: 512)
    }
}
