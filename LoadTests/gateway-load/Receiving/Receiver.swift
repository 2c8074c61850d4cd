import EventLoop
import GatewayClient
import JSONRPC
import LoadTesting
import WebSocketClient
import WebSocketProtocol

/// How the connections of a load test are made.
struct ReceiverPlan: Sendable {
    /// Where the gateway is.
    var address: SocketAddress
    /// The bearer token.
    var token: String
    /// Host, path, subprotocol and limits.
    var configuration: ClientConnectionConfiguration
    /// The channels of the test.
    var channels: ChannelIndex
    /// The policy that is asked for; nil leaves it to the gateway.
    var policy: String?
    /// Handshakes that one thread has under way at a time.
    var openingCountMax = 64
}

/// The connections of one thread: opens them, subscribes, and checks every event.
///
/// Confined to its loop.
final class Receiver: ClientConnectionDelegate {
    /// The kernel keeps megabytes for a reader that pauses; with this little, the gateway notices
    /// within seconds.
    private static let slowReceiveBufferByteCount: Int32 = 4096

    private let plan: ReceiverPlan
    private let context: ClientConnectionContext
    private let clock: StampClock
    private let progress: DeliveryProgress
    private var lanes: [Lane]
    private var nextLaneIndex = 0
    private var isReadingAll = false
    /// Wide: an answer holds a snapshot of each channel.
    private var tape = JSONTape(
        limits: JSONLimits(byteCountMax: 1024 * 1024, tokenCountMax: 512 * 1024))
    private(set) var status = ReceiverStatus()

    /// Events with an earlier stamp are checked but their latency is not counted: the warm-up.
    var measureFromStamp: UInt64 = .max
    /// Latencies of events to prompt readers, from when they were due to when they were read.
    private(set) var latencies = LatencyRecorder()

    init(
        loop: EventLoop, plan: ReceiverPlan, lanes: [LanePlan], clock: StampClock,
        progress: DeliveryProgress
    ) {
        self.plan = plan
        self.clock = clock
        self.progress = progress
        self.lanes = lanes.map { Lane($0) }
        context = ClientConnectionContext(loop: loop, configuration: plan.configuration)
        status.waitingCount = lanes.count
    }

    private var loop: EventLoop { context.loop }

    // MARK: - Opening and closing

    /// Opens every connection, a few at a time.
    func open() {
        while nextLaneIndex < lanes.count,
            status.connectingCount + status.subscribingCount < plan.openingCountMax
        {
            openLane(nextLaneIndex)
            nextLaneIndex += 1
        }
    }

    private func openLane(_ index: Int) {
        status.waitingCount -= 1
        lanes[index].startTime = .current()
        do throws(SystemError) {
            lanes[index].connection = try ClientConnection(
                connectingTo: plan.address, context: context, token: plan.token, tag: index,
                delegate: self)
            status.connectingCount += 1
            lanes[index].stage = .connecting
            if lanes[index].plan.behaviour != .prompt {
                try lanes[index].connection?.setReceiveBufferByteCount(
                    Self.slowReceiveBufferByteCount)
            }
        } catch {
            lanes[index].stage = .ended
            status.endedCount += 1
            status.note("connect: \(error)")
        }
    }

    /// Lets slow readers read everything that waits for them, to learn what they are told.
    func readAll() {
        isReadingAll = true
        for index in lanes.indices where lanes[index].plan.behaviour != .prompt {
            // Refused only for a broken socket, which the next read tells.
            try? lanes[index].connection?.setReceiveBufferByteCount(1024 * 1024)
            lanes[index].connection?.resumeReading()
        }
    }

    /// Closes every connection with code 1000; the gateway's answers are not waited for.
    func closeAll() {
        status.isClosing = true
        for index in lanes.indices { lanes[index].connection?.close() }
    }

    /// Counts what never came.
    ///
    /// - Parameter publishedCounts: how many events were published, by channel index.
    /// - Returns: the counts of prompt readers, and those of slow ones.
    func finish(publishedCounts: [UInt64]) -> (prompt: DeliveryCounts, slow: DeliveryCounts) {
        var prompt = status.counts
        var slow = DeliveryCounts()
        for lane in lanes {
            var counts = lane.counts
            for (slot, check) in lane.checks.enumerated() {
                let index = (lane.plan.firstChannelIndex + slot) % plan.channels.names.count
                check.finish(publishedCount: publishedCounts[index], counts: &counts)
            }
            if lane.plan.behaviour == .prompt { prompt += counts } else { slow += counts }
        }
        return (prompt, slow)
    }

    // MARK: - ClientConnectionDelegate

    func connectionOpened(_ connection: ClientConnection) {
        let index = connection.tag
        status.connectingCount -= 1
        status.subscribingCount += 1
        lanes[index].stage = .subscribing
        guard lanes[index].plan.channelCount > 0 else {
            becameLive(index)
            return
        }
        connection.send(.text, subscribeRequest(lanes[index].plan))
    }

