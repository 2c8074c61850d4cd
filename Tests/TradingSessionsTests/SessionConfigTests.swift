import Testing
import TradingSessions
import TradingSessionsTestSupport

@Suite("Session configuration (domain: Config)")
struct SessionConfigTests {
    @Test func `fields left out or null take the defaults of the domain`() throws {
        let config = try SessionConfig.validating([
            (name: "max_participants", value: .number("5")),
            (name: "allowed_markets", value: .array([.string("R_100")])),
            (name: "max_stake", value: .null),
        ])
        #expect(config.maxParticipants == 5)
        #expect(config.minBalance == .zero)
        #expect(config.riskProfile == .medium)
        #expect(config.allowedMarkets.map(\.symbol) == ["R_100"])
        #expect(config.minConfidence.description == "0.6")
        #expect(config.globalLossThreshold.description == "1000")
        #expect(config.durationMinutes == 60)
        #expect(config.maxStake.description == "50")
        #expect(config.stopLoss.description == "100")
        #expect(config.takeProfit.description == "200")
        #expect(config.maxTradesPerHour == 100)
    }

    @Test(
        "A value in range is taken, one step beyond is refused by name",
        arguments: [
            ("max_participants", ["1", "10000"], ["0", "10001", "-1", "1.5", "1e2", "1.0"]),
            ("min_balance", ["0", "0.00000001", "92233720368"], ["-0.00000001", "1e2"]),
            ("min_confidence", ["0", "1", "0.5"], ["-0.00000001", "1.00000001", "2"]),
            ("global_loss_threshold", ["0.00000001", "5000000"], ["0", "-1"]),
            ("duration_minutes", ["1", "1440"], ["0", "1441", "60.5"]),
            ("max_stake", ["1", "10000", "1.5"], ["0.99999999", "10000.00000001"]),
            ("stop_loss", ["1", "100000"], ["0.99999999", "100000.00000001"]),
            ("take_profit", ["1", "100000"], ["0.99999999", "100000.00000001"]),
            ("max_trades_per_hour", ["1", "100"], ["0", "101"]),
        ])
    func numberRange(field: String, accepted: [String], refused: [String]) throws {
        for text in accepted {
            #expect(throws: Never.self) { try config([(name: field, value: .number(text))]) }
        }
        for text in refused {
            #expect(problems([(name: field, value: .number(text))]) == [field], "\(text)")
        }
    }

    @Test(
        "Money may be a string, a count may not",
        arguments: [
            ("min_balance", true), ("global_loss_threshold", true), ("max_stake", true),
            ("stop_loss", true), ("take_profit", true), ("min_confidence", false),
            ("max_participants", false), ("duration_minutes", false),
            ("max_trades_per_hour", false),
        ])
    func strings(field: String, isMoney: Bool) throws {
        if isMoney {
            _ = try config([(name: field, value: .string("12.5"))])
        } else {
            #expect(problems([(name: field, value: .string("12.5"))]) == [field])
        }
    }

    @Test(
        "A value of another kind is refused",
        arguments: [SessionConfigValue.boolean(true), .object, .array([]), .string("x")])
    func wrongKind(value: SessionConfigValue) {
        for field in SessionConfigField.allCases {
            #expect(problems([(name: field.rawValue, value: value)]) == [field.rawValue])
        }
    }

    @Test func `more than eight decimals have their own reason`() {
        let error = #expect(throws: SessionConfigError.self) {
            try config([(name: "stop_loss", value: .string("5.000000001"))])
        }
        #expect(error?.problems.first?.reason == "must have at most 8 decimals")
    }

    @Test func `risk profiles are LOW, MEDIUM and HIGH in capitals`() throws {
        for profile in RiskProfile.allCases {
            let config = try config([(name: "risk_profile", value: .string(profile.rawValue))])
            #expect(config.riskProfile == profile)
        }
        #expect(problems([(name: "risk_profile", value: .string("low"))]) == ["risk_profile"])
    }

    @Test func `between 1 and 100 markets, each once`() throws {
        func symbols(_ count: Int) -> SessionConfigValue {
            .array((0..<count).map { .string("R_\($0)") })
        }
        #expect(
            try config([(name: "allowed_markets", value: symbols(100))]).allowedMarkets.count == 100
        )
        for value in [
            symbols(0), symbols(101), .array([.string("R_1"), .string("R_1")]),
            .array([.string("R 1")]), .array([.number("1")]), .string("R_1"),
        ] {
            #expect(problems([(name: "allowed_markets", value: value)]) == ["allowed_markets"])
        }
    }

    @Test func `all problems come at once, in the order of the domain, unknown fields last`() {
        let error = #expect(throws: SessionConfigError.self) {
            try SessionConfig.validating([
                (name: "max_steak", value: .number("5")),
                (name: "take_profit", value: .number("0")),
                (name: "stop_loss", value: .number("10")),
                (name: "stop_loss", value: .number("11")),
                (name: "risk_profile", value: .string("YOLO")),
            ])
        }
        #expect(
            error?.problems.map(\.field) == [
                "max_participants", "risk_profile", "allowed_markets", "stop_loss", "take_profit",
                "max_steak",
            ])
        #expect(error?.problems.first?.reason == "is required")
        #expect(error?.problems.last?.reason == "is not a known field")
        #expect(error?.problems.allSatisfy { !$0.reason.isEmpty } == true)
    }

    @Test func `a required field that is null counts as left out`() {
        #expect(problems([(name: "max_participants", value: .null)]) == ["max_participants"])
    }

    @Test(
        "The profile raises the confidence and scales the stake",
        arguments: [
            (RiskProfile.low, "0.6", "0.8", "0.5", "25"),
            (.low, "0.95", "0.95", "0.5", "25"),
            (.medium, "0.6", "0.65", "1", "50"),
            (.medium, "0.66", "0.66", "1", "50"),
            (.high, "0.6", "0.6", "1.5", "75"),
            (.high, "0.1", "0.5", "1.5", "75"),
        ])
    func effective(
        profile: RiskProfile, asked: String, confidence: String, multiplier: String, stake: String
    ) throws {
        let config = try config([
            (name: "risk_profile", value: .string(profile.rawValue)),
            (name: "min_confidence", value: .number(asked)),
        ])
        #expect(config.effectiveMinConfidence.description == confidence)
        #expect(config.stakeMultiplier.description == multiplier)
        #expect(config.effectiveMaxStake.description == stake)
    }

    @Test(
        "A name has 1 to 100 characters, not only blanks, no control characters",
        arguments: [
            ("Morning run", true), ("ü", true), (String(repeating: "é", count: 100), true),
            (String(repeating: "a", count: 101), false), ("", false), ("   ", false),
            ("a\nb", false), ("a\u{7F}", false),
        ])
    func name(text: String, isValid: Bool) {
        #expect(SessionRecord.isValidName(text) == isValid)
    }

    private func problems(_ fields: [(name: String, value: SessionConfigValue)]) -> [String] {
        do {
            _ = try config(fields)
            return []
        } catch let error as SessionConfigError {
            return error.problems.map(\.field)
        } catch {
            return ["\(error)"]
        }
    }
}
