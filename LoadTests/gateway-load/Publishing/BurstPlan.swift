import LoadTesting
import TickFeed

/// Publishes bursts of messages to one channel, at a rate or each as soon as the one before has
/// been delivered everywhere.
struct BurstPlan: PublishPlan {
    private let burstCount: Int
    private var remainingBursts: UInt64
    private var schedule: FixedRateSchedule?
    private var ticks: RecordingGenerator
    private var filling: FillingText

    /// - Parameters:
    ///   - burstCount: messages that are published together.
    ///   - totalBursts: how many bursts there are.
    ///   - burstsPerSecond: nil: each follows the delivery of the one before.
    ///   - ticks: what is published; all of it to the channel of index 0.
    ///   - payloadByteCount: how large each payload is made, in bytes; a tick alone is smaller.
    init(
        burstCount: Int, totalBursts: UInt64, burstsPerSecond: Double?, ticks: RecordingGenerator,
        payloadByteCount: Int = 0
    ) {
        self.burstCount = burstCount
        remainingBursts = totalBursts
        schedule = burstsPerSecond.map { FixedRateSchedule(ratePerSecond: $0) }
        self.ticks = ticks
        filling = FillingText(byteCount: payloadByteCount)
    }

    mutating func next() -> PublishBatch? {
        guard remainingBursts > 0 else { return nil }
        remainingBursts -= 1
        var messages: [PublishBatch.Message] = []
        for _ in 0..<burstCount {
            guard let tick = ticks.next() else { return nil }
            var object: [UInt8] = []
            tick.appendJSON(to: &object)
            filling.extend(&object)
            messages.append(.init(channelIndex: 0, object: object))
        }
        return PublishBatch(
            dueNanoseconds: schedule?.takeDue(elapsedNanoseconds: .max), messages: messages)
    }
}
