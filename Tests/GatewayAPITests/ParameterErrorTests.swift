import GatewayAPI
import JSONRPC
import Testing

@Suite("Faults of parameters")
struct ParameterErrorTests {
    @Test(
        "A subscription's fault is named by its path",
        arguments: [
            (#"{"channels":[]}"#, ParameterError.Reason.wrongCount, "channels"),
            (#"{"channels":{}}"#, .wrongType, "channels"),
            (#"{"channels":["ticks:R_100"]}"#, .wrongType, "channels[0]"),
            (#"{"channels":[{"channel":"system"},{}]}"#, .missing, "channels[1].channel"),
            (
                #"{"channels":[{"channel":"system","policy":"all"}]}"#, .unknownValue,
                "channels[0].policy"
            ),
            (
                #"{"channels":[{"channel":"system","max_rate":0}]}"#, .outOfRange,
                "channels[0].max_rate"
            ),
            (
                #"{"channels":[{"channel":"system","max_rate":1001}]}"#, .outOfRange,
                "channels[0].max_rate"
            ),
            (
                #"{"channels":[{"channel":"system","max_rate":1.5}]}"#, .wrongType,
                "channels[0].max_rate"
            ),
            (
                #"{"channels":[{"channel":"system","max_rate":99999999999999999999}]}"#,
                .outOfRange, "channels[0].max_rate"
            ),
            (
                #"{"channels":[{"channel":"system","recover":{"epoch":"a b","seq":1}}]}"#,
                .wrongFormat, "channels[0].recover.epoch"
            ),
            (
                #"{"channels":[{"channel":"system","recover":{"epoch":"a","seq":-1}}]}"#,
                .outOfRange, "channels[0].recover.seq"
            ),
            (
                #"{"channels":[{"channel":"system","recover":{"epoch":"a","seq":1,"x":1}}]}"#,
                .unknown, "channels[0].recover.x"
            ),
            (#"{"channels":[{"channel":""}]}"#, .wrongLength, "channels[0].channel"),
        ])
    func namesPaths(text: String, reason: ParameterError.Reason, field: String) throws {
        let fault = try fault(SubscribeParams.self, text)
        #expect(fault?.reason == reason)
        #expect(fault?.field == field)
    }

    @Test(
        "Each range of a session's config holds at its ends and not beyond",
        arguments: [
            ("max_participants", ["1", "10000"], ["0", "10001", "-1"]),
            ("min_balance", ["\"0\"", "\"0.00000001\""], ["\"-0.00000001\""]),
            ("risk_profile", ["\"LOW\"", "\"MEDIUM\"", "\"HIGH\""], ["\"low\"", "\"\""]),
            (
                "allowed_markets", [#"["R_100"]"#, #"["ab"]"#],
                ["[]", #"["a"]"#, #"["R-100"]"#, #"["é1"]"#]
            ),
            ("min_confidence", ["0", "1", "0.65"], ["-0.01", "1.01"]),
            ("global_loss_threshold", ["\"0.00000001\""], ["\"0\"", "\"-1\""]),
            ("duration_minutes", ["1", "1440"], ["0", "1441"]),
            (
                "max_stake", ["\"1\"", "\"10000\"", "\"10000.00\""],
                ["\"0.99999999\"", "\"10000.00000001\""]
            ),
            ("stop_loss", ["\"1\"", "\"100000\""], ["\"0.9\"", "\"100000.1\""]),
            ("take_profit", ["\"1\"", "\"100000\""], ["\"0.9\"", "\"100000.1\""]),
            ("max_trades_per_hour", ["1", "100"], ["0", "101"]),
        ])
    func holdsRanges(field: String, good: [String], bad: [String]) throws {
        let required = [("max_participants", "10"), ("allowed_markets", #"["R_100"]"#)]
            .filter { $0.0 != field }
        for value in good {
            #expect(try fault(SessionConfig.self, object(required + [(field, value)])) == nil)
        }
        for value in bad {
            let fault = try fault(SessionConfig.self, object(required + [(field, value)]))
            #expect(fault?.field.hasPrefix(field) == true, "\(field): \(value)")
        }
    }

    @Test("Every fault is named, in the order of the contract, unknown fields last")
    func namesAll() throws {
        let fault = try fault(
            SessionCreateParams.self,
            #"{"b":1,"config":{"z":0,"max_stake":"0","allowed_markets":["R_1","R_1"]},"a":1}"#)
        #expect(
            fault?.faults.map { "\($0.field) \($0.reason.rawValue)" } == [
                "name missing_field", "config.max_participants missing_field",
                "config.allowed_markets[1] repeated_value", "config.max_stake out_of_range",
                "config.z unknown_field", "b unknown_field", "a unknown_field",
            ])
        #expect(fault?.field == "name" && fault?.reason == .missing)
    }

    @Test("Absent parameters lack every required field")
    func namesAllAbsent() {
        do throws(ParameterError) {
            _ = try SessionCreateParams(params: nil)
            Issue.record("no error")
        } catch {
            #expect(error.faults.map(\.field) == ["name", "config"])
        }
    }

    @Test("Faults are bounded", arguments: [31, 32, 33, 100])
    func boundsFaults(count: Int) throws {
        let members = (0..<count).map { #""x\#($0)":1"# }.joined(separator: ",")
        let fault = try fault(NoParams.self, "{\(members)}")
        #expect(fault?.faults.count == min(count, 32))
    }

    @Test("A config takes the defaults of the domain")
    func takesDefaults() throws {
        let config = try read(
            SessionConfig.self, #"{"max_participants":5,"allowed_markets":["R_100"]}"#)
        #expect(
            config == SessionConfig(maxParticipants: 5, allowedMarkets: ["R_100"]))
        #expect(config.minBalance == "0")
        #expect(config.riskProfile == .medium)
        #expect(config.minConfidence == 0.6)
        #expect(config.globalLossThreshold == "1000")
        #expect(config.durationMinutes == 60)
        #expect(config.maxStake == "50")
        #expect(config.stopLoss == "100")
        #expect(config.takeProfit == "200")
        #expect(config.maxTradesPerHour == 100)
    }

    @Test("Counts and lengths hold at max − 1, max and max + 1")
    func holdsCounts() throws {
        func subscribe(_ count: Int) throws -> ParameterError? {
            let list = Array(repeating: #"{"channel":"system"}"#, count: count)
            return try fault(
                SubscribeParams.self, #"{"channels":[\#(list.joined(separator: ","))]}"#)
        }
        #expect(try subscribe(99) == nil)
        #expect(try subscribe(100) == nil)
        #expect(try subscribe(101)?.reason == .wrongCount)
        func name(_ count: Int) throws -> ParameterError? {
            let name = String(repeating: "😀", count: count)
            return try fault(
                SessionCreateParams.self,
                #"{"name":"\#(name)","config":{"max_participants":1,"allowed_markets":["R_100"]}}"#)
        }
        #expect(try name(99) == nil)
        #expect(try name(100) == nil, "characters count, not bytes")
        #expect(try name(101)?.reason == .wrongLength)
        #expect(try name(101)?.field == "name")
    }

    @Test("The name of an unknown field is cut before it is sent back")
    func cutsNames() throws {
        let name = String(repeating: "n", count: 100)
        let fault = try fault(NoParams.self, #"{"\#(name)":1}"#)
        #expect(fault?.field == String(repeating: "n", count: 64))
    }

    @Test("Escaped names and values are read like plain ones")
    func readsEscapes() throws {
        let params = try read(TickHistoryParams.self, #"{"\u006darket":"R\u005f100"}"#)
        #expect(params == TickHistoryParams(market: "R_100"))
    }
}
