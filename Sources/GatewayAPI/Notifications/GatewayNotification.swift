package import JSONRPC

/// Every message that the server sends unasked. The raw value is its `method` on the wire.
public enum GatewayNotification: String, Sendable, CaseIterable {
    case hello
    case event
    case channelStatus = "channel.status"
    case authExpiring = "auth.expiring"
    case limitsWarning = "limits.warning"
    case serverDraining = "server.draining"

    /// What it tells, in one sentence.
    public var summary: String {
        switch self {
        case .hello: "The first message of every connection."
        case .event: "Something that happened on a channel."
        case .channelStatus: "Channels whose feed has been lost or has come back."
        case .authExpiring: "The token expires soon."
        case .limitsWarning: "The client comes close to a limit."
        case .serverDraining: "The node closes this connection soon."
        }
    }

    /// The schema of its parameters.
    public var params: ObjectSchema { paramsType.objectSchema }

    /// The type of its parameters.
    package var paramsType: any APIObject.Type {
        switch self {
        case .hello: HelloParams.self
        case .event: EventParams.self
        case .channelStatus: ChannelStatusParams.self
        case .authExpiring: AuthExpiringParams.self
        case .limitsWarning: LimitsWarningParams.self
        case .serverDraining: ServerDrainingParams.self
        }
    }

    /// Parameters as JSON, for the documents and tests.
    package var exampleParams: String {
        switch self {
        case .hello:
            #"{"node":"node-1","connection_id":"c-7f3a","user_id":"\#(Examples.user)","#
                + #""role":"user","server_time":1764036000123,"expires_at":1764039600000,"#
                + #""heartbeat":{"interval_ms":25000,"timeout_ms":60000},"#
                + #""limits":\#(Examples.limits),"protocol":"tradermind.v1"}"#
        case .event:
            #"{"channel":"ticks:R_100","seq":124,"prev_seq":120,"merged":3,"#
                + #""data":\#(Examples.tick)}"#
        case .channelStatus:
            #"{"channels":[{"channel":"ticks:R_100","epoch":"a2","seq":0}],"#
                + #""status":"live","reason":"feed_restored"}"#
        case .authExpiring: #"{"expires_at":1764039600000,"closes_at":1764039630000}"#
        case .limitsWarning:
            #"{"limit":"message_rate","current":90,"max":100,"retry_after_ms":1000}"#
        case .serverDraining:
            #"{"reason":"shutdown","closes_at":1764036030000,"reconnect_after_ms":1200}"#
        }
    }
}

/// Parameters of a notification, which know its name.
package protocol NotificationParams: APIObject {
    /// The notification's `method`.
    static var method: StaticString { get }
}

extension NotificationParams {
    /// Writes the whole notification.
    package func writeNotification(to writer: inout JSONWriter) {
        writer.beginNotification(method: Self.method)
        write(to: &writer)
        writer.endMessage()
    }
}

extension HelloParams: NotificationParams {
    /// The name on the wire.
    package static let method: StaticString = "hello"
}

extension ChannelStatusParams: NotificationParams {
    /// The name on the wire.
    package static let method: StaticString = "channel.status"
}

extension AuthExpiringParams: NotificationParams {
    /// The name on the wire.
    package static let method: StaticString = "auth.expiring"
}

extension LimitsWarningParams: NotificationParams {
    /// The name on the wire.
    package static let method: StaticString = "limits.warning"
}

extension ServerDrainingParams: NotificationParams {
    /// The name on the wire.
    package static let method: StaticString = "server.draining"
}
