import GatewayAPI
import GatewayClient
import JSONRPC
import Synchronization
import WebSocketTestServer

/// A request as a scripted gateway sees it.
struct ScriptedRequest: Sendable {
    let id: Int64
    let method: String
    let params: String
}

/// Scripts of a gateway: accepts, greets, and answers requests as a closure says.
enum ScriptedGateway {
    /// The greeting.
    static func hello(heartbeatInterval: Int = 20_000, timeout: Int = 45_000) -> String {
        #"{"jsonrpc":"2.0","method":"hello","params":{"node":"n1","connection_id":"c1","#
            + #""user_id":"u1","role":"user","server_time":1750000000000,"#
            + #""expires_at":1750003600000,"heartbeat":{"interval_ms":\#(heartbeatInterval),"#
            + #""timeout_ms":\#(timeout)},"limits":{"message_byte_count_max":65536,"#
            + #""batch_count_max":50,"subscription_count_max":200,"requests_in_flight_max":64,"#
            + #""messages_per_second_max":100,"message_burst_max":200,"#
            + #""outbound_byte_count_max":1048576},"protocol":"tradermind.v1"}}"#
    }

    /// An event.
    static func event(
        _ channel: String, _ sequence: Int?, data: String = "{}", more: String = ""
    ) -> String {
        let number = sequence.map { #""seq":\#($0),"# } ?? ""
        return
            #"{"jsonrpc":"2.0","method":"event","params":{"channel":"\#(channel)",\#(number)"#
            + #"\#(more)"data":\#(data)}}"#
    }

    /// A successful answer.
    static func result(_ id: Int64, _ result: String) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"result":\#(result)}"#
    }

    /// The state of a channel in an answer to `subscribe`.
    static func state(
        _ channel: String, epoch: String = "a1", seq: Int, more: String = ""
    ) -> String {
        #"{"channel":"\#(channel)","epoch":"\#(epoch)","seq":\#(seq)\#(more)}"#
    }

    /// A script that accepts, greets, and hands requests to a closure.
    static func script(
        greeting: String = hello(),
        _ answer: @escaping @Sendable (ScriptedConnection, ScriptedRequest) -> Void
    ) -> ScriptedServer.Script {
        { connection, input in
            switch input {
            case .handshake:
                connection.accept()
                connection.send(greeting)
            case .text(let text):
                if let request = request(text) { answer(connection, request) }
            case .close, .ended:
                break
            }
        }
    }

    /// Reads a request.
    static func request(_ text: String) -> ScriptedRequest? {
        var tape = JSONTape(
            limits: JSONLimits(byteCountMax: 1 << 20, stringByteCountMax: 1 << 20))
        let bytes = Array(text.utf8)
        // Safety: every byte of an array of bytes is initialised.
        let span = unsafe bytes.span.bytes
        guard (try? tape.read(span)) != nil else { return nil }
        let root = tape.root(in: span)
        guard let id = root.member("id")?.int64, let method = root.member("method")?.string else {
            return nil
        }
        var params = ""
        if let value = root.member("params") { params = String(copying: value.rawBytes) }
        return ScriptedRequest(id: id, method: method, params: params)
    }
}

/// Collects what happens on the server's loop, for a test to look at.
final class Journal<Entry: Sendable>: Sendable {
    private let entries = Mutex<[Entry]>([])

    func add(_ entry: Entry) {
        entries.withLock { $0.append(entry) }
    }

    var all: [Entry] { entries.withLock { $0 } }
    var count: Int { entries.withLock { $0.count } }
}
