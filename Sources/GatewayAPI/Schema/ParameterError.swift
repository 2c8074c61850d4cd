/// Which field of the parameters does not fit, and why.
public struct ParameterError: Error, Equatable, Sendable {
    /// Why a field does not fit. The raw value is stable.
    public enum Reason: String, Sendable, CaseIterable {
        /// The parameters are an array; the gateway takes them by name only.
        case notByName = "params_not_by_name"
        /// A field that must be there is missing.
        case missing = "missing_field"
        /// The method has no such field.
        case unknown = "unknown_field"
        /// A value of another type, `null` included.
        case wrongType = "wrong_type"
        /// A number, decimal or time outside its range.
        case outOfRange = "out_of_range"
        /// A text that is too short or too long.
        case wrongLength = "wrong_length"
        /// A text that does not have the form that its field asks for.
        case wrongFormat = "wrong_format"
        /// None of the words that the field knows.
        case unknownValue = "unknown_value"
        /// Too few or too many elements.
        case wrongCount = "wrong_count"
    }

    /// Why it does not fit.
    public let reason: Reason

    /// The path of the field, such as `config.allowed_markets[2]`; empty for the whole.
    ///
    /// An unknown field's name is cut to 64 characters.
    public private(set) var field: String

    init(_ reason: Reason, field: String = "") {
        self.reason = reason
        self.field = field
    }

    /// The same error seen from the object that holds the field `name`.
    func inside(_ name: StaticString) -> ParameterError {
        var error = self
        let joint = field.isEmpty || field.hasPrefix("[") ? "" : "."
        error.field = "\(name)\(joint)\(field)"
        return error
    }

    /// The same error seen from the array that holds the element at `index`.
    func inside(index: Int) -> ParameterError {
        var error = self
        error.field = "[\(index)]" + (field.isEmpty || field.hasPrefix("[") ? "" : ".") + field
        return error
    }
}
