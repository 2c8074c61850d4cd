import EventLoop
import GatewayAPI
import JSONRPC
import WebSocketProtocol

/// What a handler made of a request.
enum RequestOutcome {
    /// The result is written.
    case written
    /// The answer comes later, by the request's `ReplyTarget`.
    case later
}

/// One request on its way through a handler.
struct Request {
    /// Who asks.
    let connection: ClientConnection
    /// Who asks, as the token says.
    let identity: ConnectionIdentity
    /// Where a later answer goes.
    let target: ReplyTarget
}

/// Reads the messages of a loop's clients, finds their methods and sends the answers. Confined to
/// its loop.
///
/// The tape and the writers are the loop's, so that a request that is answered at once allocates
/// nothing of its own.
final class RequestRouter {
    unowned let server: LoopServer
    private var tape = JSONTape()
    /// Kept from one answer to the next; away while one is written.
    private var idleWriter: JSONWriter? = JSONWriter()
    private let limits = RPCLimits()
    /// Who may call each method, and how often it was called.
    private var entries: [GatewayMethod: Entry]

    private struct Entry {
        let roles: RoleSet
        var count = 0
    }

    init(server: LoopServer) {
        self.server = server
        entries = Dictionary(
            uniqueKeysWithValues: GatewayMethod.allCases.map { method in
                (method, Entry(roles: method.description.roles))
            })
    }

    /// Requests by method, those that were never called left out.
    var requestCounts: [String: Int] {
        var counts: [String: Int] = [:]
        for (method, entry) in entries where entry.count > 0 {
            counts[method.rawValue] = entry.count
        }
        return counts
    }

    /// A writer that is empty; give it back.
    func takeWriter() -> JSONWriter {
        idleWriter.take() ?? JSONWriter()
    }

    /// Keeps a writer for the next answer.
    func giveBack(_ writer: consuming JSONWriter) {
        writer.reset()
        idleWriter = consume writer
    }

    /// Takes one text message of a client.
    func receive(_ message: BorrowedBytes, from connection: ClientConnection) {
        // Safety: the bytes are valid and unchanged during this call, which ends with the answers
        // copied into the fan-out.
        let text = unsafe message.pointer.bytes
        do throws(JSONError) {
            try tape.read(text)
        } catch {
            return refuseMessage(GatewayError(error), id: .null, to: connection, batch: nil)
        }
        do throws(RPCEnvelopeError) {
            var messages = try RPCBatch(tape.root(in: text), limits: limits)
            let batch = messages.isBatch ? BatchReply(connection: connection) : nil
            while let message = messages.next() {
                receive(message, from: connection, batch: batch)
            }
            batch?.complete()
        } catch {
            refuseMessage(GatewayError(error), id: .null, to: connection, batch: nil)
        }
    }

    private func receive(
        _ value: JSONValue, from connection: ClientConnection, batch: BatchReply?
    ) {
        guard let identity = connection.identity else { return }
        do throws(RPCEnvelopeError) {
            let message = try RPCMessage(value, limits: limits)
            guard message.kind == .request || message.kind == .notification,
                let name = message.method
            else {
                // The server asks nothing, so nothing can answer it.
                return refuseMessage(
                    GatewayError(.invalidRequest, reason: "unexpected_response"), id: .null,
                    to: connection, batch: batch)
            }
            run(name, message, connection, identity, batch)
        } catch {
            refuseMessage(
                GatewayError(error), id: RPCMessage.identifier(in: value, limits: limits),
                to: connection, batch: batch)
        }
    }

    private func run(
        _ name: JSONValue, _ message: RPCMessage, _ connection: ClientConnection,
        _ identity: ConnectionIdentity, _ batch: BatchReply?
    ) {
        let id: RPCIdentifier? = if let raw = message.id { RPCIdentifier(raw) } else { nil }
        let now = server.loop.now.nanoseconds
        if let wait = connection.traffic.admitMessage(now: now, limits: server.limits) {
            guard let id else { return }
            return refuse(
                GatewayError(.rateLimited, retryAfterMilliseconds: wait), id: id, to: connection,
                batch: batch)
        }
        let request = Request(
            connection: connection, identity: identity,
            target: ReplyTarget(id: id, connection: connection, batch: batch))
        var writer = takeWriter()
        writer.beginResult(id: id ?? .null)
        do throws(GatewayError) {
            guard let bytes = name.unescapedBytes, let method = GatewayMethod(utf8: bytes),
                let roles = note(method)
            else { throw GatewayError(.methodNotFound) }
            guard roles.contains(identity.role) else { throw GatewayError(.forbidden) }
            switch try call(method, message.params, request, &writer) {
            case .written:
                writer.endMessage()
                if id != nil { answer(writer.bytes, connection, batch) }
            case .later:
                batch?.expectAnswer()
            }
        } catch {
            if let id { refuse(error, id: id, to: connection, batch: batch) }
        }
        giveBack(writer)
    }

    /// Counts a call.
    ///
    /// - Returns: who may make it.
    private func note(_ method: GatewayMethod) -> RoleSet? {
        entries[method]?.count += 1
        return entries[method]?.roles
    }

    /// Runs a method.
    private func call(
        _ method: GatewayMethod, _ params: JSONValue?, _ request: Request,
        _ writer: inout JSONWriter
    ) throws(GatewayError) -> RequestOutcome {
        switch method {
        case .subscribe: return try subscribe(params, request, &writer)
        case .unsubscribe: try unsubscribe(params, request, &writer)
        case .subscriptions: try subscriptions(params, request, &writer)
        case .ping: try ping(params, &writer)
        case .authWhoAmI: try whoAmI(params, request, &writer)
        case .authRefresh: return try refreshToken(params, request, &writer)
        case .authRevoke: return try revokeTokens(params, request)
        case .authDisconnect: return try disconnectUser(params, request)
        case .limitsGet: try limits(params, &writer)
        case .connectionStats: try statistics(params, request, &writer)
        case .rpcDiscover: try discover(params, &writer)
        default: return try callSessionMethod(method, params, request)
        }
        return .written
    }

    /// Sends an answer that was not ready at once.
    func finish(_ target: ReplyTarget, _ result: some APIObject) {
        guard let id = target.id else {
            target.batch?.answered()
            return
        }
        var writer = takeWriter()
        writer.beginResult(id: id)
        result.write(to: &writer)
        writer.endMessage()
        target.send(writer.bytes)
        giveBack(writer)
    }

    private func answer(_ message: RawSpan, _ connection: ClientConnection, _ batch: BatchReply?) {
        if let batch {
            batch.addNow(message)
        } else {
            server.send(message, to: connection)
        }
    }

    /// Refuses what is no request. It counts against the rate as one, or garbage would be a way
    /// around it.
    private func refuseMessage(
        _ error: GatewayError, id: RPCIdentifier, to connection: ClientConnection,
        batch: BatchReply?
    ) {
        let now = server.loop.now.nanoseconds
        let wait = connection.traffic.admitMessage(now: now, limits: server.limits)
        let rateError = wait.map { GatewayError(.rateLimited, retryAfterMilliseconds: $0) }
        refuse(rateError ?? error, id: id, to: connection, batch: batch)
    }

    private func refuse(
        _ error: GatewayError, id: RPCIdentifier, to connection: ClientConnection,
        batch: BatchReply?
    ) {
        server.metrics.requestErrorCounts[error.code.rawValue, default: 0] += 1
        var writer = takeWriter()
        error.writeAnswer(to: &writer, id: id)
        answer(writer.bytes, connection, batch)
        giveBack(writer)
    }
}
