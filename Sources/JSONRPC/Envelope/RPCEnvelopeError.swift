/// Why a JSON value is not a JSON-RPC 2.0 message: always answered with code −32600.
package enum RPCEnvelopeError: String, Error, Sendable, CaseIterable {
    /// Neither an object nor, for the outermost value, an array.
    case notAnObject = "message_not_an_object"
    /// `[]`, which JSON-RPC 2.0 §6 refuses as a whole.
    case emptyBatch = "empty_batch"
    /// More messages than ``RPCLimits/batchCountMax``.
    case batchTooLarge = "batch_too_large"
    /// `jsonrpc` is missing or not exactly `"2.0"`.
    case wrongVersion = "wrong_version"
    /// `id` is neither a string, an integer nor `null`.
    case invalidIdentifier = "invalid_id"
    /// `id` is longer than ``RPCLimits/identifierByteCountMax``.
    case identifierTooLong = "id_too_long"
    /// `method` is not a string.
    case invalidMethod = "invalid_method"
    /// `method` is longer than ``RPCLimits/methodByteCountMax``.
    case methodTooLong = "method_too_long"
    /// `params` is neither an object nor an array.
    case invalidParameters = "params_not_structured"
    /// `error` is not an object with an integer `code` and a string `message`.
    case invalidErrorObject = "invalid_error_object"
    /// None or several of `method`, `result` and `error`, or members that do not go with them.
    case ambiguousMessage = "ambiguous_message"
    /// A member that JSON-RPC 2.0 does not know.
    case unknownMember = "unknown_member"
}

/// The codes that JSON-RPC 2.0 §5.1 reserves.
package enum RPCReservedCode {
    /// The text is not JSON.
    package static let parseError = -32700
    /// The JSON is not a message.
    package static let invalidRequest = -32600
    /// No such method.
    package static let methodNotFound = -32601
    /// The parameters do not fit the method.
    package static let invalidParameters = -32602
    /// The server failed.
    package static let internalError = -32603
}
