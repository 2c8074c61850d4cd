/// Something that happened on a channel.
///
/// `seq` grows by one per channel within an epoch. When the server has left events out for this
/// subscriber, `prevSeq` is the last one that it got, and `merged` or `dropped` says how many are
/// missing in between, so that a gap is never taken for a loss.
public struct EventParams: Sendable, Equatable, APIObject {
    /// The channel.
    public var channel = ""
    /// The sequence number.
    public var seq: Int64 = 0
    /// The sequence number of the last event that this subscriber got, when some were left out.
    public var prevSeq: Int64?
    /// How many events gave way to this one.
    public var merged: Int64?
    /// How many events were dropped before this one.
    public var dropped: Int64?
    /// What happened.
    public var data = RawJSON(unchecked: Array("null".utf8))

    /// What it is, in one sentence.
    package static let schemaSummary = "Something that happened on a channel."

    /// An object with the defaults of its fields.
    package init() {}

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required("channel", &channel, .channel, "The channel.")
        try coder.required(
            "seq", &seq, 0...Int64.max, "Grows by one per channel within an epoch.")
        try coder.optional(
            "prev_seq", &prevSeq, 0...Int64.max,
            "The seq of the last event that this subscriber got, when some were left out.")
        try coder.optional(
            "merged", &merged, 1...Int64.max, "How many events gave way to this one.")
        try coder.optional(
            "dropped", &dropped, 1...Int64.max, "How many events were dropped before this one.")
        try coder.required(
            "data", &data, .any, "What happened: a tick on ticks:<market>, else an object.")
    }
}

extension EventParams: NotificationParams {
    /// The name on the wire.
    package static let method: StaticString = "event"
}

/// The constant bytes of an `event` message, between which a fan-out splices what varies.
///
/// `head`, channel, `afterChannel`, seq, `beforeData`, the event's JSON, `tail`. A subscriber that
/// was left out of events gets `beforePreviousSeq`, prev_seq, `beforeMerged` or `beforeDropped`
/// and the count between seq and `beforeData`.
package enum EventTemplate {
    /// Up to the channel's name, which needs no escapes.
    package static let head: StaticString =
        #"{"jsonrpc":"2.0","method":"event","params":{"channel":""#
    /// From behind the channel's name up to the sequence number.
    package static let afterChannel: StaticString = #"","seq":"#
    /// From behind the sequence number up to that of the event before.
    package static let beforePreviousSeq: StaticString = #","prev_seq":"#
    /// Up to the number of merged events.
    package static let beforeMerged: StaticString = #","merged":"#
    /// Up to the number of dropped events.
    package static let beforeDropped: StaticString = #","dropped":"#
    /// Up to the event's JSON.
    package static let beforeData: StaticString = #","data":"#
    /// Behind the event's JSON.
    package static let tail: StaticString = "}}"
}
