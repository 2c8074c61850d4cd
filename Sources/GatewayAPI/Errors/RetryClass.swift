/// Whether and when it makes sense to send a refused request again.
public enum RetryClass: String, Sendable, CaseIterable {
    /// Not with the same content.
    case never
    /// After `retry_after_ms`, or after a pause that grows with each attempt.
    case later
    /// After getting a new token.
    case afterRefresh = "after_refresh"
    /// The request may have been carried out: ask for the state, or repeat with the same
    /// `idempotency_key`.
    case unknownOutcome = "unknown_outcome"
}
