import JSONRPC

/// Writes what Deriv answers, in the words of either generation.
struct StandInReplies {
    /// `legacy` echoes each request; `options` need not.
    let generation: DerivStandIn.Generation

    /// The reply to a request: `body` writes its own members.
    func reply(
        to request: StandInRequest, as messageType: String,
        _ body: (inout JSONWriter) -> Void
    ) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        if generation == .legacy {
            writer.key("echo_req")
            writer.raw(request.echo)
        }
        body(&writer)
        writer.member("msg_type", messageType)
        if let id = request.requestID { writer.member("req_id", id) }
        writer.endObject()
        return String(copying: writer.bytes)
    }

    func error(_ code: String, _ message: String, to request: StandInRequest) -> String {
        reply(to: request, as: request.call == .unknown ? "error" : request.call.rawValue) {
            $0.key("error")
            $0.beginObject()
            $0.member("code", code)
            $0.member("message", message)
            $0.endObject()
        }
    }

    func authorize(_ account: StandInAccount, to request: StandInRequest) -> String {
        reply(to: request, as: "authorize") { writer in
            writer.key("authorize")
            writer.beginObject()
            writer.key("account_list")
            writer.beginArray()
            for entry in account.accounts { write(entry, to: &writer) }
            writer.endArray()
            let current = account.current
            writer.key("balance")
            writer.raw("10000.00")
            writer.member("country", "id")
            writer.member("currency", current.currency)
            writer.member("email", account.email)
            writer.member("fullname", " ")
            writer.member("is_virtual", current.isVirtual ? 1 : 0)
            writer.member("landing_company_name", current.isVirtual ? "virtual" : "svg")
            writer.key("linked_to")
            writer.raw("[]")
            writer.key("local_currencies")
            writer.raw(#"{"IDR":{"fractional_digits":2}}"#)
            writer.member("loginid", account.loginID)
            writer.member("preferred_language", "EN")
            writer.key("scopes")
            writer.beginArray()
            for scope in account.scopes { writer.string(scope) }
            writer.endArray()
            writer.member("user_id", account.userID)
            writer.endObject()
        }
    }

    private func write(_ entry: StandInAccount.Entry, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("account_category", "trading")
        writer.member("account_type", entry.isVirtual ? "demo" : "standard")
        writer.member("created_at", 1_600_000_000)
        writer.member("currency", entry.currency)
        writer.member("currency_type", "fiat")
        writer.member("is_disabled", entry.isDisabled ? 1 : 0)
        writer.member("is_virtual", entry.isVirtual ? 1 : 0)
        writer.member("landing_company_name", entry.isVirtual ? "virtual" : "svg")
        writer.key("linked_to")
        writer.raw("[]")
        writer.member("loginid", entry.loginID)
        writer.endObject()
    }

    func activeSymbols(_ symbols: [StandInSymbol], to request: StandInRequest) -> String {
        reply(to: request, as: "active_symbols") { writer in
            writer.key("active_symbols")
            writer.beginArray()
            for symbol in symbols {
                writer.beginObject()
                if generation == .legacy {
                    writer.member("symbol", symbol.symbol)
                    writer.member("display_name", symbol.displayName)
                    writer.key("pip")
                } else {
                    writer.member("underlying_symbol", symbol.symbol)
                    writer.member("underlying_symbol_name", symbol.displayName)
                    writer.key("pip_size")
                }
                writer.raw(Array(symbol.pipText.utf8))
                writer.member("market", "synthetic_index")
                writer.member("submarket", "random_index")
                writer.member("exchange_is_open", symbol.isOpen ? 1 : 0)
                writer.member("is_trading_suspended", 0)
                writer.endObject()
            }
            writer.endArray()
        }
    }

    /// A tick of a subscription.
    func tick(
        _ tick: StandInTick, of symbol: StandInSymbol, subscription: String?,
        to request: StandInRequest
    ) -> String {
        reply(to: request, as: "tick") { writer in
            if let subscription {
                writer.key("subscription")
                writer.beginObject()
                writer.member("id", subscription)
                writer.endObject()
            }
            writer.key("tick")
            writer.beginObject()
            if let ask = tick.ask {
                writer.key("ask")
                writer.raw(Array(ask.utf8))
            }
            if let bid = tick.bid {
                writer.key("bid")
                writer.raw(Array(bid.utf8))
            }
            writer.member("epoch", tick.epochSeconds)
            if let subscription { writer.member("id", subscription) }
            // The count of decimals, in the words of the first generation; optional in the other.
            if generation == .legacy { writer.member("pip_size", symbol.decimalCount) }
            writer.key("quote")
            writer.raw(Array(tick.quote.utf8))
            writer.member("symbol", symbol.symbol)
            writer.endObject()
        }
    }

    /// `site_status` to a subscriber of `website_status`.
    func websiteStatus(_ status: String, to request: StandInRequest) -> String {
        reply(to: request, as: "website_status") { writer in
            writer.key("website_status")
            writer.beginObject()
            writer.member("site_status", status)
            writer.member("message", "")
            writer.endObject()
        }
    }
}

/// One price: the texts are JSON numbers, sent as they are.
package struct StandInTick: Sendable {
    /// The price.
    package var quote: String
    /// Its time in seconds since the Unix epoch.
    package var epochSeconds: Int64
    /// The price to buy at.
    package var ask: String?
    /// The price to sell at.
    package var bid: String?

    /// A price from its parts.
    package init(_ quote: String, at epochSeconds: Int64, ask: String? = nil, bid: String? = nil) {
        self.quote = quote
        self.epochSeconds = epochSeconds
        self.ask = ask
        self.bid = bid
    }
}
