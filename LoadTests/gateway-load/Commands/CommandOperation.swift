import GatewayAPI
import JSONRPC

/// A command whose round trip is measured.
enum CommandOperation: String, CaseIterable, Sendable {
    case ping
    case join
    case leave
    case publish
    case claim
    case acknowledge

    /// The method on the wire.
    var method: GatewayMethod {
        switch self {
        case .ping: .ping
        case .join: .sessionJoin
        case .leave: .sessionLeave
        case .publish: .signalPublish
        case .claim: .signalClaim
        case .acknowledge: .signalAcknowledge
        }
    }
}

/// What the clients do in one phase: each repeats a cycle of commands.
enum CommandPhase: String, Sendable {
    /// A client asks for the server's time: no Redis, no state.
    case ping
    /// A user joins a session and leaves it.
    case participation = "join and leave"
    /// An engine publishes a signal; it is claimed and acknowledged.
    case signals = "publish, claim and acknowledge"

    /// The commands of one cycle, in order.
    var cycle: [CommandOperation] {
        switch self {
        case .ping: [.ping]
        case .participation: [.join, .leave]
        case .signals: [.publish, .claim, .acknowledge]
        }
    }
}

/// What one client's commands are about; a ping is about nothing.
struct CommandSubject: Sendable {
    var sessionID = ""
    var userID = ""
    var market = ""

    /// The request for a command.
    ///
    /// - Parameters:
    ///   - operation: which.
    ///   - id: its JSON-RPC id.
    ///   - signalID: the signal to acknowledge.
    /// - Returns: the message.
    func request(_ operation: CommandOperation, id: Int64, signalID: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginRequest(id: id, method: operation.method.rawValue)
        writer.key("params")
        writer.beginObject()
        switch operation {
        case .ping: break
        case .join, .leave:
            writer.member("session_id", sessionID)
            writer.member("user_id", userID)
        case .publish:
            writer.member("market", market)
            writer.member("type", "CALL")
            writer.key("confidence")
            writer.double(0.9)
            writer.member("reason", "load test")
            writer.member("session_id", sessionID)
        case .claim:
            writer.member("session_id", sessionID)
        case .acknowledge:
            writer.member("signal_id", signalID)
            writer.member("outcome", "EXECUTED")
        }
        writer.endObject()
        writer.endMessage()
        return writer.byteArray
    }
}
