import JSONRPC

/// A request as the stand-in got it. Tokens are kept beside the text, which shows `<not shown>`.
package struct StandInRequest: Sendable {
    /// The calls that are known, by the member that names them.
    package enum Call: String, Sendable, CaseIterable {
        case authorize, logout, ping, time, ticks, forget
        case activeSymbols = "active_symbols"
        case websiteStatus = "website_status"
        /// Anything else.
        case unknown
    }

    /// Which connection it came on, counted from 1.
    package let connection: Int
    /// What is asked for.
    package let call: Call
    /// The text of the call's own member: the symbol of `ticks`, the id of `forget`.
    package let argument: String?
    /// `req_id`, where there is one.
    package let requestID: Int64?
    /// Whether `subscribe` is 1.
    package let isSubscription: Bool
    /// The token of `authorize`.
    let token: String?
    /// The request as Deriv echoes it.
    let echo: [UInt8]

    /// Reads a request; nil where it is no JSON object.
    init?(_ text: String, connection: Int) {
        var tape = JSONTape()
        let bytes = Array(text.utf8)
        // Safety: the array lives as long as the views into it.
        let span = unsafe bytes.span.bytes
        guard (try? tape.read(span)) != nil else { return nil }
        let root = tape.root(in: span)
        guard root.kind == .object else { return nil }
        var call = Call.unknown
        var argument: String?
        var echo = JSONWriter()
        echo.beginObject()
        var members = root.members
        while let member = members.next() {
            let name = member.key.string ?? ""
            echo.key(name)
            if let known = Call(rawValue: name), known != .unknown {
                call = known
                argument = member.value.string ?? member.value.numberText
            }
            if name == "authorize" {
                echo.string("<not shown>")
            } else {
                echo.raw(member.value.rawBytes)
            }
        }
        echo.endObject()
        self.connection = connection
        self.call = call
        token = call == .authorize ? argument : nil
        self.argument = call == .authorize ? nil : argument
        requestID = root.member("req_id")?.int64
        isSubscription = root.member("subscribe")?.int64 == 1
        self.echo = echo.byteArray
    }
}

/// What the stand-in does instead of answering as documented.
package enum StandInReaction: Sendable {
    /// Nothing: the request has no answer.
    case silence
    /// Answers as documented, but later.
    case delayed(Duration)
    /// An error of Deriv.
    case error(code: String, message: String)
    /// This text instead of an answer, whatever it is.
    case text(String)
    /// Ends the link without a Close frame.
    case drop
}
