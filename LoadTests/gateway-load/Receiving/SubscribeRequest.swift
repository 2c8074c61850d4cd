import JSONRPC

/// The request for channels.
enum SubscribeRequest {
    /// One `subscribe` with id 1.
    static func bytes(_ channels: [String], policy: String?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginRequest(id: 1, method: "subscribe")
        writer.key("params")
        writer.beginObject()
        writer.key("channels")
        writer.beginArray()
        for channel in channels {
            writer.beginObject()
            writer.member("channel", channel)
            if let policy { writer.member("policy", policy) }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        writer.endMessage()
        return writer.byteArray
    }
}

/// What became of the request for channels.
enum SubscribeAnswer {
    /// Each channel was taken.
    case taken
    /// The request or one of its channels was refused, with the first reason.
    case refused(String)
    /// The message is no answer.
    case malformed

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - bytes: the message.
    ///   - tape: for reading; its contents are replaced.
    init(_ bytes: RawSpan, tape: inout JSONTape) {
        do throws(JSONError) {
            try tape.read(bytes)
        } catch {
            self = .malformed
            return
        }
        let root = tape.root(in: bytes)
        if let error = root.member("error") {
            self = .refused(Self.text(of: error))
        } else if let channels = root.member("result")?.member("channels") {
            self = Self.firstRefusal(in: channels).map { .refused($0) } ?? .taken
        } else {
            self = .malformed
        }
    }

    private static func firstRefusal(in channels: JSONValue) -> String? {
        var elements = channels.elements
        while let element = elements.next() {
            guard let error = element.member("error"), !error.isNull else { continue }
            return "\(element.member("channel")?.string ?? "?"): \(text(of: error))"
        }
        return nil
    }

    private static func text(of error: JSONValue) -> String {
        let code = error.member("code")?.int64.map { "\($0) " } ?? ""
        return code + (error.member("message")?.string ?? "no message")
    }
}
