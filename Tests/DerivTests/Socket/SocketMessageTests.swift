import JSONRPC
import Security
import TickFeed
import Testing

@testable import Deriv

@Suite("SocketMessage: what Deriv documents")
struct SocketMessageTests {
    private func read(
        _ text: String, _ generation: SocketGeneration = .legacy
    ) throws -> SocketMessage {
        var tape = JSONTape(limits: SocketLimits().json)
        let bytes = Array(text.utf8)
        // Safety: the array lives as long as the views into it.
        let span = unsafe bytes.span.bytes
        try tape.read(span)
        let message = SocketMessage(tape.root(in: span), generation: generation)
        return try #require(message)
    }

    @Test("a tick of the first generation")
    func legacyTick() throws {
        let message = try read(
            """
            {"echo_req":{"subscribe":1,"ticks":"R_50"},"msg_type":"tick","req_id":3,\
            "subscription":{"id":"9ac4c3c8-0000-4cb8-9b3f-37d1f0f3c9a5"},\
            "tick":{"ask":7427.3758,"bid":7426.3758,"epoch":1588829622,\
            "id":"9ac4c3c8-0000-4cb8-9b3f-37d1f0f3c9a5","pip_size":4,"quote":7426.8758,\
            "symbol":"R_50"}}
            """)
        #expect(message.requestID == 3)
        #expect(message.subscription == "9ac4c3c8-0000-4cb8-9b3f-37d1f0f3c9a5")
        guard case .tick(let tick) = message.content else {
            Issue.record("no tick")
            return
        }
        let expected = try Tick(
            market: "R_50", quote: "7426.8758", epochMilliseconds: 1_588_829_622_000,
            bid: "7426.3758", ask: "7427.3758", pipSize: 4)
        #expect(tick == expected)
    }

    @Test("a tick of the current generation may have nothing but time, price and symbol")
    func optionsTick() throws {
        let message = try read(
            """
            {"msg_type":"tick","req_id":1,"subscription":{"id":"a-1"},\
            "tick":{"epoch":1700000001,"quote":1234.50,"symbol":"1HZ100V"}}
            """, .options)
        guard case .tick(let tick) = message.content else {
            Issue.record("no tick")
            return
        }
        #expect(tick.quote == "1234.50")
        #expect(tick.bid == nil && tick.ask == nil && tick.pipSize == nil)
    }

    @Test(
        "pip_size is a number of decimals, or the smallest step",
        arguments: [
            ("2", "1.50"), ("0.001", "1.500"), ("1e-05", "1.50000"), ("0", "2"),
            // Out of bounds: the number's own digits.
            ("13", "1.5"), ("-1", "1.5"), ("null", "1.5"),
        ])
    func pipSize(text: String, quote: String) throws {
        let message = try read(
            """
            {"msg_type":"tick","tick":{"epoch":1700000001,"quote":1.5,"symbol":"R_10",\
            "pip_size":\(text)}}
            """)
        guard case .tick(let tick) = message.content else {
            Issue.record("no tick")
            return
        }
        #expect(tick.quote == quote)
    }

