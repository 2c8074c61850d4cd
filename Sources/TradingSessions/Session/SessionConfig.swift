/// The effective configuration of a session: every field set, every value in range.
///
/// Made only by validation (``SessionConfig/validating(_:)``), so holding one proves that it is
/// valid. What is stored is what is enforced.
package struct SessionConfig: Equatable, Sendable {
    /// Participants that may take part at once, 1…10 000.
    package internal(set) var maxParticipants: Int
    /// Smallest balance of a known broker account that may join.
    package internal(set) var minBalance: FixedDecimal = .zero
    /// How bold the session trades.
    package internal(set) var riskProfile: RiskProfile = .medium
    /// Markets whose signals the session takes, 1…100, each once, in the order given.
    package internal(set) var allowedMarkets: [Market]
    /// The confidence asked for, 0…1; see ``effectiveMinConfidence``.
    package internal(set) var minConfidence: FixedDecimal = hundredths(60)
    /// The session ends when the sum of its participants' pnl is at or below minus this.
    package internal(set) var globalLossThreshold = FixedDecimal(1000)
    /// Minutes from the first start to the end, 1…1440.
    package internal(set) var durationMinutes = 60
    /// Stake before the profile's multiplier, 1…10 000; see ``effectiveMaxStake``.
    package internal(set) var maxStake = FixedDecimal(50)
    /// A participant whose pnl is at or below minus this is stopped.
    package internal(set) var stopLoss = FixedDecimal(100)
    /// A participant whose pnl is at or above this is stopped.
    package internal(set) var takeProfit = FixedDecimal(200)
    /// Trades that one participant may have in any hour, 1…100.
    package internal(set) var maxTradesPerHour = 100

    init(maxParticipants: Int, allowedMarkets: [Market]) {
        self.maxParticipants = maxParticipants
        self.allowedMarkets = allowedMarkets
    }

    /// The confidence that a signal must reach: the larger of the field and the profile's floor.
    package var effectiveMinConfidence: FixedDecimal {
        max(minConfidence, riskProfile.minConfidence)
    }

    /// What the stake is multiplied by.
    package var stakeMultiplier: FixedDecimal { riskProfile.stakeMultiplier }

    /// The largest stake of one trade: `max_stake` times the profile's multiplier.
    package var effectiveMaxStake: FixedDecimal {
        // In range by validation: at most 10 000 × 1.5.
        (try? maxStake.multipliedRoundingTowardZero(by: stakeMultiplier)) ?? maxStake
    }

    /// The duration in milliseconds.
    package var durationMilliseconds: Int64 { Int64(durationMinutes) * 60_000 }
}
