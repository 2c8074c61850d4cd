/// The bearer token that a client signs in with. It has no text form: it cannot end up in a log.
public struct GatewayToken: Sendable, ExpressibleByStringLiteral, CustomStringConvertible,
    CustomDebugStringConvertible, CustomReflectable
{
    let provide: @Sendable () async throws -> String
    /// Whether asking again may give another token.
    let isRenewable: Bool

    /// The same token for each connection. It does not outlive its `exp`; for a client that
    /// reconnects for days use `init(providedBy:)`.
    public init(_ token: String) {
        provide = { token }
        isRenewable = false
    }

    /// The same token for each connection.
    public init(stringLiteral value: String) {
        self.init(value)
    }

    /// Asks for a token before each connection attempt, so that one which expired is replaced.
    ///
    /// - Parameter provide: answers a token that is valid now. What it throws ends the attempt.
    public init(providedBy provide: @escaping @Sendable () async throws -> String) {
        self.provide = provide
        isRenewable = true
    }

    /// Says that there is a token, never which.
    public var description: String { "GatewayToken(hidden)" }

    /// Says that there is a token, never which.
    public var debugDescription: String { description }

    /// Shows nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
