/// A view of one JSON-RPC 2.0 message: a request, a notification, or an answer.
///
/// Strict: the version must be `"2.0"`, members that the specification does not know are refused,
/// and an `id` is a string, an integer or `null`. It cannot outlive its text; see ``RPCIdentifier``
/// for what is kept.
package struct RPCMessage: ~Escapable {
    /// What a message is, by the members that it has.
    package enum Kind: Sendable {
        /// `method` and `id`: wants an answer.
        case request
        /// `method` without `id`: never answered.
        case notification
        /// `id` and `result`.
        case success
        /// `id` and `error`.
        case failure
    }

    /// What the message is.
    package let kind: Kind
    /// The `id`; absent in a notification only.
    package let id: JSONValue?
    /// The method's name in a request or notification.
    package let method: JSONValue?
    /// The parameters of a request or notification, an object or an array.
    package let params: JSONValue?
    /// The result of a success, or the error object of a failure.
    package let outcome: JSONValue?

    /// Reads the envelope of one message.
    ///
    /// - Parameters:
    ///   - value: The message, by itself or out of a batch.
    ///   - limits: The bounds.
    /// - Throws: What is wrong with the envelope; ``identifier(in:limits:)`` says which `id` the
    ///   answer to it carries.
    @_lifetime(copy value)
    package init(_ value: JSONValue, limits: RPCLimits) throws(RPCEnvelopeError) {
        guard value.kind == .object else { throw .notAnObject }
        var version: JSONValue?
        var id: JSONValue?
        var method: JSONValue?
        var params: JSONValue?
        var result: JSONValue?
        var error: JSONValue?
        var members = value.members
        while let member = members.next() {
            guard let name = member.key.unescapedBytes else { throw .unknownMember }
            if name.isEqual(to: "jsonrpc") {
                version = member.value
            } else if name.isEqual(to: "id") {
                id = member.value
            } else if name.isEqual(to: "method") {
                method = member.value
            } else if name.isEqual(to: "params") {
                params = member.value
            } else if name.isEqual(to: "result") {
                result = member.value
            } else if name.isEqual(to: "error") {
                error = member.value
            } else {
                throw .unknownMember
            }
        }
        guard let version, version.equals("2.0") else { throw .wrongVersion }
        if let id { try Self.check(identifier: id, limits: limits) }
        if let method {
            guard result == nil, error == nil else { throw .ambiguousMessage }
            try Self.check(method: method, limits: limits)
            if let params, params.kind != .object, params.kind != .array {
                throw .invalidParameters
            }
            kind = id == nil ? .notification : .request
            outcome = nil
        } else {
            guard id != nil, params == nil else { throw .ambiguousMessage }
            if let error {
                guard result == nil else { throw .ambiguousMessage }
                try Self.check(errorObject: error)
                kind = .failure
                outcome = error
            } else {
                guard result != nil else { throw .ambiguousMessage }
                kind = .success
                outcome = result
            }
        }
        self.id = id
        self.method = method
        self.params = params
    }

    /// The `id` that the answer to a faulty message carries: its own where that much could be
    /// read, else `null` (JSON-RPC 2.0 §5).
    ///
    /// - Parameters:
    ///   - value: A value that ``init(_:limits:)`` has refused.
    ///   - limits: The bounds.
    /// - Returns: The identifier, copied.
    package static func identifier(in value: JSONValue, limits: RPCLimits) -> RPCIdentifier {
        guard let id = value.member("id") else { return .null }
        do throws(RPCEnvelopeError) {
            try check(identifier: id, limits: limits)
            return RPCIdentifier(id)
        } catch {
            return .null
        }
    }

    private static func check(
        identifier: JSONValue, limits: RPCLimits
    ) throws(RPCEnvelopeError) {
        let isInteger = identifier.token.flags.contains(.isInteger)
        guard identifier.kind == .string || identifier.isNull || isInteger else {
            throw .invalidIdentifier
        }
        guard identifier.byteRange.count <= limits.identifierByteCountMax else {
            throw .identifierTooLong
        }
    }

    private static func check(method: JSONValue, limits: RPCLimits) throws(RPCEnvelopeError) {
        guard method.kind == .string else { throw .invalidMethod }
        guard method.byteRange.count - 2 <= limits.methodByteCountMax else {
            throw .methodTooLong
        }
    }

    private static func check(errorObject: JSONValue) throws(RPCEnvelopeError) {
        guard let code = errorObject.member("code"), code.int64 != nil,
            let message = errorObject.member("message"), message.kind == .string
        else { throw .invalidErrorObject }
    }
}
