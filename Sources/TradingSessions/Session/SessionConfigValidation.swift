/// A configuration value as it came from outside, before anything is known about it.
package enum SessionConfigValue: Equatable, Sendable {
    /// JSON `null`: the same as leaving the field out.
    case null
    /// A truth value; no field takes one.
    case boolean(Bool)
    /// A number, as the literal text that was sent, so that nothing is rounded.
    case number(String)
    /// A string.
    case string(String)
    /// A list.
    case array([SessionConfigValue])
    /// An object; no field takes one.
    case object
}

/// What is wrong with one field of a configuration.
package struct SessionConfigProblem: Equatable, Sendable {
    /// The field's name on the wire, such as `max_stake`.
    package let field: String
    /// A sentence fragment for people, such as `must be a decimal from 1 to 10000`.
    package let reason: String
}

/// Everything that is wrong with a configuration.
package struct SessionConfigError: Error, Equatable, Sendable {
    /// One entry per field, in the order of the domain's table, unknown fields last.
    package let problems: [SessionConfigProblem]
}

/// A configuration's fields, as named on the wire.
package enum SessionConfigField: String, CaseIterable, Sendable {
    /// See ``SessionConfig/maxParticipants``.
    case maxParticipants = "max_participants"
    /// See ``SessionConfig/minBalance``.
    case minBalance = "min_balance"
    /// See ``SessionConfig/riskProfile``.
    case riskProfile = "risk_profile"
    /// See ``SessionConfig/allowedMarkets``.
    case allowedMarkets = "allowed_markets"
    /// See ``SessionConfig/minConfidence``.
    case minConfidence = "min_confidence"
    /// See ``SessionConfig/globalLossThreshold``.
    case globalLossThreshold = "global_loss_threshold"
    /// See ``SessionConfig/durationMinutes``.
    case durationMinutes = "duration_minutes"
    /// See ``SessionConfig/maxStake``.
    case maxStake = "max_stake"
    /// See ``SessionConfig/stopLoss``.
    case stopLoss = "stop_loss"
    /// See ``SessionConfig/takeProfit``.
    case takeProfit = "take_profit"
    /// See ``SessionConfig/maxTradesPerHour``.
    case maxTradesPerHour = "max_trades_per_hour"
}

extension SessionConfig {
    /// Checks a configuration field by field and fills in the defaults.
    ///
    /// Throws all problems at once, one per field.
    package static func validating(
        _ fields: [(name: String, value: SessionConfigValue)]
    ) throws(SessionConfigError) -> SessionConfig {
        var validation = SessionConfigValidation()
        var unknown: [SessionConfigProblem] = []
        for (name, value) in fields {
            if let field = SessionConfigField(rawValue: name) {
                validation.take(field, value)
            } else {
                unknown.append(SessionConfigProblem(field: name, reason: "is not a known field"))
            }
        }
        validation.requireField(.maxParticipants)
        validation.requireField(.allowedMarkets)
        let problems = validation.problemsInOrder + unknown
        guard problems.isEmpty else { throw SessionConfigError(problems: problems) }
        return validation.config
    }
}

/// Collects values and problems while the fields of one configuration are read.
private struct SessionConfigValidation {
    var config = SessionConfig(maxParticipants: 1, allowedMarkets: [])
    private var reasons: [SessionConfigField: String] = [:]
    private var seen: Set<SessionConfigField> = []
    private var isSet: Set<SessionConfigField> = []

    var problemsInOrder: [SessionConfigProblem] {
        SessionConfigField.allCases.compactMap { field in
            reasons[field].map { SessionConfigProblem(field: field.rawValue, reason: $0) }
        }
    }

    mutating func requireField(_ field: SessionConfigField) {
        if !isSet.contains(field), reasons[field] == nil { reasons[field] = "is required" }
    }