    func connection(
        _ connection: ClientConnection, received kind: MessageKind, _ bytes: BorrowedBytes
    ) {
        let index = connection.tag
        bytes.withSpan { received($0, on: index) }
        guard !isReadingAll else { return }
        if case .slow(let pause) = lanes[index].plan.behaviour, lanes[index].stage == .live {
            connection.pauseReading()
            _ = loop.schedule(after: pause, handler: self, token: UInt32(index))
        }
    }

    func connectionEnded(_ connection: ClientConnection, _ end: ClientConnectionEnd) {
        let index = connection.tag
        switch lanes[index].stage {
        case .connecting: status.connectingCount -= 1
        case .subscribing: status.subscribingCount -= 1
        case .live: status.liveCount -= 1
        case .waiting, .ended: break
        }
        lanes[index].stage = .ended
        lanes[index].connection = nil
        status.endedCount += 1
        if !status.isClosing {
            let isSlow = lanes[index].plan.behaviour != .prompt
            status.note((isSlow ? "slow reader: " : "") + EndText.text(of: end))
            if !isSlow { status.promptEndedCount += 1 }
        }
        open()
    }

    // MARK: - Messages

    private func received(_ bytes: RawSpan, on index: Int) {
        status.messageCount &+= 1
        status.byteCount &+= UInt64(bytes.byteCount)
        switch EventScanner.scan(bytes) {
        case .event(let event):
            received(event, bytes, on: index)
        case .notification(let method):
            received(notification: method, bytes, on: index)
        case .other:
            receivedAnswer(bytes, on: index)
        }
    }

    private func received(_ event: ScannedEvent, _ bytes: RawSpan, on index: Int) {
        guard let channelIndex = plan.channels.index(of: bytes, in: event.channel),
            let slot = lanes[index].slot(
                ofChannel: channelIndex, channelCount: plan.channels.names.count)
        else {
            status.counts.foreign &+= 1
            return
        }
        let isNew = lanes[index].receive(event, slot: slot)
        guard isNew, lanes[index].plan.behaviour == .prompt else { return }
        if let stamp = event.stampNanoseconds, stamp >= measureFromStamp {
            latencies.record(nanoseconds: clock.nanoseconds(from: stamp, to: .current()))
        }
        progress.add()
    }

    private func received(notification method: Range<Int>, _ bytes: RawSpan, on index: Int) {
        let name = bytes.extracting(method)
        if name.isEqual(to: "channel.status") {
            status.counts.channelStatuses &+= 1
            resume(index, bytes)
        } else if name.isEqual(to: "hello") {
            status.helloCount += 1
        } else {
            status.counts.otherNotifications &+= 1
            status.note("notification " + String(copying: name))
        }
    }

    /// Takes up where channels that are live again go on.
    private func resume(_ index: Int, _ bytes: RawSpan) {
        guard let status = ChannelStatusMessage(bytes, tape: &tape) else {
            self.status.counts.malformed &+= 1
            return
        }
        guard status.isLive else { return }
        for position in status.positions {
            let name = Array(position.channel.utf8)
            // Safety: every byte of an array of bytes is initialised.
            let text = unsafe name.span.bytes
            guard let channelIndex = plan.channels.index(of: text, in: 0..<name.count),
                let slot = lanes[index].slot(
                    ofChannel: channelIndex, channelCount: plan.channels.names.count)
            else { continue }
            lanes[index].checks[slot].resume(after: position.sequence)
        }
    }

    private func receivedAnswer(_ bytes: RawSpan, on index: Int) {
        switch SubscribeAnswer(bytes, tape: &tape) {
        case .taken:
            if lanes[index].stage == .subscribing { becameLive(index) }
        case .refused(let reason):
            status.note("subscribe: \(reason)")
            lanes[index].connection?.close()
        case .malformed:
            status.counts.malformed &+= 1
        }
    }

    private func becameLive(_ index: Int) {
        lanes[index].stage = .live
        status.subscribingCount -= 1
        status.liveCount += 1
        let elapsed = MonotonicTime.current().nanoseconds - lanes[index].startTime.nanoseconds
        status.openLatencies.record(nanoseconds: Int64(clamping: elapsed))
        if lanes[index].plan.behaviour == .stopped { lanes[index].connection?.pauseReading() }
        open()
    }

    private func subscribeRequest(_ lane: LanePlan) -> [UInt8] {
        let names = plan.channels.names
        let wanted = (0..<lane.channelCount).map {
            names[(lane.firstChannelIndex + $0) % names.count]
        }
        return SubscribeRequest.bytes(wanted, policy: plan.policy)
    }
}

extension Receiver: TimerHandler {
    /// A slow reader reads again.
    func timerFired(token: UInt32) {
        let index = Int(token)
        guard lanes.indices.contains(index) else { return }
        lanes[index].connection?.resumeReading()
    }
}
