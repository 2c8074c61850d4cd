import JSONRPC

extension ContractDocuments {
    /// One golden message per request, answer and notification, and some errors: compact, as they
    /// travel, with a line feed behind.
    static var exampleFiles: [File] {
        var files: [File] = []
        for description in GatewayMethod.descriptions {
            let name = description.method.rawValue
            files.append(example("\(name).request", requestMessage(description)))
            files.append(example("\(name).response", resultMessage(description)))
        }
        for notification in GatewayNotification.allCases {
            files.append(
                example(
                    "\(notification.rawValue).notification", notificationMessage(notification)))
        }
        for error in exampleErrors {
            files.append(example("\(error.code.entry.symbol).error", errorMessage(error)))
        }
        return files
    }

    /// A notification with its example parameters.
    static func notificationMessage(_ notification: GatewayNotification) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.raw(member: "jsonrpc", #""2.0""#)
        writer.member("method", notification.rawValue)
        writer.key("params")
        writer.raw(Array(notification.exampleParams.utf8))
        writer.endObject()
        return writer.byteArray
    }

    private static func requestMessage(_ description: MethodDescription) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginRequest(id: 1, method: description.method.rawValue)
        if description.exampleParams != "{}" {
            writer.key("params")
            writer.raw(Array(description.exampleParams.utf8))
        }
        writer.endMessage()
        return writer.byteArray
    }

    private static func resultMessage(_ description: MethodDescription) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginResult(id: RPCIdentifier(1))
        writer.raw(Array(description.exampleResult.utf8))
        writer.endMessage()
        return writer.byteArray
    }

    private static func errorMessage(_ error: GatewayError) -> [UInt8] {
        var writer = JSONWriter()
        let isUnread = error.code == .parseError
        error.writeAnswer(to: &writer, id: isUnread ? .null : RPCIdentifier(1))
        return writer.byteArray
    }

    /// One error of each shape of `data`.
    private static let exampleErrors = [
        GatewayError(.parseError, reason: JSONError.Reason.unexpectedEnd.rawValue),
        GatewayError(
            .invalidRequest, reason: RPCEnvelopeError.wrongVersion.rawValue),
        GatewayError(.methodNotFound),
        GatewayError(
            .invalidParams, reason: ParameterError.Reason.outOfRange.rawValue,
            field: "config.max_participants",
            fieldErrors: [
                FieldError(
                    field: "config.max_participants",
                    reason: ParameterError.Reason.outOfRange.rawValue),
                FieldError(
                    field: "config.allowed_markets",
                    reason: ParameterError.Reason.missing.rawValue),
            ]),
        GatewayError(.tokenExpired),
        GatewayError(.rateLimited, retryAfterMilliseconds: 1500),
        GatewayError(.invalidState, currentStatus: SessionStatus.completed.rawValue),
        GatewayError(.killSwitchEngaged, reason: "kill_switch_global"),
        GatewayError(.notFound, field: "session_id"),
    ]

    private static func example(_ name: String, _ message: [UInt8]) -> File {
        File(path: "examples/\(name).json", bytes: message + [UInt8(ascii: "\n")])
    }
}
