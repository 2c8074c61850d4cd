import JSONRPC
import TickFeed

/// What Deriv's answer to a request holds.
package enum SocketReply: Sendable, Equatable {
    /// Who the socket is signed in as.
    case authorize(AuthorizeReply)
    /// The token has ended.
    case logout
    /// Deriv is there.
    case pong
    /// Deriv's clock, in seconds since the Unix epoch.
    case time(epochSeconds: Int64)
    /// Whether there was such a subscription.
    case forget(wasThere: Bool)
    /// All markets.
    case activeSymbols([ActiveSymbol])
    /// Deriv's state.
    case websiteStatus(SiteStatus)
}

/// Deriv's state; the set is open.
package struct SiteStatus: RawRepresentable, Sendable, Hashable {
    /// The state's name as sent.
    package let rawValue: String

    /// A name.
    package init(rawValue: String) { self.rawValue = rawValue }

    /// All is well.
    package static let up = SiteStatus(rawValue: "up")
    /// Out of order.
    package static let down = SiteStatus(rawValue: "down")
    /// About to be restarted: sockets are dropped a minute later.
    package static let updating = SiteStatus(rawValue: "updating")
}

/// A message of Deriv's socket, read.
struct SocketMessage {
    /// What a message says.
    enum Content {
        /// An answer, or a change of what was asked for before.
        case reply(SocketReply)
        /// A tick; an answer too where the message repeats a request's id.
        case tick(Tick)
        /// A request failed.
        case error(DerivError)
        /// A known message without what it has to have.
        case malformed
        /// A message of a kind that is not asked for here.
        case unknown
    }

    /// The `req_id` of the request that it answers, or that began its subscription.
    let requestID: Int64?
    /// The id of its subscription.
    let subscription: String?
    let content: Content

    /// Reads a message; nil where it is no JSON object.
    init?(_ root: JSONValue, generation: SocketGeneration) {
        guard root.kind == .object else { return nil }
        requestID = root.member("req_id")?.int64
        subscription = Self.subscription(of: root)
        content = Self.content(of: root, generation: generation)
    }

    private static func content(of root: JSONValue, generation: SocketGeneration) -> Content {
        if let error = root.member("error") { return .error(DerivError(error)) }
        guard let type = root.member("msg_type")?.string else { return .malformed }
        switch type {
        case "tick":
            guard let value = root.member("tick"), let tick = tick(of: value) else {
                return .malformed
            }
            return .tick(tick)
        case "ping": return .reply(.pong)
        case "logout": return .reply(.logout)
        case "authorize":
            guard let value = root.member("authorize"), let reply = AuthorizeReply(value) else {
                return .malformed
            }
            return .reply(.authorize(reply))
        case "time":
            guard let seconds = root.member("time")?.int64, seconds > 0 else { return .malformed }
            return .reply(.time(epochSeconds: seconds))
        case "forget":
            guard let flag = root.member("forget")?.int64 else { return .malformed }
            return .reply(.forget(wasThere: flag == 1))
        case "active_symbols":
            guard let list = root.member("active_symbols"), list.kind == .array else {
                return .malformed
            }
            return .reply(.activeSymbols(symbols(of: list, generation: generation)))
        case "website_status":
            guard let text = root.member("website_status")?.member("site_status")?.string else {
                return .malformed
            }
            return .reply(.websiteStatus(SiteStatus(rawValue: text)))
        default: return .unknown
        }
    }

    private static func subscription(of root: JSONValue) -> String? {
        guard let id = root.member("subscription")?.member("id")?.string,
            (1...SocketLimits.nameCharacterCountMax).contains(id.utf8.count),
            id.utf8.allSatisfy(SocketRequest.isWordByte)
        else { return nil }
        return id
    }

    private static func symbols(
        of list: JSONValue, generation: SocketGeneration
    ) -> [ActiveSymbol] {
        var symbols: [ActiveSymbol] = []
        var elements = list.elements
        while let element = elements.next(), symbols.count < SocketLimits.symbolCountMax {
            if let symbol = ActiveSymbol(element, generation: generation) { symbols.append(symbol) }
        }
        return symbols
    }

    private static func tick(of value: JSONValue) -> Tick? {
        guard let symbol = value.member("symbol")?.string,
            let seconds = value.member("epoch")?.int64, seconds > 0, seconds < 1 << 40,
            let number = value.member("quote")?.numberText
        else { return nil }
        let decimalCount = decimalCount(of: value.member("pip_size"))
        func text(_ number: String?) -> String? {
            number.flatMap { QuoteText.text(of: $0, decimalCount: decimalCount) }
        }
        guard let quote = text(number) else { return nil }
        return try? Tick(
            market: symbol, quote: quote, epochMilliseconds: seconds * 1000,
            bid: text(value.member("bid")?.numberText), ask: text(value.member("ask")?.numberText),
            pipSize: decimalCount)
    }

    /// `pip_size` of a tick is a number of decimals; a fraction is the smallest step instead, as
    /// the current generation has it elsewhere.
    private static func decimalCount(of value: JSONValue?) -> Int? {
        guard let value else { return nil }
        let count =
            value.isWrittenAsInteger
            ? value.int64.flatMap { Int(exactly: $0) }
            : value.numberText.flatMap(ActiveSymbol.decimalCount(ofStep:))
        return count.flatMap { (0...TickLimits.pipSizeMax).contains($0) ? $0 : nil }
    }
}

extension DerivError {
    /// Reads the member `error`.
    init(_ value: JSONValue) {
        let name = value.member("code")?.string ?? ""
        code = Code(rawValue: String(name.prefix(SocketLimits.nameCharacterCountMax)))
        let text = value.member("message")?.string ?? ""
        message = String(text.prefix(SocketLimits.errorTextCharacterCountMax))
    }
}
