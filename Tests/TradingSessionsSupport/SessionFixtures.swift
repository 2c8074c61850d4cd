package import TradingSessions

/// A valid market symbol, or a failed test.
package func market(_ symbol: String) throws -> Market {
    guard let market = Market(symbol) else { throw FixtureError.notAMarket(symbol) }
    return market
}

/// A fixture that is not what it should be.
package enum FixtureError: Error {
    /// No market symbol.
    case notAMarket(String)
    /// Out of bounds.
    case notAProposal
    /// The session did not get into that status.
    case unreachable(SessionStatus)
}

/// A valid configuration with the required fields and the given ones.
package func config(
    _ fields: [(name: String, value: SessionConfigValue)] = []
) throws -> SessionConfig {
    var all: [(name: String, value: SessionConfigValue)] = fields
    if !fields.contains(where: { $0.name == "max_participants" }) {
        all.append((name: "max_participants", value: .number("3")))
    }
    if !fields.contains(where: { $0.name == "allowed_markets" }) {
        all.append((name: "allowed_markets", value: .array([.string("R_100"), .string("R_50")])))
    }
    return try SessionConfig.validating(all)
}

/// A proposal for `R_100` that default sessions take.
package func proposal(
    market symbol: String = "R_100", confidence: String = "0.9", sessionID: String? = nil,
    life: Int64 = SessionLimits.signalLifeMillisecondsDefault
) throws -> SignalProposal {
    let proposal = SignalProposal(
        market: try market(symbol), type: .call, confidence: try FixedDecimal(confidence),
        reason: "crossed", sessionID: sessionID, lifeMilliseconds: life)
    guard let proposal else { throw FixtureError.notAProposal }
    return proposal
}
