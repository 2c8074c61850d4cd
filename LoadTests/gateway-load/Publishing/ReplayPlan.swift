import TickFeed

/// Publishes a recording's ticks when they are due.
struct ReplayPlan: PublishPlan {
    private var schedule: ReplaySchedule
    private let channelIndexes: [String: Int]
    private let endNanoseconds: UInt64

    /// - Parameters:
    ///   - schedule: the recording at its speed.
    ///   - channelIndexes: the index of a market's channel.
    ///   - endNanoseconds: nothing that is due later is published.
    init(schedule: ReplaySchedule, channelIndexes: [String: Int], endNanoseconds: UInt64) {
        self.schedule = schedule
        self.channelIndexes = channelIndexes
        self.endNanoseconds = endNanoseconds
    }

    mutating func next() -> PublishBatch? {
        while let scheduled = schedule.next() {
            let due = UInt64(max(0, scheduled.offsetNanoseconds))
            guard due < endNanoseconds else { return nil }
            guard let index = channelIndexes[scheduled.tick.market] else { continue }
            var object: [UInt8] = []
            scheduled.tick.appendJSON(to: &object)
            return PublishBatch(
                dueNanoseconds: due, messages: [.init(channelIndex: index, object: object)])
        }
        return nil
    }
}
