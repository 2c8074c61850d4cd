import ArgumentParser
import EventLoop
import LoadTesting

/// Publishes through a run and gathers what came of it.
struct LoadMeasurement: Sendable {
    let run: LoadRun
    let options: RunOptions

    /// Publishes, waits for the deliveries, and counts.
    ///
    /// - Parameters:
    ///   - plan: what is published.
    ///   - warmUp: the time at the start whose latencies are not counted.
    ///   - drain: how long nothing may arrive before the rest is given up.
    /// - Returns: the results, without the name of the command.
    /// - Throws: only where the task is cancelled.
    func measure(
        _ plan: any PublishPlan, warmUp: Duration, drain: Duration
    ) async throws -> LoadReport {
        let measureFrom = MonotonicTime.current().advanced(by: warmUp + .milliseconds(50))
        await run.receivers.measure(fromStamp: run.clock.stamp(of: measureFrom))
        let before = await run.publishedCounts()
        let deliveredBefore = run.progress.count
        let cpu = CPUMeasurement(run.target.server)
        let start = MonotonicTime.current()
        let observer = ProgressLine(isQuiet: options.quiet)
        let published = await run.publish(plan) { count in await observer.show(count, of: run) }
        let publishNanoseconds = MonotonicTime.current().nanoseconds - start.nanoseconds
        try await run.drain(
            expectedCount: run.deliveryCount(of: published.publishedCounts), patience: drain)
        let cpuResult = cpu.end()
        observer.end()
        if run.hasSlowReaders { try await run.receivers.readAll() }
        let status = await run.receivers.status()
        let (prompt, slow) = await run.receivers.finish(
            publishedCounts: published.publishedCounts)
        let seconds = Double(publishNanoseconds) / 1e9
        let delivered = run.progress.count - deliveredBefore
        return LoadReport(
            command: "", connections: run.laneCount, channels: published.publishedCounts.count,
            threads: options.threads, publishSeconds: seconds,
            published: published.publishedCount - before.reduce(0, +),
            publishFailures: published.failedCount,
            firstPublishFailure: published.firstFailure,
            deliveriesExpected: run.deliveryCount(of: published.publishedCounts)
                - run.deliveryCount(of: before),
            deliveries: delivered,
            deliveriesPerSecond: Double(delivered) / max(seconds, 0.001),
            lost: prompt.lost, duplicated: prompt.duplicated, outOfOrder: prompt.outOfOrder,
            sequenceBreaks: prompt.sequenceBreaks, counts: prompt,
            slowReaders: run.hasSlowReaders ? slow : nil,
            connectionsEnded: status.promptEndedCount, notes: status.notes,
            latency: await run.receivers.latencies().summary,
            publishLateness: published.lateness.summary,
            openLatency: run.openStatus.openLatencies.summary,
            serverCPUNanosecondsPerDelivery: cpuResult.map {
                Double($0.nanoseconds) / Double(max(1, delivered))
            },
            serverCPUShare: cpuResult?.share)
    }

    /// Prints and writes the results.
    ///
    /// - Throws: the exit code where something was not as it should be.
    func finish(_ report: LoadReport) throws {
        Console.write(report.text)
        try ReportFile.write(report, to: options.jsonPath)
        if !report.isFlawless { throw ExitCode.failure }
    }
}

/// The line that shows how it goes.
struct ProgressLine: Sendable {
    let isQuiet: Bool

    /// Shows how many events have arrived and how long they took so far.
    func show(_ count: UInt64, of run: LoadRun) async {
        guard !isQuiet else { return }
        let status = await run.receivers.status()
        let latency = await run.receivers.latencies().summary
        let percentiles =
            latency.map {
                ", p50 \(TextTable.duration($0.p50Microseconds)), "
                    + "p99 \(TextTable.duration($0.p99Microseconds))"
            } ?? ""
        Console.progress(
            "delivered \(count)\(percentiles), live \(status.liveCount), "
                + "ended \(status.endedCount)")
    }

    /// Leaves the line.
    func end() {
        if !isQuiet { Console.endProgress() }
    }
}
