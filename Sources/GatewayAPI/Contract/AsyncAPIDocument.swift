import JSONRPC

extension ContractDocuments {
    /// The AsyncAPI 3.0 document, compact: what the server sends unasked, and on which channels.
    package static var asyncAPI: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("asyncapi", "3.0.0" as String)
        writer.key("info")
        writer.beginObject()
        writer.member("title", title)
        writer.member("version", version)
        writer.member(
            "description",
            "What the server sends unasked over one WebSocket, as JSON-RPC 2.0 notifications. The "
                + "requests of clients are in openrpc.json.")
        writer.endObject()
        writeServer(to: &writer)
        writeConnection(to: &writer)
        writeOperation(to: &writer)
        writeMessages(to: &writer)
        writeStreams(to: &writer)
        writer.endObject()
        return writer.byteArray
    }

    private static func writeServer(to writer: inout JSONWriter) {
        writer.key("servers")
        writer.beginObject()
        writer.key("gateway")
        writer.beginObject()
        writer.member("host", "localhost" as String)
        writer.member("pathname", "/v1" as String)
        writer.member("protocol", "wss" as String)
        writer.endObject()
        writer.endObject()
    }

    private static func writeConnection(to writer: inout JSONWriter) {
        writer.key("channels")
        writer.beginObject()
        writer.key("connection")
        writer.beginObject()
        writer.member("address", "/v1" as String)
        writer.member("description", "One WebSocket connection." as String)
        writer.key("messages")
        writer.beginObject()
        for notification in GatewayNotification.allCases {
            writer.key(notification.rawValue)
            writer.beginObject()
            writer.member("$ref", "#/components/messages/" + notification.rawValue)
            writer.endObject()
        }
        writer.endObject()
        writer.endObject()
        writer.endObject()
    }

    private static func writeOperation(to writer: inout JSONWriter) {
        writer.key("operations")
        writer.beginObject()
        writer.key("receiveNotifications")
        writer.beginObject()
        writer.member("action", "send" as String)
        writer.member("summary", "The server notifies the client." as String)
        writer.key("channel")
        writer.beginObject()
        writer.member("$ref", "#/channels/connection" as String)
        writer.endObject()
        writer.key("messages")
        writer.beginArray()
        for notification in GatewayNotification.allCases {
            writer.beginObject()
            writer.member("$ref", "#/channels/connection/messages/" + notification.rawValue)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        writer.endObject()
    }

    private static func writeMessages(to writer: inout JSONWriter) {
        writer.key("components")
        writer.beginObject()
        writer.key("messages")
        writer.beginObject()
        var all: [ObjectSchema] = []
        for notification in GatewayNotification.allCases {
            notification.params.collect(into: &all)
            writer.key(notification.rawValue)
            writer.beginObject()
            writer.member("name", notification.rawValue)
            writer.member("summary", notification.summary)
            writer.member("contentType", "application/json" as String)
            writer.key("payload")
            writeEnvelope(of: notification, to: &writer)
            writer.key("examples")
            writer.beginArray()
            writer.beginObject()
            writer.key("payload")
            writer.raw(notificationMessage(notification))
            writer.endObject()
            writer.endArray()
            writer.endObject()
        }
        writer.endObject()
        writer.key("schemas")
        writer.beginObject()
        for schema in all.sorted(by: { $0.name < $1.name }) {
            writer.key(schema.name)
            writeSchema(schema, with: "#/components/schemas/", to: &writer)
        }
        writer.endObject()
        writer.endObject()
    }

    private static func writeEnvelope(
        of notification: GatewayNotification, to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("type", "object" as String)
        writer.key("properties")
        writer.beginObject()
        writer.key("jsonrpc")
        writer.beginObject()
        writer.member("const", "2.0" as String)
        writer.endObject()
        writer.key("method")
        writer.beginObject()
        writer.member("const", notification.rawValue)
        writer.endObject()
        writer.key("params")
        writer.beginObject()
        writer.member("$ref", "#/components/schemas/" + notification.params.name)
        writer.endObject()
        writer.endObject()
        writer.raw(member: "required", #"["jsonrpc","method","params"]"#)
        writer.endObject()
    }

    /// The subscribable channels, which share the connection and so are no AsyncAPI channels.
    private static func writeStreams(to writer: inout JSONWriter) {
        writer.key("x-subscribable-channels")
        writer.beginArray()
        for (name, access, summary) in streams {
            writer.beginObject()
            writer.member("name", name)
            writer.member("access", access.rawValue)
            writer.member("summary", summary)
            writer.endObject()
        }
        writer.endArray()
    }

    private static let streams: [(name: String, access: ChannelName.Access, summary: String)] = [
        ("ticks:<market>", ChannelName.ticks(market: "").access, "The quotes of one market."),
        (
            "session:<id>", ChannelName.session(id: "").access,
            "What happens to one session; money as sums only."
        ),
        ("sessions", ChannelName.sessions.access, "Sessions that come, change and end."),
        (
            "signals:<session id>", ChannelName.signals(sessionID: "").access,
            "The signals of one session."
        ),
        ("user:<id>", ChannelName.user(id: "").access, "What concerns one user alone."),
        (
            "system", ChannelName.system.access,
            "What concerns everyone, such as a kill switch."
        ),
    ]
}
