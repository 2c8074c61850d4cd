/// What a load test needs to know of an `event` notification.
package struct ScannedEvent: Equatable, Sendable {
    /// Where in the message the channel's name is.
    package var channel: Range<Int> = 0..<0
    /// The position of the event in its channel, nil for one that was published unsequenced.
    package var sequence: UInt64?
    /// The last event that this subscriber got, where the server left something out.
    package var previousSequence: UInt64?
    /// How many the server merged into this one.
    package var mergedCount: UInt64 = 0
    /// How many the server dropped before this one.
    package var droppedCount: UInt64 = 0
    /// The publisher's own count on this channel, nil for an event of another publisher.
    package var number: UInt64?
    /// When the event was due to be published, in nanoseconds since the epoch.
    package var stampNanoseconds: UInt64?

    /// An event of which nothing is known yet.
    package init() {}
}

/// A message from the server, as far as a load test looks into it.
package enum ScannedMessage: Equatable, Sendable {
    /// An `event` notification.
    case event(ScannedEvent)
    /// Another notification; the range is its method.
    case notification(method: Range<Int>)
    /// An answer, or anything that this scan does not know: to be read by a full reader.
    case other
}

/// Finds the members of an event in one pass over its head and a few bytes of its end.
///
/// Thousands of messages a millisecond arrive at one thread of a load test: it may not cost more
/// than what it measures. So the scan goes by the shape that the gateway writes (the same member
/// order, no white space) and says `other` where a message has another shape; the caller counts
/// those instead of guessing.
package enum EventScanner {
    /// Scans one text message.
    package static func scan(_ bytes: RawSpan) -> ScannedMessage {
        let head: StaticString = #"{"jsonrpc":"2.0","method":"#
        guard ByteScan.hasLiteral(head, bytes, at: 0) else { return .other }
        var offset = head.utf8CodeUnitCount
        let methodStart = offset
        if ByteScan.hasLiteral(#""event","params":{"#, bytes, at: methodStart) {
            offset += 18
            return scanParameters(bytes, at: offset).map { .event($0) } ?? .other
        }
        guard let method = ByteScan.string(bytes, at: &offset) else { return .other }
        return .notification(method: method)
    }

    /// Reads the members of `params` up to `data`.
    private static func scanParameters(_ bytes: RawSpan, at start: Int) -> ScannedEvent? {
        var event = ScannedEvent()
        var offset = start
        while let name = ByteScan.string(bytes, at: &offset),
            ByteScan.byte(bytes, offset) == UInt8(ascii: ":")
        {
            offset += 1
            if isName(bytes, name, "data") {
                scanStamp(bytes, into: &event)
                return event.channel.isEmpty ? nil : event
            }
            guard scanMember(bytes, name, at: &offset, into: &event) else { return nil }
            guard ByteScan.byte(bytes, offset) == UInt8(ascii: ",") else { return nil }
            offset += 1
        }
        return nil
    }

    private static func scanMember(
        _ bytes: RawSpan, _ name: Range<Int>, at offset: inout Int, into event: inout ScannedEvent
    ) -> Bool {
        if ByteScan.byte(bytes, offset) == UInt8(ascii: "\"") {
            guard let text = ByteScan.string(bytes, at: &offset) else { return false }
            if isName(bytes, name, "channel") { event.channel = text }
            return true
        }
        guard let value = ByteScan.number(bytes, at: &offset) else { return false }
        if isName(bytes, name, "seq") {
            event.sequence = value
        } else if isName(bytes, name, "prev_seq") {
            event.previousSequence = value
        } else if isName(bytes, name, "merged") {
            event.mergedCount = value
        } else if isName(bytes, name, "dropped") {
            event.droppedCount = value
        }
        return true
    }

    /// Reads `,"n":…,"t":…}` at the end of the data, where `StampedPayload` writes it.
    private static func scanStamp(_ bytes: RawSpan, into event: inout ScannedEvent) {
        // The stamp takes at most 2 · (5 + 20) bytes, and `data`, `params` and the message close
        // with a brace each.
        let earliest = max(0, bytes.byteCount - 60)
        var offset = bytes.byteCount - 1
        while offset >= earliest {
            if ByteScan.byte(bytes, offset) == UInt8(ascii: ","),
                ByteScan.hasLiteral(#","n":"#, bytes, at: offset)
            {
                offset += 5
                guard let number = ByteScan.number(bytes, at: &offset),
                    ByteScan.hasLiteral(#","t":"#, bytes, at: offset)
                else { return }
                offset += 5
                guard let stamp = ByteScan.number(bytes, at: &offset),
                    ByteScan.byte(bytes, offset) == UInt8(ascii: "}")
                else { return }
                event.number = number
                event.stampNanoseconds = stamp
                return
            }
            offset -= 1
        }
    }

    @inline(__always)
    private static func isName(
        _ bytes: RawSpan, _ name: Range<Int>, _ wanted: StaticString
    ) -> Bool {
        name.count == wanted.utf8CodeUnitCount
            && ByteScan.hasLiteral(wanted, bytes, at: name.lowerBound)
    }
}
