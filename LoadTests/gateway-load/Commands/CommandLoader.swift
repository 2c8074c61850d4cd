import EventLoop
import GatewayClient
import JSONRPC
import LoadTesting
import WebSocketClient
import WebSocketProtocol

/// What the clients of one thread, or of all, came to in a phase.
struct CommandLoadStatus: Sendable {
    var commandCount: UInt64 = 0
    /// Refused commands.
    var failureCount: UInt64 = 0
    /// From a request's sending to the reading of its answer.
    var latencies: [CommandOperation: LatencyRecorder] = [:]
    /// What was refused how often, in words.
    var outcomes: [String: Int] = [:]

    static func += (left: inout CommandLoadStatus, right: CommandLoadStatus) {
        left.commandCount &+= right.commandCount
        left.failureCount &+= right.failureCount
        for (operation, recorder) in right.latencies {
            left.latencies[operation, default: LatencyRecorder()].add(recorder)
        }
        left.outcomes.merge(right.outcomes, uniquingKeysWith: +)
    }
}

/// Clients that send one command after the other, each when the answer to its last is there.
///
/// Confined to its loop.
final class CommandLoader: ClientConnectionDelegate {
    private struct Lane {
        let subject: CommandSubject
        var connection: ClientConnection?
        var step = 0
        var startTime = MonotonicTime(nanoseconds: 0)
        var signalID = ""
        var isBusy = false
    }

    private let context: ClientConnectionContext
    private let address: SocketAddress
    private let token: String
    private var lanes: [Lane]
    private var phase = CommandPhase.participation
    private var isRunning = false
    private var openCount = 0
    private var openWaiter: CheckedContinuation<Bool, Never>?
    private var idleWaiter: CheckedContinuation<Void, Never>?
    private var tape = JSONTape()
    private(set) var status = CommandLoadStatus()

    init(
        context: ClientConnectionContext, address: SocketAddress, token: String,
        subjects: [CommandSubject]
    ) {
        self.context = context
        self.address = address
        self.token = token
        lanes = subjects.map { Lane(subject: $0) }
    }

    // MARK: - For the command

    /// Opens every connection.
    ///
    /// - Returns: whether all are open.
    func open() async -> Bool {
        await withCheckedContinuation { continuation in
            openWaiter = continuation
            for index in lanes.indices {
                do throws(SystemError) {
                    lanes[index].connection = try ClientConnection(
                        connectingTo: address, context: context, token: token, tag: index,
                        delegate: self)
                } catch {
                    note("connect: \(error)")
                    openWaiter.take()?.resume(returning: false)
                }
            }
        }
    }

    /// Lets every client begin.
    func start(_ phase: CommandPhase) {
        self.phase = phase
        isRunning = true
        for index in lanes.indices {
            lanes[index].step = 0
            send(on: index)
        }
    }

    /// Forgets what was counted: the warm-up is over.
    func reset() {
        status = CommandLoadStatus()
    }

    /// Lets no client send any more, and waits for the answers that are under way; they do not
    /// count.
    func stop() async {
        isRunning = false
        guard lanes.contains(where: \.isBusy) else { return }
        await withCheckedContinuation { idleWaiter = $0 }
    }

    /// Closes every connection.
    func close() {
        isRunning = false
        for lane in lanes { lane.connection?.close() }
    }

    // MARK: - ClientConnectionDelegate

    func connectionOpened(_ connection: ClientConnection) {
        openCount += 1
        if openCount == lanes.count { openWaiter.take()?.resume(returning: true) }
    }

    func connection(
        _ connection: ClientConnection, received kind: MessageKind, _ bytes: BorrowedBytes
    ) {
        // The greeting and warnings are notifications.
        bytes.withSpan { bytes in
            guard case .other = EventScanner.scan(bytes) else { return }
            answered(bytes, on: connection.tag)
        }
    }

    func connectionEnded(_ connection: ClientConnection, _ end: ClientConnectionEnd) {
        let index = connection.tag
        if isRunning || openWaiter != nil { note(EndText.text(of: end)) }
        lanes[index].connection = nil
        openWaiter.take()?.resume(returning: false)
        becameIdle(index)
    }

    // MARK: - Commands

    private func send(on index: Int) {
        guard isRunning, let connection = lanes[index].connection else { return }
        let lane = lanes[index]
        let operation = phase.cycle[lane.step]
        lanes[index].startTime = .current()
        lanes[index].isBusy = true
        connection.send(
            .text, lane.subject.request(operation, id: 1, signalID: lane.signalID))
    }

    private func answered(_ bytes: RawSpan, on index: Int) {
        let operation = phase.cycle[lanes[index].step]
        let elapsed = MonotonicTime.current().nanoseconds - lanes[index].startTime.nanoseconds
        let isSuccess = read(bytes, of: operation, on: index)
        if isRunning {
            status.commandCount &+= 1
            status.latencies[operation, default: LatencyRecorder()].record(
                nanoseconds: Int64(clamping: elapsed))
        }
        advance(index, after: operation, isSuccess: isSuccess)
        becameIdle(index)
        send(on: index)
    }

    /// Reads an answer.
    ///
    /// - Returns: whether the cycle can go on.
    private func read(
        _ bytes: RawSpan, of operation: CommandOperation, on index: Int
    ) -> Bool {
        switch CommandAnswer(bytes, tape: &tape) {
        case .refused(let reason):
            note("\(operation.rawValue): \(reason)")
            return false
        case .claimed(let id):
            lanes[index].signalID = id
            return true
        case .done:
            // Another client may have taken this one's signal: it has that client's to do then.
            return operation != .claim
        }
    }

    private func advance(_ index: Int, after operation: CommandOperation, isSuccess: Bool) {
        let count = phase.cycle.count
        let isCut = !isSuccess && operation == .claim
        lanes[index].step = isCut ? 0 : (lanes[index].step + 1) % count
    }

    private func becameIdle(_ index: Int) {
        lanes[index].isBusy = false
        if !isRunning, !lanes.contains(where: \.isBusy) { idleWaiter.take()?.resume() }
    }

    private func note(_ outcome: String) {
        guard isRunning || openWaiter != nil else { return }
        status.failureCount &+= 1
        status.outcomes[status.outcomes.count < 64 ? outcome : "other", default: 0] += 1
    }
}
