import GatewayAPI
import JSONRPC
import Streams

/// Where the answer to one request goes, for answers that are not ready at once. Confined to the
/// connection's loop.
struct ReplyTarget {
    /// The request's `id`; nil for a notification, which gets no answer (JSON-RPC 2.0 §4.1).
    let id: RPCIdentifier?
    /// The connection, which may be gone by then.
    weak var connection: ClientConnection?
    /// The batch that the request came in.
    let batch: BatchReply?

    /// Sends the answer.
    ///
    /// - Parameter message: the whole answer object.
    func send(_ message: RawSpan) {
        if let batch {
            batch.add(message)
        } else if let connection {
            connection.server.send(message, to: connection)
        }
    }
}

/// The answers of one batch, sent together when the last one is there (JSON-RPC 2.0 §6).
final class BatchReply {
    private weak var connection: ClientConnection?
    private var bytes: [UInt8] = [UInt8(ascii: "[")]
    /// What of it counts as held for the connection.
    private var heldByteCount = 0
    private var pendingCount = 0
    private var isComplete = false
    /// More than any message may have: what comes further is not kept.
    private var isTooLarge = false

    init(connection: ClientConnection) {
        self.connection = connection
    }

    /// One more answer will come later.
    func expectAnswer() {
        pendingCount += 1
    }

    /// Adds an answer that was not expected before.
    func addNow(_ message: RawSpan) {
        append(message)
    }

    /// Adds an answer that was expected.
    func add(_ message: RawSpan) {
        append(message)
        answered()
    }

    /// An expected answer does not come: its request was a notification.
    func answered() {
        pendingCount -= 1
        sendIfWhole()
    }

    /// Every message of the batch has been looked at.
    func complete() {
        isComplete = true
        sendIfWhole()
    }

    private func append(_ message: RawSpan) {
        guard let connection, !isTooLarge else { return }
        let byteCountMax = connection.server.fanOut.limits.messageByteCount
        guard bytes.count + message.byteCount + 2 <= byteCountMax else {
            isTooLarge = true
            return
        }
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        // Safety: the bytes are copied during the call.
        unsafe message.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        connection.heldAnswerByteCount += message.byteCount
        heldByteCount += message.byteCount
    }

    private func sendIfWhole() {
        // A batch of notifications only has no answer at all.
        guard isComplete, pendingCount == 0, bytes.count > 1 || isTooLarge, let connection
        else { return }
        connection.heldAnswerByteCount -= heldByteCount
        heldByteCount = 0
        // Its answers would be lost in silence: the client learns it so.
        guard !isTooLarge else { return connection.close(.internalError) }
        let whole = bytes + [UInt8(ascii: "]")]
        // Safety: the bytes are copied during the call.
        unsafe connection.server.send(whole.span.bytes, to: connection)
    }
}
