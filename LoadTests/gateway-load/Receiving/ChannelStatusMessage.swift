import JSONRPC

/// A `channel.status` notification, as far as a load test looks into it.
struct ChannelStatusMessage {
    /// Whether events follow from the positions on.
    let isLive: Bool
    /// Where each channel is, of those that the message gives a `seq` for.
    private(set) var positions: [(channel: String, sequence: UInt64)] = []

    /// Reads the notification; nil where it is none.
    ///
    /// - Parameters:
    ///   - bytes: the message.
    ///   - tape: for reading; its contents are replaced.
    init?(_ bytes: RawSpan, tape: inout JSONTape) {
        guard (try? tape.read(bytes)) != nil,
            let params = tape.root(in: bytes).member("params"),
            let status = params.member("status")?.string,
            let channels = params.member("channels")
        else { return nil }
        isLive = status == "live"
        var elements = channels.elements
        while let element = elements.next() {
            guard let name = element.member("channel")?.string else { return nil }
            guard let sequence = element.member("seq")?.int64, sequence >= 0 else { continue }
            positions.append((name, UInt64(sequence)))
        }
    }
}
