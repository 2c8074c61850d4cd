import EventLoop
import GatewayAPI
import JSONRPC
import Security
import Streams
import WebSocketProtocol

/// `ping`, `auth.whoami`, `limits.get`, `connection.stats`.
extension RequestRouter {
    func ping(_ params: JSONValue?, _ writer: inout JSONWriter) throws(GatewayError) {
        let _: NoParams = try read(params)
        PingResult(serverTime: WallClock.milliseconds()).write(to: &writer)
    }

    func whoAmI(
        _ params: JSONValue?, _ request: Request, _ writer: inout JSONWriter
    ) throws(GatewayError) {
        let _: NoParams = try read(params)
        WhoAmIResult(
            userID: request.identity.subject.text, role: request.identity.role,
            expiresAt: request.identity.expiresAt
        ).write(to: &writer)
    }

    func limits(_ params: JSONValue?, _ writer: inout JSONWriter) throws(GatewayError) {
        let _: NoParams = try read(params)
        LimitsResult(limits: server.connectionLimits).write(to: &writer)
    }

    func statistics(
        _ params: JSONValue?, _ request: Request, _ writer: inout JSONWriter
    ) throws(GatewayError) {
        let _: NoParams = try read(params)
        guard let outbound = request.connection.outbound else { throw GatewayError(.unavailable) }
        let traffic = request.connection.traffic
        let queue = server.fanOut.queue(of: outbound)
        ConnectionStatsResult(
            connectionID: server.connectionID(of: request.identity),
            node: server.shared.configuration.nodeName, connectedAt: traffic.openedAt,
            subscriptionCount: server.fanOut.subscriptions(of: outbound).count,
            messagesIn: Int64(traffic.receivedMessageCount),
            messagesOut: Int64(traffic.sentFrameCount), bytesIn: Int64(traffic.receivedByteCount),
            bytesOut: Int64(traffic.sentByteCount), eventsMerged: Int64(queue?.mergedCount ?? 0),
            eventsDropped: Int64(queue?.droppedCount ?? 0),
            bytesQueued: Int64(queue?.byteCount ?? 0)
        ).write(to: &writer)
    }

    func discover(_ params: JSONValue?, _ writer: inout JSONWriter) throws(GatewayError) {
        let _: NoParams = try read(params)
        writer.raw(ContractDocuments.openRPC)
    }

    /// Reads the parameters of a method.
    func read<Params: APIObject>(_ params: JSONValue?) throws(GatewayError) -> Params {
        do throws(ParameterError) {
            return try Params(params: params)
        } catch {
            throw GatewayError(error)
        }
    }
}

extension LoopServer {
    /// What `hello` and `limits.get` tell of this node's bounds.
    var connectionLimits: ConnectionLimits {
        let configuration = shared.configuration
        return ConnectionLimits(
            messageByteCountMax: configuration.webSocketLimits.messageByteCountMax,
            batchCountMax: RPCLimits().batchCountMax,
            subscriptionCountMax: configuration.streamLimits.subscriptionsPerConnection,
            requestsInFlightMax: limits.pendingRequestsPerConnection,
            messagesPerSecondMax: limits.messagesPerSecond, messageBurstMax: limits.messageBurst,
            outboundByteCountMax: configuration.streamLimits.queuedByteCountPerConnection)
    }

    /// A connection's name for support and logs: this start of the node, the loop, a number.
    func connectionID(of identity: ConnectionIdentity) -> String {
        "\(shared.startID)-\(index)-\(identity.number)"
    }
}
