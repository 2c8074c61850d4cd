/// A market whose prices are computed: its volatility, rhythm and number of decimals.
package struct SyntheticMarket: Sendable, Equatable {
    /// The symbol, `^\w{2,30}$`.
    package let name: String
    /// Volatility per year as a fraction: 1.0 is 100 %.
    package let annualVolatility: Double
    /// Milliseconds between two ticks; ticks fall on multiples of it.
    package let tickIntervalMilliseconds: Int64
    /// Decimals of a quote, Deriv's `pip_size`.
    package let decimals: Int
    /// The first price, in units of the last decimal.
    package let startPrice: Int64

    /// Deriv's volatility indices at their published volatility: `R_…` with a tick every two
    /// seconds and `1HZ…V` with one every second.
    package static let volatilityIndices: [SyntheticMarket] = [
        .twoSeconds("R_10", percent: 10, decimals: 3, startPrice: 6_412_358),
        .twoSeconds("R_25", percent: 25, decimals: 3, startPrice: 2_871_604),
        .twoSeconds("R_50", percent: 50, decimals: 4, startPrice: 2_437_915),
        .twoSeconds("R_75", percent: 75, decimals: 4, startPrice: 1_184_725_534),
        .twoSeconds("R_100", percent: 100, decimals: 2, startPrice: 192_436),
        .oneSecond("1HZ10V", percent: 10, startPrice: 934_172),
        .oneSecond("1HZ25V", percent: 25, startPrice: 67_208_415),
        .oneSecond("1HZ50V", percent: 50, startPrice: 21_430_967),
        .oneSecond("1HZ75V", percent: 75, startPrice: 583_621),
        .oneSecond("1HZ100V", percent: 100, startPrice: 114_283),
    ]

    private static func twoSeconds(
        _ name: String, percent: Double, decimals: Int, startPrice: Int64
    ) -> SyntheticMarket {
        SyntheticMarket(
            name: name, annualVolatility: percent / 100, tickIntervalMilliseconds: 2000,
            decimals: decimals, startPrice: startPrice)
    }

    private static func oneSecond(
        _ name: String, percent: Double, startPrice: Int64
    ) -> SyntheticMarket {
        SyntheticMarket(
            name: name, annualVolatility: percent / 100, tickIntervalMilliseconds: 1000,
            decimals: 2, startPrice: startPrice)
    }
}
