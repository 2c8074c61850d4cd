/// One price of a market.
///
/// Prices are decimal strings and stay byte for byte what the source sent: a price is never a
/// binary floating point number on its way through the gateway. A `Tick` is valid by
/// construction, so writing one never needs escaping.
package struct Tick: Sendable, Equatable {
    /// The market's symbol, `^\w{2,30}$` in ASCII.
    package let market: String
    /// The price as a decimal string.
    package let quote: String
    /// Milliseconds since the Unix epoch.
    package let epochMilliseconds: Int64
    /// The bid as a decimal string, where the source has one.
    package let bid: String?
    /// The ask as a decimal string, where the source has one.
    package let ask: String?
    /// The number of decimals with which the market is shown, where the source says so.
    package let pipSize: Int?

    /// Checks and stores the parts of a tick.
    ///
    /// - Parameters:
    ///   - market: the symbol, `^\w{2,30}$`.
    ///   - quote: the price, a decimal string.
    ///   - epochMilliseconds: milliseconds since the Unix epoch.
    ///   - bid: the bid, a decimal string.
    ///   - ask: the ask, a decimal string.
    ///   - pipSize: the number of decimals.
    /// - Throws: `TickError` that names the first part which is not valid.
    package init(
        market: String, quote: String, epochMilliseconds: Int64,
        bid: String? = nil, ask: String? = nil, pipSize: Int? = nil
    ) throws(TickError) {
        guard Tick.isMarket(market) else { throw .invalidMarket }
        guard Tick.isDecimal(quote) else { throw .invalidDecimal(.quote) }
        guard (0...TickLimits.epochMillisecondsMax).contains(epochMilliseconds) else {
            throw .invalidTime
        }
        if let bid, !Tick.isDecimal(bid) { throw .invalidDecimal(.bid) }
        if let ask, !Tick.isDecimal(ask) { throw .invalidDecimal(.ask) }
        if let pipSize, !(0...TickLimits.pipSizeMax).contains(pipSize) { throw .invalidPipSize }
        self.init(
            checkedMarket: market, quote: quote, epochMilliseconds: epochMilliseconds,
            bid: bid, ask: ask, pipSize: pipSize)
    }

    /// For parts that this module made itself or has checked already.
    init(
        checkedMarket market: String, quote: String, epochMilliseconds: Int64,
        bid: String? = nil, ask: String? = nil, pipSize: Int?
    ) {
        self.market = market
        self.quote = quote
        self.epochMilliseconds = epochMilliseconds
        self.bid = bid
        self.ask = ask
        self.pipSize = pipSize
    }

    /// The same tick at another time.
    func at(epochMilliseconds: Int64) -> Tick {
        Tick(
            checkedMarket: market, quote: quote, epochMilliseconds: epochMilliseconds,
            bid: bid, ask: ask, pipSize: pipSize)
    }
}

/// The part of a tick that is not valid.
package enum TickError: Error, Equatable {
    /// The parts of a tick that hold a decimal string.
    package enum DecimalField: String, Sendable {
        /// The price.
        case quote
        /// The bid.
        case bid
        /// The ask.
        case ask
    }

    /// The symbol does not match `^\w{2,30}$`.
    case invalidMarket
    /// A price is not a plain decimal such as `1234.56`, or is too long.
    case invalidDecimal(DecimalField)
    /// The time is negative or after the year 9999.
    case invalidTime
    /// The number of decimals is out of range.
    case invalidPipSize
}

extension Tick {
    /// Whether a text can be a market: `^\w{2,30}$` in ASCII.
    package static func isMarket(_ text: String) -> Bool {
        TickLimits.marketByteCount.contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
                    true
                default:
                    false
                }
            }
    }

    /// Whether the text is `-?digits(.digits)?`: no exponent, no plus sign, no bare point.
    static func isDecimal(_ text: String) -> Bool {
        let bytes = text.utf8
        guard bytes.count <= TickLimits.decimalByteCountMax else { return false }
        let unsigned = bytes.first == UInt8(ascii: "-") ? bytes.dropFirst() : bytes[...]
        let parts = unsigned.split(
            separator: UInt8(ascii: "."), maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count <= 2
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            }
    }
}
