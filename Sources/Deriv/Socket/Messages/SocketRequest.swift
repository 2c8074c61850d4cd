import JSONRPC
package import Security

/// What can be asked on Deriv's socket.
package enum SocketRequest: Sendable {
    /// Signs the socket in; first generation.
    case authorize(SecretBytes)
    /// Ends the token that the socket is signed in with; first generation.
    case logout
    /// Shows that the link is alive.
    case ping
    /// Deriv's clock.
    case time
    /// A market's ticks from now on.
    case ticks(market: String)
    /// Ends a subscription.
    case forget(subscription: String)
    /// All markets.
    case activeSymbols
    /// Deriv's state, now and when it changes; first generation.
    case websiteStatus

    /// Deriv's name of the call.
    package var name: String {
        switch self {
        case .authorize: "authorize"
        case .logout: "logout"
        case .ping: "ping"
        case .time: "time"
        case .ticks: "ticks"
        case .forget: "forget"
        case .activeSymbols: "active_symbols"
        case .websiteStatus: "website_status"
        }
    }

    /// Whether a generation has the call.
    package func isSpoken(by generation: SocketGeneration) -> Bool {
        switch self {
        case .authorize, .logout, .websiteStatus: generation == .legacy
        case .ping, .time, .ticks, .forget, .activeSymbols: true
        }
    }

    /// Whether a text can be a token: `^[\w\-]{1,128}$`.
    package static func isToken(_ token: SecretBytes) -> Bool {
        (1...SocketLimits.nameCharacterCountMax).contains(token.byteCount)
            && token.withSpan { bytes in
                var isWord = true
                for index in bytes.indices { isWord = isWord && isWordByte(bytes[index]) }
                return isWord
            }
    }

    static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// The message, in memory that is cleansed: it may hold a token.
    ///
    /// - Parameter id: its `req_id`, which the answer repeats.
    /// - Returns: one JSON object.
    package func encoded(id: Int64) -> SecretBytes {
        if case .authorize(let token) = self { return Self.authorize(token, id: id) }
        var writer = JSONWriter()
        writer.beginObject()
        switch self {
        case .ticks(let market):
            writer.member("ticks", market)
            writer.member("subscribe", 1)
        case .forget(let subscription): writer.member("forget", subscription)
        case .activeSymbols: writer.member("active_symbols", "brief")
        case .websiteStatus:
            writer.member("website_status", 1)
            writer.member("subscribe", 1)
        case .logout, .ping, .time, .authorize:
            writer.key(name)
            writer.integer(1)
        }
        writer.member("req_id", id)
        writer.endObject()
        return SecretBytes(copying: writer.byteArray.span)
    }

    /// A token needs no escapes, so it goes from one secret straight into another.
    private static func authorize(_ token: SecretBytes, id: Int64) -> SecretBytes {
        let head = Array(#"{"authorize":""#.utf8)
        let tail = Array(#"","req_id":\#(id)}"#.utf8)
        return SecretBytes(capacity: head.count + token.byteCount + tail.count) { output in
            for byte in head { output.append(byte) }
            token.withSpan { bytes in
                for index in bytes.indices { output.append(bytes[index]) }
            }
            for byte in tail { output.append(byte) }
        }
    }
}
