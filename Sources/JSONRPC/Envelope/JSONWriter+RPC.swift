extension JSONWriter {
    /// Opens the answer to a request: `{"jsonrpc":"2.0","id":…,"result":`, its result to follow.
    ///
    /// - Parameter id: The request's `id` as it stands in its text.
    package mutating func beginResult(id: RawSpan) {
        beginAnswer(id: id)
        key("result")
    }

    /// Opens the answer to a request whose text is gone.
    ///
    /// - Parameter id: The request's `id`.
    package mutating func beginResult(id: RPCIdentifier) {
        beginAnswer(id: id)
        key("result")
    }

    /// Opens an error answer up to the members of its `data`.
    ///
    /// - Parameters:
    ///   - id: The request's `id` as it stands in its text.
    ///   - code: The error's code.
    ///   - message: One sentence.
    package mutating func beginError(id: RawSpan, code: Int, message: String) {
        beginAnswer(id: id)
        beginErrorObject(code: code, message: message)
    }

    /// Opens an error answer, to a request whose text is gone, up to the members of its `data`.
    ///
    /// - Parameters:
    ///   - id: The request's `id`, or ``RPCIdentifier/null``.
    ///   - code: The error's code.
    ///   - message: One sentence.
    package mutating func beginError(id: RPCIdentifier, code: Int, message: String) {
        beginAnswer(id: id)
        beginErrorObject(code: code, message: message)
    }

    /// Closes what `beginError` opened.
    package mutating func endError() {
        endObject()
        endObject()
        endObject()
    }

    /// Opens a request: its parameters, one value, may follow.
    ///
    /// - Parameters:
    ///   - id: The number by which its answer is found.
    ///   - method: The method's name.
    package mutating func beginRequest(id: Int64, method: String) {
        beginMessage()
        member("id", id)
        member("method", method)
    }

    /// Opens a notification up to its parameters, one object to follow.
    ///
    /// - Parameter method: The notification's name, printable ASCII.
    package mutating func beginNotification(method: StaticString) {
        beginMessage()
        key("method")
        string(method)
        key("params")
    }

    /// Closes an answer, request or notification.
    package mutating func endMessage() { endObject() }

    private mutating func beginMessage() {
        beginObject()
        key("jsonrpc")
        raw("\"2.0\"")
    }

    private mutating func beginAnswer(id: RawSpan) {
        beginMessage()
        key("id")
        raw(id)
    }

    private mutating func beginAnswer(id: RPCIdentifier) {
        beginMessage()
        key("id")
        id.write(to: &self)
    }

    private mutating func beginErrorObject(code: Int, message: String) {
        key("error")
        beginObject()
        member("code", code)
        member("message", message)
        key("data")
        beginObject()
    }
}
