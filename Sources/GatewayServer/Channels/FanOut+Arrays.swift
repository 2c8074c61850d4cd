import Streams

/// The fan-out's calls for names and payloads that are arrays.
//
// Safety: `bytes` of a span counts as unsafe since elements of some types have padding, which UInt8
// has not. That no span outlives its array is checked by the compiler.
extension FanOut {
    /// The open channel with a name.
    func channel(named name: [UInt8]) -> ChannelID? {
        unsafe channel(named: name.span.bytes)
    }

    /// The channel with a name, opened if need be.
    mutating func openChannel(_ name: [UInt8], epoch: String) throws(StreamError) -> ChannelID {
        let epoch = Array(epoch.utf8)
        return unsafe try openChannel(name.span.bytes, epoch: epoch.span.bytes)
    }

    /// Starts a channel's sequence anew behind a number.
    mutating func restart(
        _ channel: ChannelID, epoch: String, sequence: UInt64 = 0
    ) throws(StreamError) {
        let epoch = Array(epoch.utf8)
        unsafe try restart(channel, epoch: epoch.span.bytes, sequence: sequence)
    }

    /// Queues a ping without payload.
    mutating func enqueuePing(to id: OutboundID) throws(StreamError) {
        let none: [UInt8] = []
        unsafe try enqueue(control: .ping, payload: none.span.bytes, to: id)
    }

    /// Queues the close frame.
    mutating func enqueueClose(_ payload: [UInt8], to id: OutboundID) throws(StreamError) {
        unsafe try enqueueClose(payload.span.bytes, to: id)
    }
}
