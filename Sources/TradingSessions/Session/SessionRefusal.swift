/// Why a step was refused. A refused step changes nothing and emits nothing.
package enum SessionRefusal: Error, Equatable, Sendable {
    /// The session's status does not allow the step.
    case wrongStatus(SessionStatus)
    /// The step would change nothing, such as a second report of the same lost feed.
    case unchanged(SessionStatus)
    /// The caller had seen another version.
    case versionConflict(expected: Int64, current: Int64)
    /// A kill switch forbids the step.
    case killSwitchEngaged(KillScope)
    /// There is no such session, signal or kill switch.
    case notFound
    /// The time of the step has not come.
    case notDue(SessionStatus)
    /// As many participants as the configuration allows take part already.
    case sessionFull(SessionStatus)
    /// The broker account holds less than the configuration asks for.
    case balanceTooLow(SessionStatus)
    /// An admin removed this user; removed users may not rejoin.
    case participantRemoved
    /// Stop loss or take profit ended this user's participation.
    case participantStopped
    /// The user does not take part.
    case notParticipant
    /// The configuration would allow fewer participants than take part already.
    case tooManyParticipants(count: Int)
    /// The market is not one of the session's.
    case marketNotAllowed
    /// The confidence is below the session's effective minimum.
    case confidenceTooLow
    /// No session takes this signal.
    case noEligibleSession
    /// The queue, or the session's share of it, is full.
    case queueFull
    /// The signal's status does not allow the step.
    case wrongSignalStatus(SignalStatus)
    /// Another claimant holds the signal.
    case notClaimant
    /// The trade was reported before with other contents.
    case tradeConflict
    /// The session ended too long ago.
    case settledTooLate
    /// A sum would leave the range of decimals.
    case amountOutOfRange
    /// There are as many open sessions as the service allows.
    case tooManySessions

    /// The stable symbol, the same as in the replies of the Redis functions.
    package var symbol: String {
        switch self {
        case .wrongStatus: "WRONG_STATUS"
        case .unchanged: "UNCHANGED"
        case .versionConflict: "VERSION_CONFLICT"
        case .killSwitchEngaged: "KILL_SWITCH_ENGAGED"
        case .notFound: "NOT_FOUND"
        case .notDue: "NOT_DUE"
        case .sessionFull: "SESSION_FULL"
        case .balanceTooLow: "BALANCE_TOO_LOW"
        case .participantRemoved: "PARTICIPANT_REMOVED"
        case .participantStopped: "PARTICIPANT_STOPPED"
        case .notParticipant: "NOT_PARTICIPANT"
        case .tooManyParticipants: "TOO_MANY_PARTICIPANTS"
        case .marketNotAllowed: "MARKET_NOT_ALLOWED"
        case .confidenceTooLow: "CONFIDENCE_TOO_LOW"
        case .noEligibleSession: "NO_ELIGIBLE_SESSION"
        case .queueFull: "QUEUE_FULL"
        case .wrongSignalStatus: "WRONG_SIGNAL_STATUS"
        case .notClaimant: "NOT_CLAIMANT"
        case .tradeConflict: "TRADE_CONFLICT"
        case .settledTooLate: "SETTLED_TOO_LATE"
        case .amountOutOfRange: "AMOUNT_OUT_OF_RANGE"
        case .tooManySessions: "TOO_MANY_SESSIONS"
        }
    }

    /// The status that the refusal names, where it names one.
    package var currentStatus: String? {
        switch self {
        case .wrongStatus(let status), .unchanged(let status), .notDue(let status),
            .sessionFull(let status), .balanceTooLow(let status):
            status.rawValue
        case .wrongSignalStatus(let status): status.rawValue
        default: nil
        }
    }
}
