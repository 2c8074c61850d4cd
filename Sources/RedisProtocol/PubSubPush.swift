/// What Redis sends on a connection that is subscribed; the bytes are borrowed from the reply.
///
/// While a connection is subscribed, PING and UNSUBSCRIBE are answered in this form too, not as
/// the replies that they have elsewhere.
// Safety: unsafe to keep: the bytes are those of the tape, valid while the reply's receiver runs.
@unsafe package enum PubSubPush {
    /// A publication on a channel that is subscribed by name.
    case message(channel: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer)
    /// A publication on a channel that a pattern matches.
    case patternMessage(
        pattern: UnsafeRawBufferPointer, channel: UnsafeRawBufferPointer,
        payload: UnsafeRawBufferPointer)
    /// A channel is subscribed from here on; with the number of this connection's subscriptions.
    case subscribed(channel: UnsafeRawBufferPointer, subscriptionCount: Int64)
    /// A channel is no longer subscribed; the channel is empty where there was none to leave.
    case unsubscribed(channel: UnsafeRawBufferPointer, subscriptionCount: Int64)
    /// The answer to PING, with the bytes that were sent along.
    case pong(payload: UnsafeRawBufferPointer)
}

extension RESPReply {
    /// Calls with the reply read as a push.
    ///
    /// - Parameter body: gets nil where the reply is something else, such as an error; the bytes
    ///   of the push are valid during the call.
    /// - Returns: what `body` returns.
    @inline(__always)
    package func withPubSubPush<Result>(_ body: (PubSubPush?) -> Result) -> Result {
        // Safety: the tape does not change while the receiver of the reply runs.
        unsafe body(tape.push())
    }
}

extension ReplyTape {
    /// The reply as a push, nil where it is none; its bytes are valid until the tape is changed.
    // Safety: strings of the tape are lent on, with the lifetime that the comment names.
    @inline(__always)
    fileprivate func push() -> PubSubPush? {
        let nodeCount = nodeCount
        guard nodeCount >= 3, nodeCount <= 5, node(0).kind == .array,
            Int(node(0).count) == nodeCount - 1, node(1).kind == .bulk
        else { return nil }
        let last = node(nodeCount - 1)
        let kind = unsafe string(node(1))
        switch (nodeCount, kind.count) {
        case (4, 7) where unsafe kind.equals("message"):
            guard node(2).kind == .bulk, last.kind == .bulk else { return nil }
            return unsafe .message(channel: string(node(2)), payload: string(last))
        case (4, 9) where unsafe kind.equals("subscribe"):
            guard last.kind == .integer else { return nil }
            return unsafe .subscribed(channel: string(node(2)), subscriptionCount: last.count)
        case (4, 11) where unsafe kind.equals("unsubscribe"):
            guard last.kind == .integer else { return nil }
            return unsafe .unsubscribed(channel: string(node(2)), subscriptionCount: last.count)
        case (3, 4) where unsafe kind.equals("pong"):
            guard last.kind == .bulk else { return nil }
            return unsafe .pong(payload: string(last))
        case (5, 8) where unsafe kind.equals("pmessage"):
            guard node(2).kind == .bulk, node(3).kind == .bulk, last.kind == .bulk else {
                return nil
            }
            return unsafe .patternMessage(
                pattern: string(node(2)), channel: string(node(3)), payload: string(last))
        default:
            return nil
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these are the bytes of a text of the same length.
    // Safety: the counts of both are compared first.
    @inline(__always)
    fileprivate func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for index in 0..<count where unsafe self[index] != text.utf8Start[index] { return false }
        return true
    }
}
