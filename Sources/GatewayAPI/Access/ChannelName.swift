import JSONRPC

/// The name of a subscribable stream.
public enum ChannelName: Sendable, Hashable {
    /// `ticks:<market>`: the quotes of one market.
    case ticks(market: String)
    /// `session:<id>`: what happens to one session, sums only.
    case session(id: String)
    /// `sessions`: sessions that come, change and end.
    case sessions
    /// `signals:<session id>`: the signals of one session.
    case signals(sessionID: String)
    /// `user:<id>`: what concerns one user alone.
    case user(id: String)
    /// `system`: what concerns everyone, such as a kill switch.
    case system

    /// Bytes of the longest name: the longest prefix, `signals:`, and an identifier of 64.
    public static let byteCountMax = 72

    /// The form that the published schemas give.
    package static let pattern =
        "^(ticks:[A-Za-z0-9_]{2,30}|(session|signals|user):[A-Za-z0-9_.-]{1,64}|sessions|system)$"

    /// Reads a name, or `nil` when it is none.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        // Safety: the span is used inside this call only, while the array is borrowed.
        unsafe self.init(utf8: bytes.span.bytes)
    }

    /// Reads a name, or `nil` when it is none.
    ///
    /// - Parameter bytes: The name, as it stands between the quotes of a string without escapes.
    package init?(utf8 bytes: RawSpan) {
        guard bytes.byteCount <= Self.byteCountMax else { return nil }
        if bytes.isEqual(to: "sessions") {
            self = .sessions
        } else if bytes.isEqual(to: "system") {
            self = .system
        } else if let market = Self.rest(of: bytes, behind: "ticks:", count: 2...30, ASCII.isWord) {
            self = .ticks(market: market)
        } else if let id = Self.identifier(in: bytes, behind: "session:") {
            self = .session(id: id)
        } else if let id = Self.identifier(in: bytes, behind: "signals:") {
            self = .signals(sessionID: id)
        } else if let id = Self.identifier(in: bytes, behind: "user:") {
            self = .user(id: id)
        } else {
            return nil
        }
    }

    /// The name as it is written.
    public var text: String {
        switch self {
        case .ticks(let market): "ticks:" + market
        case .session(let id): "session:" + id
        case .sessions: "sessions"
        case .signals(let sessionID): "signals:" + sessionID
        case .user(let id): "user:" + id
        case .system: "system"
        }
    }

    private static func identifier(in bytes: RawSpan, behind prefix: StaticString) -> String? {
        rest(of: bytes, behind: prefix, count: 1...64) {
            ASCII.isName($0) && $0 != UInt8(ascii: ":")
        }
    }

    private static func rest(
        of bytes: RawSpan, behind prefix: StaticString, count: ClosedRange<Int>,
        _ isAllowed: (UInt8) -> Bool
    ) -> String? {
        let prefixCount = prefix.utf8CodeUnitCount
        guard count.contains(bytes.byteCount - prefixCount),
            bytes.extracting(0..<prefixCount).isEqual(to: prefix)
        else { return nil }
        let rest = String(copying: bytes.extracting(prefixCount..<bytes.byteCount))
        return rest.utf8.allSatisfy(isAllowed) ? rest : nil
    }
}

/// What a kill switch stops.
public enum KillSwitchScope: Sendable, Hashable {
    /// `global`: everything.
    case global
    /// `session:<id>`: one session.
    case session(id: String)
    /// `user:<id>`: one user's participation.
    case user(id: String)
    /// `market:<symbol>`: signals for one market.
    case market(String)

    /// The form that the published schemas give.
    package static let pattern =
        "^(global|(session|user):[A-Za-z0-9_.-]{1,64}|market:[A-Za-z0-9_]{2,30})$"

    /// Reads a scope, or `nil` when it is none.
    public init?(_ text: String) {
        if text == "global" {
            self = .global
            return
        }
        if text.hasPrefix("market:") {
            let market = String(text.dropFirst(7))
            guard TextRule.market.fault(in: market) == nil else { return nil }
            self = .market(market)
            return
        }
        switch ChannelName(text) {
        case .session(let id): self = .session(id: id)
        case .user(let id): self = .user(id: id)
        default: return nil
        }
    }

    /// The scope as it is written.
    public var text: String {
        switch self {
        case .global: "global"
        case .session(let id): "session:" + id
        case .user(let id): "user:" + id
        case .market(let market): "market:" + market
        }
    }
}
