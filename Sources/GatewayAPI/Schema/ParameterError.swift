/// Which fields of the parameters do not fit, and why: one fault per field, all of them at once.
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
        /// An element that is there before.
        case repeated = "repeated_value"
        /// Too few or too many elements.
        case wrongCount = "wrong_count"
    }

    /// One field that does not fit.
    public struct Fault: Equatable, Sendable {
        /// Why it does not fit.
        public let reason: Reason
        /// The path of the field, such as `config.allowed_markets[2]`; empty for the whole.
        ///
        /// An unknown field's name is cut to 64 characters.
        public fileprivate(set) var field: String
    }

    /// Faults that one error names at most: more than any object of the contract has fields. It
    /// bounds the answer to a request that is made of unknown fields.
    package static let faultCountMax = 32

    /// Every field that does not fit, in the order of the contract, unknown ones last. Never
    /// empty.
    public private(set) var faults: [Fault]

    /// Why the first one does not fit.
    public var reason: Reason { faults[0].reason }

    /// The path of the first one.
    public var field: String { faults[0].field }

    init(_ reason: Reason, field: String = "") {
        faults = [Fault(reason: reason, field: field)]
    }

    /// Adds the faults of another field, as far as there is room.
    mutating func append(_ other: ParameterError) {
        faults += other.faults.prefix(max(0, Self.faultCountMax - faults.count))
    }

    /// The same error seen from the object that holds the field `name`.
    func inside(_ name: StaticString) -> ParameterError {
        inside("\(name)")
    }

    /// The same error seen from the array that holds the element at `index`.
    func inside(index: Int) -> ParameterError {
        inside("[\(index)]")
    }

    private func inside(_ prefix: String) -> ParameterError {
        var error = self
        for index in faults.indices {
            let field = faults[index].field
            let joint = field.isEmpty || field.hasPrefix("[") ? "" : "."
            error.faults[index].field = prefix + joint + field
        }
        return error
    }
}

extension ParameterError? {
    /// Notes one more error.
    mutating func add(_ error: ParameterError) {
        self?.append(error)
        if self == nil { self = error }
    }
}