    @Test("authorize says who the token belongs to")
    func authorize() throws {
        let message = try read(
            """
            {"authorize":{"account_list":[{"account_category":"trading","account_type":"standard",\
            "broker":"CR","created_at":1600000000,"currency":"USD","currency_type":"fiat",\
            "is_disabled":0,"is_virtual":0,"landing_company_name":"svg","linked_to":[],\
            "loginid":"CR799393"},{"account_category":"trading","currency":"","is_disabled":1,\
            "is_virtual":1,"loginid":"VRTC12"}],"balance":10000.5,"country":"id",\
            "currency":"USD","email":"user@example.com","fullname":" A B","is_virtual":0,\
            "landing_company_fullname":"X","landing_company_name":"svg","linked_to":[],\
            "local_currencies":{"IDR":{"fractional_digits":2}},"loginid":"CR799393",\
            "preferred_language":"EN","scopes":["read","trade"],\
            "upgradeable_landing_companies":["svg"],"user_id":12345},\
            "echo_req":{"authorize":"<not shown>","req_id":1},"msg_type":"authorize","req_id":1}
            """)
        guard case .reply(.authorize(let reply)) = message.content else {
            Issue.record("no reply")
            return
        }
        #expect(reply.userID == 12_345)
        #expect(reply.loginID == "CR799393")
        #expect(reply.email == "user@example.com")
        #expect(reply.currency == "USD")
        #expect(reply.scopes == ["read", "trade"])
        #expect(!reply.isVirtual)
        #expect(reply.balance == "10000.5")
        #expect(
            reply.accounts == [
                AuthorizeReply.Account(
                    loginID: "CR799393", currency: "USD", isVirtual: false, category: "trading"),
                AuthorizeReply.Account(
                    loginID: "VRTC12", currency: nil, isVirtual: true, isDisabled: true,
                    category: "trading"),
            ])
    }

    @Test(
        "an authorize reply that does not identify is unusable",
        arguments: [
            #"{"loginid":"CR1","is_virtual":0}"#, #"{"user_id":1,"is_virtual":0}"#,
            #"{"user_id":0,"loginid":"CR1","is_virtual":0}"#,
            #"{"user_id":"1","loginid":"CR1","is_virtual":0}"#,
            #"{"user_id":1,"loginid":"CR 1","is_virtual":0}"#,
            #"{"user_id":1,"loginid":"CR1"}"#,
            #"{"user_id":1,"loginid":"CR1","is_virtual":0,"account_list":{}}"#,
            #"{"user_id":1,"loginid":"CR1","is_virtual":0,"account_list":[{"loginid":"X"}]}"#,
            """
            {"user_id":1,"loginid":"CR1","is_virtual":0,"account_list":\
            [{"loginid":"CR1","is_virtual":0},{"loginid":"CR1","is_virtual":1}]}
            """,
        ])
    func unusableAuthorize(object: String) throws {
        let message = try read(#"{"msg_type":"authorize","authorize":\#(object)}"#)
        guard case .malformed = message.content else {
            Issue.record("was taken")
            return
        }
    }

    @Test(
        "the short answers",
        arguments: [
            (#"{"msg_type":"ping","ping":"pong"}"#, SocketReply.pong),
            (#"{"msg_type":"logout","logout":1}"#, .logout),
            (#"{"msg_type":"time","time":1700000000}"#, .time(epochSeconds: 1_700_000_000)),
            (#"{"msg_type":"forget","forget":1}"#, .forget(wasThere: true)),
            (#"{"msg_type":"forget","forget":0}"#, .forget(wasThere: false)),
            (
                #"{"msg_type":"website_status","website_status":{"site_status":"updating"}}"#,
                .websiteStatus(.updating)
            ),
        ])
    func short(text: String, reply: SocketReply) throws {
        guard case .reply(reply) = try read(text).content else {
            Issue.record("another content")
            return
        }
    }

    @Test("active_symbols in the words of either generation")
    func symbols() throws {
        let legacy = try read(
            """
            {"msg_type":"active_symbols","active_symbols":[{"symbol":"R_100",\
            "display_name":"Volatility 100 Index","pip":0.01,"exchange_is_open":1,\
            "is_trading_suspended":0},{"symbol":"frxEURUSD","display_name":"EUR/USD",\
            "pip":1e-05,"exchange_is_open":0},{"display_name":"nameless"}]}
            """)
        guard case .reply(.activeSymbols(let symbols)) = legacy.content else {
            Issue.record("no symbols")
            return
        }
        #expect(symbols.map(\.symbol) == ["R_100", "frxEURUSD"])
        #expect(symbols.map(\.decimalCount) == [2, 5])
        #expect(symbols.map(\.isOpen) == [true, false])
        let options = try read(
            """
            {"msg_type":"active_symbols","active_symbols":[{"underlying_symbol":"R_100",\
            "underlying_symbol_name":"Volatility 100 Index","pip_size":0.01,\
            "exchange_is_open":1,"is_trading_suspended":1}]}
            """, .options)
        guard case .reply(.activeSymbols(let renamed)) = options.content else {
            Issue.record("no symbols")
            return
        }
        #expect(renamed.map(\.symbol) == ["R_100"])
        #expect(renamed.map(\.displayName) == ["Volatility 100 Index"])
        #expect(renamed.map(\.isOpen) == [false])
    }

    @Test("an error has a code of an open set, and shows only that")
    func error() throws {
        let message = try read(
            """
            {"echo_req":{"authorize":"<not shown>"},"error":{"code":"InvalidToken",\
            "message":"The token of CR123 is invalid.","details":{}},"msg_type":"authorize",\
            "req_id":9}
            """)
        guard case .error(let error) = message.content else {
            Issue.record("no error")
            return
        }
        #expect(error.code == .invalidToken)
        #expect("\(error)" == "InvalidToken")
    }

    @Test(
        "what misses something is malformed, what nobody asked for is unknown",
        arguments: [
            (#"{"msg_type":"tick","tick":{"epoch":1,"symbol":"R_10"}}"#, true),
            (#"{"msg_type":"tick","tick":{"epoch":1,"quote":"5","symbol":"R_10"}}"#, true),
            (#"{"msg_type":"tick","tick":{"epoch":1.5,"quote":5,"symbol":"R_10"}}"#, true),
            (#"{"msg_type":"tick","tick":{"epoch":1,"quote":5,"symbol":"R 10"}}"#, true),
            (#"{"msg_type":"tick","tick":[]}"#, true), (#"{"msg_type":"tick"}"#, true),
            (#"{"msg_type":"time","time":"x"}"#, true), (#"{"msg_type":"forget"}"#, true),
            (#"{"msg_type":"website_status","website_status":1}"#, true),
            (#"{"msg_type":"active_symbols","active_symbols":{}}"#, true), ("{}", true),
            (#"{"msg_type":"balance","balance":{}}"#, false),
        ])
    func strange(text: String, isMalformed: Bool) throws {
        switch try read(text).content {
        case .malformed: #expect(isMalformed)
        case .unknown: #expect(!isMalformed)
        default: Issue.record("was taken")
        }
    }

    @Test(
        "requests as documented",
        arguments: [
            (SocketRequest.ping, #"{"ping":1,"req_id":7}"#), (.logout, #"{"logout":1,"req_id":7}"#),
            (.time, #"{"time":1,"req_id":7}"#),
            (.ticks(market: "R_100"), #"{"ticks":"R_100","subscribe":1,"req_id":7}"#),
            (.forget(subscription: "a-b"), #"{"forget":"a-b","req_id":7}"#),
            (.activeSymbols, #"{"active_symbols":"brief","req_id":7}"#),
            (.websiteStatus, #"{"website_status":1,"subscribe":1,"req_id":7}"#),
            (.authorize(.text("a1-xyz")), #"{"authorize":"a1-xyz","req_id":7}"#),
        ])
    func requests(request: SocketRequest, text: String) {
        let bytes = request.encoded(id: 7).withSpan { span in span.indices.map { span[$0] } }
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test("a request shows no token, whatever is printed of it")
    func hiddenToken() {
        let request = SocketRequest.authorize(.text("a1-secret"))
        var dumped = ""
        dump(request, to: &dumped)
        #expect(!dumped.contains("secret"))
        #expect(!"\(request)".contains("secret"))
    }
}
