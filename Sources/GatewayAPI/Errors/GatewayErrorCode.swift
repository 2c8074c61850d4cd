/// Every error code of the gateway. The raw value is the JSON-RPC `code`.
///
/// Codes below −32000 are those of JSON-RPC 2.0 §5.1; the gateway's own begin at 1000. A code
/// never changes its meaning.
public enum GatewayErrorCode: Int, Sendable, CaseIterable {
    // JSON-RPC 2.0.
    case parseError = -32700
    case invalidRequest = -32600
    case methodNotFound = -32601
    case invalidParams = -32602
    case internalError = -32603

    // Who is asking.
    case unauthorized = 1000
    case tokenExpired = 1001
    case tokenRevoked = 1002
    case forbidden = 1003
    case blocked = 1004
    case originRefused = 1005
    case ticketInvalid = 1006
    case identityMismatch = 1007
    case signInRefused = 1008
    case brokerAccountTaken = 1009

    // How much is asked.
    case rateLimited = 1100
    case tooManyConnections = 1101
    case tooManySubscriptions = 1102
    case tooManyRequests = 1103
    case payloadTooLarge = 1104
    case batchTooLarge = 1105

    // Whether the gateway can serve.
    case unavailable = 1200
    case timeout = 1201
    case overloaded = 1202
    case draining = 1203

    // The connection before its first message.
    case malformedHandshake = 1300
    case unsupportedVersion = 1301

    // What is asked for.
    case notFound = 1400
    case unknownChannel = 1401
    case invalidState = 1402
    case versionConflict = 1403
    case idempotencyConflict = 1404
    case idempotencyInProgress = 1405
    case killSwitchEngaged = 1406

    // Sessions and participants.
    case sessionFull = 1500
    case balanceTooLow = 1501
    case participantRemoved = 1502
    case notParticipant = 1503
    case participantStopped = 1504

    // Signals and trades.
    case marketNotAllowed = 1600
    case confidenceTooLow = 1601
    case noEligibleSession = 1602
    case signalExpired = 1603
    case signalNotClaimed = 1604
    case tradeConflict = 1605

    /// What the catalog says of the code.
    public var entry: GatewayErrorEntry { GatewayErrorEntry(of: self) }
}

/// What the catalog says of one error code.
public struct GatewayErrorEntry: Sendable, Equatable {
    /// The stable name, such as `session_full`.
    public let symbol: String
    /// One sentence for a person.
    public let message: String
    /// Whether to repeat the request.
    public let retry: RetryClass
    /// What a client does about it.
    public let action: String
    /// The HTTP status of a refusal before the upgrade; `nil` for errors of messages only.
    public let httpStatus: Int?

    init(
        _ symbol: String, _ message: String, _ retry: RetryClass, _ action: String,
        http httpStatus: Int? = nil
    ) {
        self.symbol = symbol
        self.message = message
        self.retry = retry
        self.action = action
        self.httpStatus = httpStatus
    }
}