    mutating func take(_ field: SessionConfigField, _ value: SessionConfigValue) {
        guard seen.insert(field).inserted else {
            reasons[field] = "is given twice"
            return
        }
        if value == .null { return }
        isSet.insert(field)
        switch field {
        case .maxParticipants:
            setInteger(field, value, max: SessionLimits.participantCountMax, \.maxParticipants)
        case .minBalance:
            setDecimal(field, value, .zero...(.max), "a decimal of at least 0", \.minBalance)
        case .riskProfile: setRiskProfile(value)
        case .allowedMarkets: setAllowedMarkets(value)
        case .minConfidence:
            setDecimal(field, value, .zero...(.one), "a decimal from 0 to 1", \.minConfidence)
        case .globalLossThreshold:
            let smallest = FixedDecimal(units: 1) ?? .one
            setDecimal(
                field, value, smallest...(.max), "a decimal above 0", \.globalLossThreshold)
        case .durationMinutes:
            setInteger(field, value, max: SessionLimits.durationMinutesMax, \.durationMinutes)
        case .maxStake:
            setDecimal(
                field, value, .one...FixedDecimal(10_000), "a decimal from 1 to 10000", \.maxStake)
        case .stopLoss:
            setDecimal(
                field, value, .one...FixedDecimal(100_000), "a decimal from 1 to 100000",
                \.stopLoss)
        case .takeProfit:
            setDecimal(
                field, value, .one...FixedDecimal(100_000), "a decimal from 1 to 100000",
                \.takeProfit)
        case .maxTradesPerHour:
            setInteger(field, value, max: SessionLimits.tradesPerHourMax, \.maxTradesPerHour)
        }
    }

    private mutating func setInteger(
        _ field: SessionConfigField, _ value: SessionConfigValue, max: Int,
        _ path: WritableKeyPath<SessionConfig, Int>
    ) {
        guard case .number(let text) = value, let number = Int(text), (1...max).contains(number)
        else {
            reasons[field] = "must be an integer from 1 to \(max)"
            return
        }
        config[keyPath: path] = number
    }

    private mutating func setDecimal(
        _ field: SessionConfigField, _ value: SessionConfigValue,
        _ range: ClosedRange<FixedDecimal>, _ expected: String,
        _ path: WritableKeyPath<SessionConfig, FixedDecimal>
    ) {
        let text: String
        switch value {
        case .number(let literal): text = literal
        case .string(let string): text = string
        case .null, .boolean, .array, .object:
            reasons[field] = "must be \(expected)"
            return
        }
        do {
            let decimal = try FixedDecimal(text)
            guard range.contains(decimal) else {
                reasons[field] = "must be \(expected)"
                return
            }
            config[keyPath: path] = decimal
        } catch {
            reasons[field] =
                error == .tooManyFractionDigits
                ? "must have at most \(FixedDecimal.fractionDigitCountMax) decimals"
                : "must be \(expected)"
        }
    }

    private mutating func setRiskProfile(_ value: SessionConfigValue) {
        guard case .string(let text) = value, let profile = RiskProfile(rawValue: text) else {
            reasons[.riskProfile] = "must be LOW, MEDIUM or HIGH"
            return
        }
        config.riskProfile = profile
    }

    private mutating func setAllowedMarkets(_ value: SessionConfigValue) {
        let max = SessionLimits.allowedMarketCountMax
        guard case .array(let values) = value, (1...max).contains(values.count) else {
            reasons[.allowedMarkets] = "must be a list of 1 to \(max) market symbols"
            return
        }
        var markets: [Market] = []
        var known: Set<Market> = []
        for (index, value) in values.enumerated() {
            guard case .string(let symbol) = value, let market = Market(symbol) else {
                reasons[.allowedMarkets] =
                    "must hold market symbols of 2 to 30 word characters (entry \(index))"
                return
            }
            guard known.insert(market).inserted else {
                reasons[.allowedMarkets] = "must name each market once (entry \(index))"
                return
            }
            markets.append(market)
        }
        config.allowedMarkets = markets
    }
}
