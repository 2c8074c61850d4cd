import ArgumentParser
import EventLoop
import GatewayClient
import LoadTesting
import WebSocketClient
import WebSocketProtocol

/// The parts of a load test together: receivers that are live, and a publisher that is connected.
struct LoadRun: Sendable {
    let target: Target
    let receivers: ReceiverGroup
    let progress: DeliveryProgress
    let clock: StampClock
    let publisher: LoopBound<Publisher>
    let openStatus: ReceiverStatus
    /// How many prompt readers get a message, by channel index.
    let deliveriesPerMessage: [UInt64]
    let laneCount: Int
    /// Whether some connections read slowly or not at all.
    let hasSlowReaders: Bool
    private let receivingLoops: EventLoopGroup
    private let publishingLoop: EventLoopGroup

    /// What a run is made of.
    struct Plan {
        var channels: [String]
        var lanes: [LanePlan]
        var policy: String?
        var setupTimeout: Duration = .seconds(60)
        var usesDeflate = false
    }

    /// Opens every connection and waits until all are subscribed.
    ///
    /// - Throws: where a connection that should read promptly is not live: what follows would be
    ///   measured on something else than was asked for.
    init(_ plan: Plan, target: Target, options: RunOptions) async throws {
        self.target = target
        receivingLoops = try options.start()
        publishingLoop = try EventLoopGroup(count: 1, name: "publish")
        progress = DeliveryProgress()
        clock = StampClock()
        let loop = publishingLoop.loops[0]
        var deliveries = [UInt64](repeating: 0, count: plan.channels.count)
        for lane in plan.lanes where lane.behaviour == .prompt {
            for offset in 0..<lane.channelCount {
                deliveries[(lane.firstChannelIndex + offset) % plan.channels.count] += 1
            }
        }
        deliveriesPerMessage = deliveries
        laneCount = plan.lanes.count
        hasSlowReaders = plan.lanes.contains { $0.behaviour != .prompt }
        publisher = LoopBound(
            Publisher(
                on: loop, channelNames: plan.channels, deliveriesPerMessage: deliveries,
                clock: clock, progress: progress), loop: loop)
        receivers = ReceiverGroup(
            loops: receivingLoops.loops,
            plan: try await target.receiverPlan(
                channels: plan.channels, policy: plan.policy, usesDeflate: plan.usesDeflate,
                on: loop),
            lanes: plan.lanes, clock: clock, progress: progress)
        openStatus = try await receivers.open(timeout: plan.setupTimeout, isQuiet: options.quiet)
        guard openStatus.liveCount == plan.lanes.count else {
            throw LoadFailure.notLive(openStatus, wantedCount: plan.lanes.count)
        }
        let bound = publisher
        let redis = target.redis
        guard await loop.task({ await bound.value.connect(to: redis) }).value else {
            let reason = await loop.call { bound.value.firstFailure }
            throw LoadFailure.noRedis(reason ?? "not connected")
        }
    }

    /// Publishes a plan while `observe` is called about once a second.
    func publish(
        _ plan: any PublishPlan, observe: @escaping @Sendable (UInt64) async -> Void
    ) async -> PublishResult {
        let bound = publisher
        let start = MonotonicTime.current().advanced(by: .milliseconds(50))
        let progress = progress
        let observer = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: .seconds(1))
                await observe(progress.count)
            }
        }
        let result = await publisher.loop.task { await bound.value.run(plan, start: start) }.value
        observer.cancel()
        return result
    }

    /// Messages that were published so far, by channel index.
    func publishedCounts() async -> [UInt64] {
        let bound = publisher
        return await bound.loop.call { bound.value.publishedCounts }
    }

    /// How many deliveries to prompt readers published messages make.
    func deliveryCount(of publishedCounts: [UInt64]) -> UInt64 {
        zip(publishedCounts, deliveriesPerMessage).reduce(0) { $0 &+ $1.0 &* $1.1 }
    }

    /// Waits until so many events have arrived, or none has for a while.
    func drain(expectedCount: UInt64, patience: Duration) async throws {
        var last = progress.count
        var lastChange = MonotonicTime.current()
        while progress.count < expectedCount {
            try await Task.sleep(for: .milliseconds(20))
            let now = MonotonicTime.current()
            if progress.count != last {
                last = progress.count
                lastChange = now
            } else if now >= lastChange.advanced(by: patience) {
                return
            }
        }
        // Whatever came twice would come now.
        try await Task.sleep(for: .milliseconds(200))
    }

    /// Closes everything.
    func end() async throws {
        try await receivers.close()
        let bound = publisher
        await bound.loop.call { bound.value.close() }
        receivingLoops.stopAndJoin()
        publishingLoop.stopAndJoin()
    }
}

/// Why a load test could not be made, or what it found.
enum LoadFailure: Error, CustomStringConvertible {
    case nameNotFound(String)
    case notLive(ReceiverStatus, wantedCount: Int)
    case noRedis(String)
    case noServerProcess

    var description: String {
        switch self {
        case .nameNotFound(let host): "no address for \(host)"
        case .notLive(let status, let wantedCount):
            "only \(status.liveCount) of \(wantedCount) connections became live: "
                + ReportLines.outcomes(status.notes).joined(separator: "; ")
        case .noRedis(let reason): "no connection to Redis: \(reason)"
        case .noServerProcess: "give --server-pid, or a dev.json whose gateway runs"
        }
    }
}

extension Target {
    /// How connections to this gateway are made.
    func receiverPlan(
        channels: [String], policy: String?, usesDeflate: Bool, on loop: EventLoop
    ) async throws -> ReceiverPlan {
        ReceiverPlan(
            address: try await url.address(on: loop), token: token,
            configuration: configuration(usesDeflate: usesDeflate),
            channels: ChannelIndex(channels), policy: policy)
    }

    /// Host, path and subprotocol of this gateway.
    func configuration(usesDeflate: Bool) -> ClientConnectionConfiguration {
        var configuration = ClientConnectionConfiguration(
            authority: url.authority, target: url.target)
        configuration.tls = tls
        configuration.subprotocols = ["tradermind.v1"]
        configuration.openTimeout = .seconds(30)
        configuration.limits = WebSocketLimits(
            messageByteCountMax: 1024 * 1024, frameByteCountMax: 1024 * 1024,
            inflationFactorMax: 1100, controlFrameInterval: 0)
        // The gateway decides how it compresses.
        if usesDeflate { configuration.deflate = DeflateConfiguration(mode: .dedicated) }
        return configuration
    }
}

extension WebSocketURL {
    /// Looks the host up.
    func address(on loop: EventLoop) async throws -> SocketAddress {
        let addresses = await withCheckedContinuation { continuation in
            NameResolver.resolve(host: host, port: port, on: loop) {
                continuation.resume(returning: $0)
            }
        }
        guard let address = addresses.first else { throw LoadFailure.nameNotFound(host) }
        return address
    }
}
