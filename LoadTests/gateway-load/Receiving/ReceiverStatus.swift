import GatewayClient
import LoadTesting
import WebSocketClient
import WebSocketProtocol

/// How the connections of one thread, or of all, fare.
struct ReceiverStatus: Sendable {
    /// Connections by stage.
    var waitingCount = 0
    var connectingCount = 0
    var subscribingCount = 0
    var liveCount = 0
    var endedCount = 0
    /// Connections that were to read promptly and ended before the test did.
    var promptEndedCount = 0
    /// Greetings of the gateway.
    var helloCount = 0
    /// Messages and their bytes, all kinds.
    var messageCount: UInt64 = 0
    var byteCount: UInt64 = 0
    /// What belongs to no connection's channel.
    var counts = DeliveryCounts()
    /// From the first SYN to the answer to `subscribe`.
    var openLatencies = LatencyRecorder()
    /// What happened how often, in words.
    var notes: [String: Int] = [:]
    /// Ends are wanted from now on.
    var isClosing = false

    /// Different notes that are kept.
    private static let noteCountMax = 64

    /// Connections that are neither live nor ended.
    var unsettledCount: Int { waitingCount + connectingCount + subscribingCount }

    /// Counts something in words.
    mutating func note(_ text: String) {
        let key = notes.count < Self.noteCountMax || notes[text] != nil ? text : "other"
        notes[key, default: 0] += 1
    }

    /// Adds another thread's.
    static func += (left: inout ReceiverStatus, right: ReceiverStatus) {
        left.waitingCount += right.waitingCount
        left.connectingCount += right.connectingCount
        left.subscribingCount += right.subscribingCount
        left.liveCount += right.liveCount
        left.endedCount += right.endedCount
        left.promptEndedCount += right.promptEndedCount
        left.helloCount += right.helloCount
        left.messageCount &+= right.messageCount
        left.byteCount &+= right.byteCount
        left.counts += right.counts
        left.openLatencies.add(right.openLatencies)
        left.notes.merge(right.notes, uniquingKeysWith: +)
    }
}

/// The end of a connection in words that are the same for the same cause.
enum EndText {
    static func text(of end: ClientConnectionEnd) -> String {
        switch end {
        case .connectFailed(let error):
            "connect failed: \(error.map { "\($0)" } ?? "closed by peer")"
        case .tlsFailed(let error): "no TLS: \(error)"
        case .openTimedOut: "not open in time"
        case .refused(let refusal):
            "refused with \(refusal.status): "
                + String(decoding: refusal.body.prefix(200), as: UTF8.self)
        case .invalidHandshake(let reason): "invalid handshake: \(reason)"
        case .closed(let code, let reason, let isByPeer):
            "closed with \(code.rawValue) \(reason)" + (isByPeer ? "" : " by this side")
        case .lost(let error): "lost: \(error.map { "\($0)" } ?? "closed without a Close frame")"
        case .violation(let violation): "the gateway broke the protocol: \(violation)"
        case .aborted: "aborted by this side"
        }
    }
}
