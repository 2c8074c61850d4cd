/// The times and bounds of signing in; each default with its reason.
package struct TokenLimits: Sendable, Equatable {
    /// How far clocks may differ when a token is checked, in milliseconds, 0 to 60 000. Default
    /// 30 000: more than clocks that are kept by NTP ever differ.
    package var leewayMilliseconds: Int64 = 30_000

    /// How long a connection outlives its token, in milliseconds, so that `auth.refresh` can come
    /// late. Default 25 000: a client that has slept for one heartbeat still makes it.
    package var graceMilliseconds: Int64 = 25_000

    /// When `auth.expiring` comes: so many milliseconds before the token ends, another moment for
    /// each connection. Default 30 to 60 s: thousands of clients that came back together do not
    /// ask for their new tokens together.
    package var noticeMilliseconds: ClosedRange<Int64> = 30_000...60_000

    /// The longest life, from `iat` to `exp`, of a token that is accepted, in milliseconds.
    /// Default 30 days. A revocation is kept for as long, so that it outlives what it revokes.
    package var longestLifeMilliseconds: Int64 = 2_592_000_000

    /// How long a one-time ticket can be used, in milliseconds. Default 30 000.
    package var ticketMilliseconds: Int64 = 30_000

    /// Tickets of one user in a minute, on all nodes together. Default 60: a page that reconnects
    /// every second still gets its tickets.
    package var ticketsPerMinute = 60

    /// Handshakes of a loop that wait for Redis or for a key set. Default 1024: what Redis answers
    /// within milliseconds.
    package var waitingHandshakesPerLoop = 1024

    /// Time between two looks for revocations whose announcement was missed. Default 500 ms: half
    /// of the second in which a revocation holds on every node.
    package var revocationInterval = Duration.milliseconds(500)

    /// Whether the node refuses clients until it knows the revocations. Default true; false for a
    /// node without any Redis, which nobody can revoke a token on.
    package var requiresRevocations = true

    /// How much longer than the longest life, of a token or of a browser's sign-in, a revocation is
    /// kept: 5 minutes, more than leeway and grace together.
    static let revocationMarginMilliseconds: Int64 = 300_000

    /// The lives that the gateway's own tokens may have, in milliseconds: 1 minute to 30 days.
    package static let lifetimeRange: ClosedRange<Int64> = 60_000...2_592_000_000

    /// The default bounds.
    package init() {}
}
