package import RedisProtocol

/// The bounds and times of one link to Redis.
package struct RedisLimits: Sendable, Equatable {
    /// Commands that wait for their reply on one connection; one more is refused as overloaded.
    ///
    /// Default 16 384: at the 300 000 commands a second that one Redis core does, more than 50 ms
    /// of its work, beyond which waiting longer helps nobody.
    package var inFlightCountMax = 16_384
    /// Bytes that wait to be written on one connection; a command beyond is refused as overloaded.
    ///
    /// Default 8 MiB: a stalled server for which every node keeps that much is still bearable.
    package var outputByteCountMax = 8 * 1024 * 1024
    /// The bounds of one reply or published message.
    package var reply = RESPLimits()

    /// How long one attempt may take from the name's look-up to the last reply of the sign-in.
    ///
    /// Default 3 s: three lost SYNs on a local network would not help a fourth.
    package var connectDuration: Duration = .seconds(3)
    /// How long a command may wait for its reply before the connection is given up.
    ///
    /// Default 5 s: longer than any save or failover stall worth waiting for. Times beyond
    /// `idleDuration` plus `pongDuration` have no effect, because a silent link is given up then.
    package var commandDuration: Duration = .seconds(5)
    /// How long a link may be silent before it is asked for a sign of life. Default 10 s.
    package var idleDuration: Duration = .seconds(10)
    /// How long the sign of life may take. Default 3 s.
    package var pongDuration: Duration = .seconds(3)

    /// The pause before the first new attempt; doubled with each attempt that fails, and
    /// shortened by up to a half at random. Default 50 ms: a restart of Redis takes about that.
    package var backoffDurationMin: Duration = .milliseconds(50)
    /// The longest pause between attempts. Default 2 s: an outage's end is noticed soon, at a
    /// cost of one connection attempt for each loop.
    package var backoffDurationMax: Duration = .seconds(2)

    /// Channels that one subscriber holds. Default 100 000, some 10 MB of names.
    package var channelCountMax = 100_000
    /// The bytes of a channel's name. Default 256: every channel of the contract is shorter.
    package var channelByteCountMax = 256
    /// Channels named in one SUBSCRIBE or UNSUBSCRIBE. Default 512, which keeps the single
    /// commands, during which Redis serves nobody else, well below a millisecond.
    package var channelsPerCommandMax = 512
    /// Channels whose confirmation is awaited at a time; others wait their turn. Default 4096,
    /// with `channelByteCountMax` the bound of what a subscriber has to write, about 1 MiB.
    package var unconfirmedChannelCountMax = 4096

    /// The defaults that stand at each bound.
    package init() {}
}

/// What a link needs to know.
package struct RedisConfiguration: Sendable {
    /// Where Redis is and how to sign in.
    package var url: RedisURL
    /// The name of the connection in CLIENT LIST; bytes other than printable ASCII without
    /// spaces are replaced, because Redis refuses them.
    package var clientName: String
    /// A PEM file of the authorities that certify the server, for `rediss://`; nil for the
    /// system's. Read at the first attempt, and again after one that failed over TLS.
    package var authorityPath: String?
    /// The bounds and times.
    package var limits: RedisLimits

    /// Puts a configuration together; the client's name is cleaned up here.
    package init(url: RedisURL, clientName: String, limits: RedisLimits = RedisLimits()) {
        self.url = url
        self.clientName = String(
            decoding: clientName.utf8.map { (0x21...0x7e).contains($0) ? $0 : 0x5f },
            as: UTF8.self)
        self.limits = limits
    }
}
