/// One field of a request that does not fit.
public struct FieldError: Sendable, Equatable, APIObject {
    /// The path of the field, such as `config.allowed_markets[2]`.
    public var field = ""
    /// Why it does not fit: one of `param_reasons` in errors.json.
    public var reason = ""

    /// What it is, in one sentence.
    package static let schemaSummary = "One field of a request that does not fit."

    /// An object with the defaults of its fields.
    package init() {}

    /// One field of a request that does not fit.
    ///
    /// - Parameters:
    ///   - field: The path of the field.
    ///   - reason: Why it does not fit.
    public init(field: String, reason: String) {
        self.field = field
        self.reason = reason
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "field", &field, .text(1...256),
            "The path of the field.")
        try coder.required(
            "reason", &reason, .text(1...256),
            "Why it does not fit: one of param_reasons in errors.json.")
    }
}
