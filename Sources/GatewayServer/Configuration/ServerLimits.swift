/// The bounds of a node that are not those of a protocol; each default with its reason.
package struct ServerLimits: Sendable, Equatable {
    /// Connections of one loop, handshakes included. Default 100 000: more than one core serves
    /// with a tick a second each.
    package var connectionsPerLoop = 100_000

    /// Connections from one address and loop. Default 20 000: an office or a load tester behind
    /// one address is fine, one machine cannot take the whole node.
    package var connectionsPerAddress = 20_000

    /// From the accept to the end of the handshake. Default 10 s: a mobile network with two lost
    /// packets makes it, a slow-loris holds a slot for no longer.
    package var handshakeDuration = Duration.seconds(10)

    /// Handshakes of one address under way at a time, per loop and per thread of TLS handshakes;
    /// beyond it a new connection is closed at once, or refused where a trusted proxy made it.
    /// Default 1024: a whole office that comes back at once is through in moments, while a
    /// slow-loris cannot take every place.
    package var handshakesPerAddress = 1024

    /// TLS handshakes under way at a time per thread; beyond it a new connection is closed at once.
    /// Default 4096: what one thread does in two seconds.
    package var tlsHandshakesPerThread = 4096

    /// How long a refused or answered HTTP connection may take to read its answer. Default 5 s.
    package var lingerDuration = Duration.seconds(5)

    /// How long the answer to an HTTP request may take to be made. Default 60 s: a sign-in asks
    /// Deriv twice and the database twice, each with a bound of its own.
    package var requestDuration = Duration.seconds(60)

    /// Silence after which the node pings. Default 25 s: under the 30 to 60 s after which common
    /// proxies and mobile networks forget a connection.
    package var heartbeatInterval = Duration.seconds(25)

    /// How long a ping may stay without any answer before the connection is closed. Default 10 s.
    package var heartbeatTimeout = Duration.seconds(10)

    /// How long a peer may take to answer a close frame. Default 5 s.
    package var closeDuration = Duration.seconds(5)

    /// How long a full socket may stay without taking a byte. Default 30 s: the queue's bounds
    /// close a busy connection much earlier, this one ends those with little traffic.
    package var stalledWriteDuration = Duration.seconds(30)

    /// How long `subscribe` waits for Redis to confirm before it answers `stale`. Default 1 s.
    package var subscribeConfirmationDuration = Duration.seconds(1)

    /// Answers that wait for Redis, per connection. Default 16.
    package var pendingRequestsPerConnection = 16

    /// Messages of one connection per second in the long run, 0 for no bound. Default 500: a bot
    /// that acts on every tick of every market stays far below.
    package var messagesPerSecond = 500

    /// Messages of one connection that may come at once. Default 1000.
    package var messageBurst = 1000

    /// Bytes of a request body on the HTTP side path. Default 64 KiB.
    package var requestBodyByteCount = 65_536

    /// Bytes queued for a connection above which nothing more is read from it. Default 256 KiB: a
    /// client that does not read its answers cannot ask for more.
    package var readPauseQueuedByteCount = 262_144

    /// Silence of a market after which its sessions pause, in milliseconds, 1000 to 600 000.
    /// Default 10 000, as the domain says.
    package var feedSilenceMilliseconds = 10_000

    /// How long a completed session is kept, in milliseconds, a minute to ten years. Default 30
    /// days: long enough to look into a month's results, and Redis does not fill for ever.
    package var sessionRetentionMilliseconds = 2_592_000_000

    /// How long a loop may do nothing before the node counts as not ready. Default 5 s: as long as
    /// a starved machine may let one wait, and soon enough to send new clients elsewhere.
    package var silentLoopDuration = Duration.seconds(5)

    /// How long a loop may do nothing before the node counts as dead, which a restart would mend.
    /// Default 30 s: whatever a machine does to a process that lives is over by then.
    package var stuckLoopDuration = Duration.seconds(30)

    /// How long a loop may do nothing before that is counted and reported, once it goes on. Default
    /// 500 ms: everything that a turn does takes a hundredth of it.
    package var stalledLoopDuration = Duration.milliseconds(500)

    /// The default bounds.
    package init() {}
}
