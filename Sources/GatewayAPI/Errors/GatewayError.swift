package import JSONRPC

/// An error as it travels: a code of the catalog and what is particular to this case.
public struct GatewayError: Error, Sendable, Equatable {
    /// The code.
    public let code: GatewayErrorCode
    /// The detail for programs, stable and in snake_case; the code's symbol when there is none.
    public let reason: String
    /// The path of the field that is to blame.
    public let field: String?
    /// Every field of the parameters that does not fit, the first one included; empty where the
    /// error is not about fields.
    public let fieldErrors: [FieldError]
    /// Milliseconds after which a repetition makes sense.
    public let retryAfterMilliseconds: Int64?
    /// The status of the session that does not allow what was asked.
    public let currentStatus: String?

    /// An error.
    ///
    /// - Parameters:
    ///   - code: The code.
    ///   - reason: The detail for programs, in snake_case; the code's symbol when left out.
    ///   - field: The path of the field that is to blame.
    ///   - fieldErrors: Every field that does not fit.
    ///   - retryAfterMilliseconds: Milliseconds after which a repetition makes sense.
    ///   - currentStatus: The status of the session that does not allow what was asked.
    public init(
        _ code: GatewayErrorCode, reason: String? = nil, field: String? = nil,
        fieldErrors: [FieldError] = [],
        retryAfterMilliseconds: Int64? = nil, currentStatus: String? = nil
    ) {
        self.code = code
        self.reason = reason ?? code.entry.symbol
        self.field = field
        self.fieldErrors = fieldErrors
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.currentStatus = currentStatus
    }

    /// The error of parameters that do not fit.
    public init(_ error: ParameterError) {
        self.init(
            .invalidParams, reason: error.reason.rawValue,
            field: error.field.isEmpty ? nil : error.field,
            fieldErrors: error.faults.filter { !$0.field.isEmpty }.map {
                FieldError(field: $0.field, reason: $0.reason.rawValue)
            })
    }

    /// The error of a text that is not JSON or goes beyond a limit.
    package init(_ error: JSONError) {
        self.init(
            error.isLimit ? .payloadTooLarge : .parseError, reason: error.reason.rawValue)
    }

    /// The error of a JSON value that is no message.
    package init(_ error: RPCEnvelopeError) {
        self.init(
            error == .batchTooLarge ? .batchTooLarge : .invalidRequest, reason: error.rawValue)
    }

    /// Writes the whole error answer.
    ///
    /// - Parameters:
    ///   - writer: Where to.
    ///   - id: The request's `id` as it stands in its text.
    package func writeAnswer(to writer: inout JSONWriter, id: RawSpan) {
        writer.beginError(id: id, code: code.rawValue, message: code.entry.message)
        writeData(to: &writer)
        writer.endError()
    }

    /// Writes the whole error answer to a request whose text is gone.
    ///
    /// - Parameters:
    ///   - writer: Where to.
    ///   - id: The request's `id`, or ``RPCIdentifier/null``.
    package func writeAnswer(to writer: inout JSONWriter, id: RPCIdentifier) {
        writer.beginError(id: id, code: code.rawValue, message: code.entry.message)
        writeData(to: &writer)
        writer.endError()
    }

    /// Writes the error object by itself: `{"code":…,"message":…,"data":{…}}`, as it stands in the
    /// body of a refused handshake and per channel in the answer to `subscribe`.
    package func writeObject(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("code", code.rawValue)
        writer.member("message", code.entry.message)
        writer.key("data")
        writer.beginObject()
        writeData(to: &writer)
        writer.endObject()
        writer.endObject()
    }

    private func writeData(to writer: inout JSONWriter) {
        writer.member("reason", reason)
        if let field { writer.member("field", field) }
        if !fieldErrors.isEmpty {
            writer.key("errors")
            fieldErrors.write(to: &writer)
        }
        if let retryAfterMilliseconds { writer.member("retry_after_ms", retryAfterMilliseconds) }
        if let currentStatus { writer.member("current_status", currentStatus) }
    }

    /// Reads an error object, for the client; `nil` for a code that this version does not know.
    ///
    /// - Parameter value: `{"code":…,"message":…,"data":{…}}`.
    package init?(_ value: JSONValue) {
        guard let number = value.member("code")?.int64,
            let code = GatewayErrorCode(rawValue: Int(number))
        else { return nil }
        let data = value.member("data")
        self.init(
            code, reason: data?.member("reason")?.string, field: data?.member("field")?.string,
            fieldErrors: Self.fieldErrors(data),
            retryAfterMilliseconds: data?.member("retry_after_ms")?.int64,
            currentStatus: data?.member("current_status")?.string)
    }

    /// A list of another form is passed over, as any unknown member.
    private static func fieldErrors(_ data: JSONValue?) -> [FieldError] {
        guard let value = data?.member("errors") else { return [] }
        do throws(ParameterError) {
            return try [FieldError].read(
                value, rule: .list(0...ParameterError.faultCountMax, of: .any), mode: .tolerant)
        } catch {
            return []
        }
    }
}

extension GatewayError: FieldValue {
    /// Reads an error object.
    package static func read(
        _ value: JSONValue, rule: NoRule, mode: ReadingMode
    ) throws(ParameterError) -> GatewayError {
        guard let error = GatewayError(value) else { throw ParameterError(.unknownValue) }
        return error
    }

    /// Writes the error object.
    package func write(to writer: inout JSONWriter) { writeObject(to: &writer) }

    /// The schema of an error object.
    package static func schema(rule: NoRule) -> ValueSchema { .object(objectSchema) }

    /// The schema of an error object, the one object that is not read by its field list, because
    /// its `data` may hold more with each version.
    package static var objectSchema: ObjectSchema {
        let text = ValueSchema.text(min: 1, max: 256, pattern: nil)
        let data = ObjectSchema(
            name: "ErrorData", summary: "What is particular to one error.",
            fields: [
                FieldSchema(
                    name: "reason", value: text, presence: .required,
                    summary: "The detail for programs, stable and in snake_case."),
                FieldSchema(
                    name: "field", value: text, presence: .optional,
                    summary: "The path of the field that is to blame."),
                FieldSchema(
                    name: "errors",
                    value: .list(
                        .object(FieldError.objectSchema), min: 1,
                        max: ParameterError.faultCountMax),
                    presence: .optional,
                    summary: "Every field that does not fit, the first one included."),
                FieldSchema(
                    name: "retry_after_ms", value: .integer(min: 0, max: Int64(Int32.max)),
                    presence: .optional,
                    summary: "Milliseconds after which a repetition makes sense."),
                FieldSchema(
                    name: "current_status", value: text, presence: .optional,
                    summary: "The status of the session that does not allow what was asked."),
            ])
        return ObjectSchema(
            name: "Error", summary: "An error of the catalog in errors.json.",
            fields: [
                FieldSchema(
                    name: "code", value: .integer(min: -32768, max: 9999), presence: .required,
                    summary: "The code."),
                FieldSchema(
                    name: "message", value: text, presence: .required,
                    summary: "One sentence for a person."),
                FieldSchema(
                    name: "data", value: .object(data), presence: .required,
                    summary: "What is particular to this case."),
            ])
    }
}
