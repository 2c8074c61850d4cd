import GatewayAPI
import JSONRPC
import Testing

@Suite("Channels, scopes and decimals")
struct NamesTests {
    @Test(
        "A channel's name is read and written the same",
        arguments: [
            ("ticks:R_100", ChannelName.ticks(market: "R_100")),
            ("ticks:ab", .ticks(market: "ab")),
            ("ticks:frxEURUSD", .ticks(market: "frxEURUSD")),
            ("session:s-1.a_B", .session(id: "s-1.a_B")), ("sessions", .sessions),
            ("signals:x", .signals(sessionID: "x")),
            (
                "user:5f0c1f9e-3a52-4d8e-9b54-0d5b7a6f2c11",
                .user(id: "5f0c1f9e-3a52-4d8e-9b54-0d5b7a6f2c11")
            ),
            ("system", .system),
            (
                "signals:" + String(repeating: "x", count: 64),
                .signals(sessionID: String(repeating: "x", count: 64))
            ),
        ])
    func readsChannels(text: String, channel: ChannelName) {
        #expect(ChannelName(text) == channel)
        #expect(channel.text == text)
        #expect(text.wholeMatchesPattern(ChannelName.pattern))
    }

    @Test(
        "What is no channel's name is refused",
        arguments: [
            "", "ticks", "ticks:", "ticks:a", "ticks:R-100", "ticks:R_100 ", "ticks:é1",
            "ticks:" + String(repeating: "a", count: 31), "Ticks:R_100", "session:", "session:a b",
            "session:a:b", "sessions:", "sessions:a", "signals:", "user:", "user:a/b", "systems",
            "system:", "other:x", ":", "user:" + String(repeating: "x", count: 65), "*",
            "ticks:*", "session:\u{0}", String(repeating: "x", count: 10_000),
        ])
    func refusesOthers(text: String) {
        #expect(ChannelName(text) == nil)
    }

    @Test("Who may subscribe follows the channel and the role")
    func opensChannels() {
        for role in Role.allCases {
            for channel in [
                ChannelName.ticks(market: "R_100"), .session(id: "s"), .sessions, .system,
            ] {
                #expect(channel.isOpen(to: role, userID: "me") == true)
                #expect(channel.access == .everyone)
            }
            #expect(ChannelName.user(id: "me").isOpen(to: role, userID: "me") == true)
            #expect(ChannelName.user(id: "you").isOpen(to: role, userID: "me") == false)
            #expect(
                ChannelName.signals(sessionID: "s").isOpen(to: role, userID: "me")
                    == (role == .user ? nil : true))
        }
    }

    @Test(
        "A kill switch's scope is read and written the same",
        arguments: [
            ("global", KillSwitchScope.global), ("session:s1", .session(id: "s1")),
            ("user:u-1", .user(id: "u-1")), ("market:R_100", .market("R_100")),
        ])
    func readsScopes(text: String, scope: KillSwitchScope) {
        #expect(KillSwitchScope(text) == scope)
        #expect(scope.text == text)
        #expect(text.wholeMatchesPattern(KillSwitchScope.pattern))
    }

    @Test(
        "What is no scope is refused",
        arguments: [
            "", "Global", "global:", "market:", "market:a", "ticks:R_100", "signals:s",
            "sessions", "system", "user:", "session:a b",
        ])
    func refusesScopes(text: String) {
        #expect(KillSwitchScope(text) == nil)
    }

    @Test(
        "A decimal is read into eight decimals and written at its shortest",
        arguments: [
            ("0", 0, "0"), ("-0", 0, "0"), ("1", 100_000_000, "1"), ("1.5", 150_000_000, "1.5"),
            ("-12.50", -1_250_000_000, "-12.5"), ("0.00000001", 1, "0.00000001"),
            ("-0.10000000", -10_000_000, "-0.1"), ("100.05", 10_005_000_000, "100.05"),
            ("9999999999.99999999", 999_999_999_999_999_999, "9999999999.99999999"),
            ("-9999999999.99999999", -999_999_999_999_999_999, "-9999999999.99999999"),
        ] as [(String, Int64, String)])
    func readsDecimals(text: String, scaled: Int64, shortest: String) throws {
        let decimal = try #require(DecimalText(text))
        #expect(decimal.scaled == scaled)
        #expect(decimal.text == shortest)
        #expect(DecimalText(shortest) == decimal)
        #expect(text.wholeMatchesPattern(DecimalText.pattern))
    }

    @Test(
        "What is no decimal is refused",
        arguments: [
            "", "-", ".", "1.", ".5", "01", "-01", "+1", "1e3", "1,5", " 1", "1 ", "0x1", "--1",
            "1.000000001", "10000000000", "1.2.3", "NaN", "１", "1_0",
        ])
    func refusesDecimals(text: String) {
        #expect(DecimalText(text) == nil)
        #expect(!text.wholeMatchesPattern(DecimalText.pattern))
    }
}

extension String {
    /// Whether the whole text matches a published pattern.
    func wholeMatchesPattern(_ pattern: String) -> Bool {
        guard let regex = try? Regex(pattern) else { return false }
        return (try? regex.wholeMatch(in: self)) != nil
    }
}
