/// Where a client is in each of its channels, and whether an event follows the one before it.
///
/// Pure: epochs and positions in, the verdict out. The gateway counts a channel's events within an
/// epoch; where it leaves something out for this subscriber it says so with `prev_seq` and how
/// many it merged or dropped. Everything else that does not fit is a gap.
struct ChannelTracker: Sendable {
    /// A place in a channel.
    struct Position: Hashable, Sendable {
        /// Names the count; another epoch starts another one.
        var epoch: String?
        /// The last event.
        var sequence: UInt64
    }

    /// How an event follows the one before it.
    enum Continuity: Equatable, Sendable {
        /// Directly, or nothing can be said: the event has no number.
        case continuous
        /// The server left some out and said how many.
        case reduced(mergedCount: UInt64, droppedCount: UInt64)
        /// Events between these two are missing, and nobody announced it.
        case gap(after: UInt64, before: UInt64)
        /// It was delivered before; a recovery may overlap.
        case repeated
    }

    private var positions: [String: Position] = [:]

    /// Notes what `subscribe` answered: the place from which events follow.
    ///
    /// - Returns: whether events between the last place and this one are missing: another epoch
    ///   began, or the server could not recover what lies between.
    mutating func subscribed(
        _ channel: String, epoch: String?, sequence: UInt64, isRecovered: Bool
    ) -> Bool {
        let previous = positions[channel]
        positions[channel] = Position(epoch: epoch, sequence: sequence)
        guard let previous, !isRecovered else { return false }
        return previous.epoch != epoch || previous.sequence != sequence
    }

    /// Forgets a channel.
    mutating func unsubscribed(_ channel: String) {
        positions[channel] = nil
    }

    /// Where a channel is, to recover from there.
    func position(of channel: String) -> Position? {
        positions[channel]
    }

    /// Goes on behind a gap that is not mended.
    mutating func passOver(_ channel: String, through sequence: UInt64) {
        positions[channel]?.sequence = sequence
    }

    /// Notes an event, unless there is a gap before it: the place is kept then, to recover from.
    ///
    /// - Parameters:
    ///   - channel: its channel; one that is not subscribed is taken up without a gap, since its
    ///     events may overtake the answer to `subscribe`.
    ///   - sequence: its number, nil for one that was published without.
    ///   - previous: `prev_seq`, where the server left something out.
    ///   - mergedCount: how many were merged into this one.
    ///   - droppedCount: how many were dropped before it.
    /// - Returns: how it follows the event before it.
    mutating func received(
        _ channel: String, sequence: UInt64?, previous: UInt64?, mergedCount: UInt64,
        droppedCount: UInt64
    ) -> Continuity {
        guard let sequence else {
            return mergedCount == 0 && droppedCount == 0
                ? .continuous : .reduced(mergedCount: mergedCount, droppedCount: droppedCount)
        }
        guard let last = positions[channel]?.sequence else {
            positions[channel] = Position(epoch: nil, sequence: sequence)
            return .continuous
        }
        guard sequence > last else { return .repeated }
        let follows = previous.map { $0 <= last } ?? (sequence - last == 1)
        guard follows else { return .gap(after: last, before: sequence) }
        positions[channel]?.sequence = sequence
        return previous == nil
            ? .continuous : .reduced(mergedCount: mergedCount, droppedCount: droppedCount)
    }
}
