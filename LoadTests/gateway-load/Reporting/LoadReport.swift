import EventLoop
import LoadTesting

/// The results that replay, fan-out and slow share.
struct LoadReport: Codable, Sendable {
    var command: String
    var connections: Int
    var channels: Int
    var threads: Int
    var speed: Double?
    var pending: Int?
    var payloadBytes: Int?
    var usesDeflate: Bool?
    var publishSeconds: Double
    var published: UInt64
    var publishFailures: UInt64
    var firstPublishFailure: String?
    var deliveriesExpected: UInt64
    var deliveries: UInt64
    var deliveriesPerSecond: Double
    var lost: UInt64
    var duplicated: UInt64
    var outOfOrder: UInt64
    var sequenceBreaks: UInt64
    var counts: DeliveryCounts
    var slowReaders: DeliveryCounts?
    var connectionsEnded: Int
    var notes: [String: Int]
    var latency: LatencySummary?
    var publishLateness: LatencySummary?
    var openLatency: LatencySummary?
    var serverCPUNanosecondsPerDelivery: Double?
    var serverCPUShare: Double?

    /// Whether everything arrived, once and in order, at every prompt reader.
    var isFlawless: Bool {
        counts.isFlawless && publishFailures == 0 && connectionsEnded == 0
            && deliveries == deliveriesExpected
    }

    /// The results for people.
    var text: String {
        var table = TextTable()
        table.add("latency", "p50", "p90", "p99", "p99.9", "max")
        table.add("publish to receipt", latency)
        table.add("publisher late by", publishLateness)
        table.add("connect to subscribed", openLatency)
        var lines = [table.text, ""]
        lines.append(
            "published \(published) messages in \(TextTable.decimal(publishSeconds, places: 2)) s"
                + (publishFailures > 0 ? ", \(publishFailures) FAILED" : ""))
        if let firstPublishFailure { lines.append("first failure: \(firstPublishFailure)") }
        lines.append(
            "delivered \(deliveries) of \(deliveriesExpected), "
                + "\(TextTable.decimal(deliveriesPerSecond, places: 0)) a second")
        lines.append(
            "lost \(lost), duplicated \(duplicated), out of order \(outOfOrder), "
                + "sequence breaks \(sequenceBreaks), malformed \(counts.malformed)")
        lines.append(
            "announced: merged \(counts.merged), dropped \(counts.dropped), "
                + "channel.status \(counts.channelStatuses); foreign events \(counts.foreign)")
        if let slowReaders {
            lines.append(
                "slow readers: received \(slowReaders.received), were told of "
                    + "\(slowReaders.merged) merged and \(slowReaders.dropped) dropped, "
                    + "out of order \(slowReaders.outOfOrder), "
                    + "duplicated \(slowReaders.duplicated)")
        }
        let cost = ReportLines.processorTime(
            of: "gateway", serverCPUNanosecondsPerDelivery, per: "delivery", share: serverCPUShare)
        if let cost { lines.append(cost) }
        lines += ReportLines.outcomes(notes)
        lines.append(isFlawless ? "flawless" : "NOT FLAWLESS")
        return lines.joined(separator: "\n")
    }
}

/// The gateway's processor time over a measured phase.
struct CPUMeasurement: Sendable {
    private let process: ObservedProcess?
    private let startNanoseconds: UInt64?
    private let startTime: MonotonicTime

    /// Begins; without a process, or one that cannot be read, there will be no result.
    init(_ process: ObservedProcess?) {
        self.process = process
        startNanoseconds = try? process?.cpuNanoseconds()
        startTime = .current()
    }

    /// Nanoseconds since the beginning, and the share of one core.
    func end() -> (nanoseconds: UInt64, share: Double)? {
        guard let startNanoseconds, let now = try? process?.cpuNanoseconds(),
            now >= startNanoseconds
        else { return nil }
        let elapsed = MonotonicTime.current().nanoseconds - startTime.nanoseconds
        return (now - startNanoseconds, Double(now - startNanoseconds) / Double(max(1, elapsed)))
    }
}
