/// How bold a session trades; sets a floor for confidence and scales the stake (domain: Config).
package enum RiskProfile: String, CaseIterable, Sendable {
    /// Confidence from 0.80, half the stake.
    case low = "LOW"
    /// Confidence from 0.65, the full stake.
    case medium = "MEDIUM"
    /// Confidence from 0.50, one and a half times the stake.
    case high = "HIGH"

    /// The lowest confidence that this profile accepts.
    package var minConfidence: FixedDecimal {
        switch self {
        case .low: hundredths(80)
        case .medium: hundredths(65)
        case .high: hundredths(50)
        }
    }

    /// What the stake is multiplied by.
    package var stakeMultiplier: FixedDecimal {
        switch self {
        case .low: hundredths(50)
        case .medium: .one
        case .high: hundredths(150)
        }
    }
}

/// A decimal given in hundredths.
func hundredths(_ count: Int64) -> FixedDecimal {
    FixedDecimal(units: count * (FixedDecimal.unitsPerOne / 100)) ?? .zero
}
