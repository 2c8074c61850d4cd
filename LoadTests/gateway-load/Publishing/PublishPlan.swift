/// Messages that are published together, and when.
struct PublishBatch {
    /// One message: the index of its channel and its JSON object, without the stamp.
    struct Message {
        let channelIndex: Int
        let object: [UInt8]
    }

    /// When the batch is due, in nanoseconds after the start; nil: as soon as the one before it
    /// has been delivered everywhere.
    var dueNanoseconds: UInt64?
    /// What is published with one write.
    var messages: [Message]
}

/// Decides what a publisher sends when.
protocol PublishPlan: Sendable {
    /// The next batch, or nil at the end.
    mutating func next() -> PublishBatch?
}
