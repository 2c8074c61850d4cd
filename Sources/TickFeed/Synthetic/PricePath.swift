/// The price of one market as geometric Brownian motion without drift: the expected price is
/// always the present one, as it is of Deriv's volatility indices.
struct PricePath: Sendable {
    /// These markets never close: a year has 365 days of 24 hours.
    static let millisecondsPerYear = 365.0 * 86_400_000

    private let annualVolatility: Double
    private let decimals: Int
    /// A price may wander by a factor of 1000 from its start. Far beyond any run of the gateway,
    /// and what keeps the fixed-point conversion safe for ever.
    private let levelRange: ClosedRange<Double>
    private var randomNumbers: RandomNumberSource
    /// The price in units of the last decimal, before rounding.
    private var level: Double

    /// Starts a path. The name takes part in the seed, so that a market's prices do not depend on
    /// which other markets are generated beside it.
    init(
        name: String, annualVolatility: Double, decimals: Int, startPrice: Int64, seed: UInt64
    ) {
        self.annualVolatility = annualVolatility
        self.decimals = decimals
        level = Double(startPrice)
        levelRange = max(1, level / 1000)...max(1, level * 1000)
        // FNV-1a spreads the names over the seeds.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        randomNumbers = RandomNumberSource(seed: seed ^ hash)
    }

    /// Lets the given time pass and answers the price then as a decimal string.
    mutating func advance(milliseconds: Double) -> String {
        let variance = annualVolatility * annualVolatility * milliseconds / Self.millisecondsPerYear
        let step = variance.squareRoot() * randomNumbers.nextNormal() - variance / 2
        level *= PortableMath.exponential(min(max(step, -1), 1))
        level = min(max(level, levelRange.lowerBound), levelRange.upperBound)
        return PricePath.decimalString(Int64(level.rounded()), decimals: decimals)
    }

    /// A whole number of last decimals as a decimal string: 123456 with 2 decimals is `1234.56`.
    static func decimalString(_ units: Int64, decimals: Int) -> String {
        let digits = String(units)
        guard decimals > 0 else { return digits }
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        return "\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }
}
