/// Every bound of trading sessions, with its unit, default and reason.
///
/// The Redis functions enforce the same numbers; a test compares the two.
package enum SessionLimits {
    /// Bytes in an id: room for a UUID with a prefix.
    package static let identifierByteCountMax = 64
    /// Bytes in a market's symbol (domain: `^\w{2,30}$`).
    package static let marketByteCountMin = 2
    /// Bytes in a market's symbol (domain: `^\w{2,30}$`).
    package static let marketByteCountMax = 30
    /// Characters (Unicode scalars) in a session's name (domain: `name` <= 100).
    package static let nameCharacterCountMax = 100
    /// Characters (Unicode scalars) in a reason given by a person or an engine; keeps one event
    /// below 4 KiB.
    package static let reasonCharacterCountMax = 500
    /// Markets that one session may allow (domain).
    package static let allowedMarketCountMax = 100
    /// Participants that one session may have at once (domain).
    package static let participantCountMax = 10_000
    /// Minutes that a session may last: one day (domain).
    package static let durationMinutesMax = 1440
    /// Trades per hour and participant (domain); also bounds the times kept per participant.
    package static let tradesPerHourMax = 100
    /// Milliseconds over which trades per hour are counted.
    package static let tradeWindowMilliseconds: Int64 = 3_600_000
    /// Milliseconds after its end in which a session still takes settlements of trades that were
    /// open then: no contract of an automated session lives longer than a day.
    package static let lateSettlementMilliseconds: Int64 = 86_400_000

    /// Milliseconds that a signal lives unless its engine says otherwise (domain: 60 s).
    package static let signalLifeMillisecondsDefault: Int64 = 60_000
    /// Shortest life: below one second no executor can claim it in time.
    package static let signalLifeMillisecondsMin: Int64 = 1000
    /// Longest life: a late signal is harmful.
    package static let signalLifeMillisecondsMax: Int64 = 300_000
    /// Milliseconds that a claim lasts by default: a broker's buy takes 1–3 s.
    package static let leaseMillisecondsDefault: Int64 = 10_000
    /// Shortest lease.
    package static let leaseMillisecondsMin: Int64 = 1000
    /// Longest lease: one signal life.
    package static let leaseMillisecondsMax: Int64 = 60_000
    /// Signals that one call may claim.
    package static let claimCountMax = 100
    /// Signals of one session that wait or are claimed at once: bounds the work of ending it.
    package static let liveSignalsPerSessionMax = 100
    /// Signals on the work queue at once, over all sessions.
    package static let pendingSignalCountMax = 10_000
    /// Sessions that are not yet completed: bounds the work of a global kill.
    package static let openSessionCountMax = 5000
}
