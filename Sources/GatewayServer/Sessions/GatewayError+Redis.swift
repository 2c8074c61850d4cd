import GatewayAPI
import JSONRPC
import Redis
import RedisProtocol

extension GatewayError {
    /// What a client is told when a command has no answer.
    ///
    /// `unavailable` and `overloaded` promise that nothing was changed; a step that may have been
    /// carried out is a `timeout`, whose retry class is `unknown_outcome`.
    init(_ error: RedisError) {
        switch error {
        case .unavailable: self.init(.unavailable, retryAfterMilliseconds: 1000)
        case .overloaded: self.init(.overloaded, retryAfterMilliseconds: 500)
        case .connectionLost, .timedOut:
            self.init(.timeout, reason: "unknown_outcome", retryAfterMilliseconds: 1000)
        case .refused(let reply):
            switch reply.code {
            case "OOM", "BUSY", "TRYAGAIN":
                self.init(
                    .overloaded, reason: "store_refused", retryAfterMilliseconds: 1000)
            case "LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "MISCONF", "NOREPLICAS",
                "NOAUTH", "NOPERM":
                self.init(
                    .unavailable, reason: "store_refused", retryAfterMilliseconds: 1000)
            default: self.init(.internalError, reason: "store_refused")
            }
        }
    }

    /// What a client is told when a session function refuses (Protocol/redis.md).
    ///
    /// - Parameters:
    ///   - symbol: the refusal's symbol.
    ///   - details: its JSON object.
    init(refusal symbol: String, _ details: JSONValue) {
        let rule = Self.rules[symbol] ?? RefusalRule(.internalError)
        let reason: String
        switch symbol {
        case "INVALID_REQUEST", "INVALID_CONFIG": reason = "wrong_format"
        // Which switch it is is what a client needs to know.
        case "KILL_SWITCH_ENGAGED":
            reason = details.member("scope")?.string ?? rule.code.entry.symbol
        default: reason = symbol.lowercased()
        }
        var code = rule.code
        let status = details.member("current_status")?.string
        if symbol == "WRONG_SIGNAL_STATUS", status == "EXPIRED" { code = .signalExpired }
        self.init(
            code, reason: reason, field: Self.refusedField(symbol, rule, details),
            fieldErrors: Self.fieldErrors(details),
            retryAfterMilliseconds: details.member("retry_after_ms")?.int64
                ?? rule.retryAfterMilliseconds, currentStatus: status)
    }

    /// The fields of a configuration that the functions do not take.
    private static func fieldErrors(_ details: JSONValue) -> [FieldError] {
        guard let list = details.member("errors") else { return [] }
        var errors: [FieldError] = []
        var elements = list.elements
        while let element = elements.next() {
            guard let name = element.member("field")?.string,
                let reason = element.member("reason")?.string
            else { continue }
            let field = name == "config" ? name : "config.\(name)"
            errors.append(FieldError(field: field, reason: reason))
        }
        return errors
    }

    private static func refusedField(
        _ symbol: String, _ rule: RefusalRule, _ details: JSONValue
    ) -> String? {
        let named = details.member("field")?.string
        switch symbol {
        case "INVALID_CONFIG", "TOO_MANY_PARTICIPANTS":
            return named.map { $0 == "config" ? $0 : "config.\($0)" }
        case "NOT_FOUND":
            for name in ["signal_id", "session_id", "scope"] where details.contains(name) {
                return name
            }
            return nil
        default: return named ?? rule.field
        }
    }

    private static let rules: [String: RefusalRule] = [
        "INVALID_REQUEST": RefusalRule(.invalidParams),
        "INVALID_CONFIG": RefusalRule(.invalidParams),
        "IDEMPOTENCY_CONFLICT": RefusalRule(.idempotencyConflict, field: "idempotency_key"),
        "NOT_FOUND": RefusalRule(.notFound),
        "VERSION_CONFLICT": RefusalRule(
            .versionConflict, field: "expected_version", retryAfterMilliseconds: 0),
        "WRONG_STATUS": RefusalRule(.invalidState),
        "KILL_SWITCH_ENGAGED": RefusalRule(.killSwitchEngaged),
        "TOO_MANY_SESSIONS": RefusalRule(.overloaded, retryAfterMilliseconds: 60_000),
        "TOO_MANY_PARTICIPANTS": RefusalRule(.invalidParams),
        "SESSION_FULL": RefusalRule(.sessionFull, retryAfterMilliseconds: 5000),
        "BALANCE_TOO_LOW": RefusalRule(.balanceTooLow),
        "PARTICIPANT_REMOVED": RefusalRule(.participantRemoved),
        "PARTICIPANT_STOPPED": RefusalRule(.participantStopped),
        "NOT_PARTICIPANT": RefusalRule(.notParticipant),
        "NO_ELIGIBLE_SESSION": RefusalRule(.noEligibleSession, retryAfterMilliseconds: 5000),
        "MARKET_NOT_ALLOWED": RefusalRule(.marketNotAllowed, field: "market"),
        "CONFIDENCE_TOO_LOW": RefusalRule(.confidenceTooLow, field: "confidence"),
        "TOO_MANY_REVOCATIONS": RefusalRule(.overloaded, retryAfterMilliseconds: 60_000),
        "RATE_LIMITED": RefusalRule(.rateLimited, retryAfterMilliseconds: 60_000),
        "QUEUE_FULL": RefusalRule(.overloaded, retryAfterMilliseconds: 1000),
        "WRONG_SIGNAL_STATUS": RefusalRule(.signalNotClaimed),
        "NOT_CLAIMANT": RefusalRule(.signalNotClaimed),
        "TRADE_CONFLICT": RefusalRule(.tradeConflict, field: "trade_id"),
        "SETTLED_TOO_LATE": RefusalRule(.invalidState),
        "AMOUNT_OUT_OF_RANGE": RefusalRule(.invalidParams, field: "pnl"),
        // Random ids do not meet, so a session that is there already is our own fault.
        "ALREADY_EXISTS": RefusalRule(.internalError),
        "DAMAGED": RefusalRule(.internalError),
    ]
}

/// What a refusal's symbol becomes.
private struct RefusalRule {
    let code: GatewayErrorCode
    /// The field to blame where the refusal names none.
    var field: String?
    var retryAfterMilliseconds: Int64?

    init(
        _ code: GatewayErrorCode, field: String? = nil, retryAfterMilliseconds: Int64? = nil
    ) {
        self.code = code
        self.field = field
        self.retryAfterMilliseconds = retryAfterMilliseconds
    }
}

extension JSONValue {
    /// Whether an object has a member of that name.
    fileprivate func contains(_ name: String) -> Bool {
        var members = members
        while let member = members.next() {
            if member.key.string == name { return true }
        }
        return false
    }
}
