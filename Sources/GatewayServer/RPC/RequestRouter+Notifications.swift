import EventLoop
import GatewayAPI
import JSONRPC
import Security

/// What the server says without being asked.
extension RequestRouter {
    /// The first message of a connection.
    func sendHello(to connection: ClientConnection) {
        guard let identity = connection.identity else { return }
        let limits = server.limits
        let hello = HelloParams(
            node: server.shared.configuration.nodeName,
            connectionID: server.connectionID(of: identity),
            userID: identity.subject.text, role: identity.role,
            serverTime: WallClock.milliseconds(), expiresAt: identity.expiresAt,
            heartbeat: Heartbeat(
                intervalMilliseconds: limits.heartbeatInterval.milliseconds,
                timeoutMilliseconds: limits.heartbeatInterval.milliseconds
                    + limits.heartbeatTimeout.milliseconds),
            limits: server.connectionLimits, protocolVersion: WebSocketEndpoint.subprotocol)
        withNotification(hello) { server.send($0, to: connection) }
    }

    /// Tells a client that the node stops; the last connection is closed at `deadline`, in
    /// milliseconds since the Unix epoch.
    func sendDraining(deadline: Int64, to connection: ClientConnection) {
        let draining = ServerDrainingParams(
            reason: .shutdown, closesAt: deadline,
            reconnectAfterMilliseconds: Int64.random(in: 0...2000))
        withNotification(draining) { server.send($0, to: connection) }
    }

    /// Writes what a channel's subscribers are told of its feed; `send` gets the message, during
    /// the call only.
    func withChannelStatus(
        _ status: FeedStatus, _ reason: ChannelStatusReason, channel: String, epoch: String,
        sequence: UInt64,
        send: (RawSpan) -> Void
    ) {
        var entry = ChannelStatusEntry(channel: channel)
        if status == .live {
            entry.epoch = epoch
            entry.seq = Int64(clamping: sequence)
        }
        let params = ChannelStatusParams(
            channels: [entry], status: status, reason: reason)
        withNotification(params, send: send)
    }

    /// Tells a client that a subscription has ended.
    func sendSubscriptionEnded(
        _ channel: String, _ reason: ChannelStatusReason, to connection: ClientConnection
    ) {
        let params = ChannelStatusParams(
            channels: [ChannelStatusEntry(channel: channel)], status: .ended,
            reason: reason)
        withNotification(params) { server.send($0, to: connection) }
    }

    func withNotification(
        _ params: some NotificationParams, send: (RawSpan) -> Void
    ) {
        var writer = takeWriter()
        params.writeNotification(to: &writer)
        send(writer.bytes)
        giveBack(writer)
    }
}

extension Duration {
    /// Whole milliseconds.
    fileprivate var milliseconds: Int64 { Int64(wholeNanoseconds / 1_000_000) }
}
