/// A tradable symbol of the broker, such as `R_100`, `1HZ100V` or `frxEURUSD`.
///
/// The text matches `^\w{2,30}$` over ASCII (domain: `allowed_markets`).
package struct Market: Hashable, Sendable, CustomStringConvertible {
    /// The symbol as the broker writes it.
    package let symbol: String

    /// The market of that symbol, or nil when the text is not a symbol.
    package init?(_ symbol: String) {
        let length = symbol.utf8.count
        guard
            SessionLimits.marketByteCountMin <= length, length <= SessionLimits.marketByteCountMax,
            symbol.utf8.allSatisfy(Self.isWordCharacter)
        else { return nil }
        self.symbol = symbol
    }

    /// The symbol.
    package var description: String { symbol }

    private static func isWordCharacter(_ byte: UInt8) -> Bool {
        Identifier.isLetterOrDigit(byte) || byte == UInt8(ascii: "_")
    }
}
