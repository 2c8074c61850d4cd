import JSONRPC
import TickFeed

/// A market as Deriv lists it.
package struct ActiveSymbol: Sendable, Equatable {
    /// Its symbol (`R_100`).
    package let symbol: String
    /// What people call it.
    package let displayName: String
    /// How many decimals its quotes have; nil where Deriv does not say.
    package let decimalCount: Int?
    /// Whether it trades now.
    package let isOpen: Bool

    /// Reads one element of `active_symbols`; nil where it has no symbol.
    ///
    /// The generations have other names for the same: `symbol`, `display_name` and `pip`, or
    /// `underlying_symbol`, `underlying_symbol_name` and `pip_size`, both the smallest step of the
    /// price.
    init?(_ value: JSONValue, generation: SocketGeneration) {
        let symbol: String?
        let name: String?
        let step: String?
        switch generation {
        case .legacy:
            symbol = value.member("symbol")?.string
            name = value.member("display_name")?.string
            step = value.member("pip")?.numberText
        case .options:
            symbol = value.member("underlying_symbol")?.string
            name = value.member("underlying_symbol_name")?.string
            step = value.member("pip_size")?.numberText
        }
        guard let symbol, Tick.isMarket(symbol) else { return nil }
        self.symbol = symbol
        displayName = String((name ?? symbol).prefix(SocketLimits.nameCharacterCountMax))
        decimalCount = step.flatMap(Self.decimalCount)
        let isSuspended = value.member("is_trading_suspended")?.int64 == 1
        isOpen = value.member("exchange_is_open")?.int64 != 0 && !isSuspended
    }

    /// How many decimals a price has whose smallest step is this number.
    static func decimalCount(ofStep number: String) -> Int? {
        guard let text = QuoteText.text(of: number, decimalCount: nil) else { return nil }
        guard let point = text.firstIndex(of: ".") else { return 0 }
        return text.distance(from: point, to: text.endIndex) - 1
    }
}
