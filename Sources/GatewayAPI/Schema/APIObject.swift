package import JSONRPC

/// An object of the contract: parameters, a result, a notification, or a part of one.
package protocol APIObject: FieldValue, Equatable where Rule == NoRule {
    /// What it is, in one sentence.
    static var schemaSummary: String { get }

    /// An object with the defaults of its fields, to be filled by a reader.
    init()

    /// Names each field once, in the order in which they are written.
    ///
    /// - Parameter coder: Reads, writes or describes the fields.
    /// - Throws: What the coder throws.
    mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure)
}

extension APIObject {
    /// The published schema, under the name of the type.
    package static var objectSchema: ObjectSchema {
        var collector = SchemaCollector()
        var object = Self()
        object.visitFields(with: &collector)
        return ObjectSchema(
            name: String(describing: Self.self), summary: schemaSummary, fields: collector.fields)
    }

    /// Reads the object.
    package static func read(
        _ value: JSONValue, rule: NoRule, mode: ReadingMode
    ) throws(ParameterError) -> Self {
        guard value.kind == .object else { throw ParameterError(.wrongType) }
        var object = Self()
        var reader = ObjectReader(value, mode: mode)
        try object.visitFields(with: &reader)
        try reader.finish()
        return object
    }

    /// Reads the object out of a message.
    ///
    /// - Parameters:
    ///   - value: A `params` or `result`; absent parameters are an object without fields.
    ///   - mode: What becomes of unknown fields.
    /// - Throws: Which field does not fit, and why.
    package init(_ value: JSONValue, mode: ReadingMode = .strict) throws(ParameterError) {
        self = try Self.read(value, rule: .any, mode: mode)
    }

    /// Reads the parameters of a request.
    ///
    /// - Parameter params: `params` by name; when absent, every required field is missing.
    /// - Throws: Which field does not fit, and why.
    package init(params: JSONValue?) throws(ParameterError) {
        if let params {
            guard params.kind == .object else { throw ParameterError(.notByName) }
            self = try Self.read(params, rule: .any, mode: .strict)
        } else {
            self.init()
            var reader = AbsentReader()
            try visitFields(with: &reader)
            if let error = reader.error { throw error }
        }
    }

    /// Writes the object with all that it holds.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        var copy = self
        copy.visitFields(with: &writer)
        writer.endObject()
    }

    /// The schema of a field of this type.
    package static func schema(rule: NoRule) -> ValueSchema { .object(objectSchema) }
}

/// Describes the fields of an object.
private struct SchemaCollector: FieldCoder {
    typealias Failure = Never
    var fields: [FieldSchema] = []

    mutating func required<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) {
        add(name, Value.schema(rule: rule), .required, summary())
    }

    mutating func optional<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value?, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) {
        add(name, Value.schema(rule: rule), .optional, summary())
    }

    mutating func nullable<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value?, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) {
        add(name, .nullable(Value.schema(rule: rule)), .required, summary())
    }

    mutating func defaulted<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) {
        var writer = JSONWriter()
        value.write(to: &writer)
        add(
            name, Value.schema(rule: rule), .defaulted(String(copying: writer.bytes)), summary())
    }

    private mutating func add(
        _ name: StaticString, _ value: ValueSchema, _ presence: FieldSchema.Presence,
        _ summary: String
    ) {
        fields.append(
            FieldSchema(
                name: "\(name)", value: value, presence: presence, summary: summary))
    }
}

/// Stands for parameters that were left out: whatever is required is missing.
private struct AbsentReader: FieldCoder {
    typealias Failure = ParameterError
    var error: ParameterError?

    mutating func required<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) throws(ParameterError) {
        error.add(ParameterError(.missing, field: "\(name)"))
    }

    mutating func optional<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value?, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) throws(ParameterError) {}

    mutating func nullable<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value?, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) throws(ParameterError) {
        error.add(ParameterError(.missing, field: "\(name)"))
    }

    mutating func defaulted<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) throws(ParameterError) {}
}
