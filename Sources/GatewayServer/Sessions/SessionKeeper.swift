import EventLoop
import GatewayAPI
import JSONRPC

/// What one loop of a node does for all sessions without being asked: it sees to the functions,
/// repairs what an outage left half written, and lets time pass for sessions, signals and feeds.
///
/// Redis decides everything: what is due, by its own clock, and once, however many nodes ask. So
/// a node that was down made nobody's session longer, and any node carries on. Confined to its
/// loop.
final class SessionKeeper: TimerHandler {
    /// The longest pause between two looks at what is due. 100 ms: a session ends that late at
    /// most.
    static let timerInterval = Duration.milliseconds(100)
    /// The shortest one, where something was due already.
    static let timerIntervalMin = Duration.milliseconds(5)
    /// The pause between two looks at silent feeds.
    static let feedInterval = Duration.seconds(1)
    /// Looks at what is due that fail in a row before the node is not ready any more. 20, which
    /// take two seconds: a step that cannot be taken for a moment is no outage.
    static let refusedLookCountMax = 20
    /// The pause before a failed load or repair is tried again.
    static let retryInterval = Duration.seconds(1)

    private static let timerToken: UInt32 = 0
    private static let feedToken: UInt32 = 1
    private static let retryToken: UInt32 = 2

    private unowned let server: LoopServer
    private let functions: FunctionCaller
    private let loader: FunctionLibraryLoader
    private var timers: [UInt32: TimerID] = [:]
    private var isRunning = false
    private var refusedLookCount = 0
    private var repair: SessionRepair?

    init(server: LoopServer, functions: FunctionCaller, loader: FunctionLibraryLoader) {
        self.server = server
        self.functions = functions
        self.loader = loader
    }

    /// The link to Redis came or went.
    func redisChanged(isReady: Bool) {
        if isReady {
            prepare()
        } else {
            server.shared.health.set(hasSessionFunctions: false)
            stop()
        }
    }

    /// Ends every timer.
    func stop() {
        isRunning = false
        refusedLookCount = 0
        server.shared.health.set(refusesSteps: false)
        for timer in timers.values { server.loop.cancel(timer) }
        timers = [:]
        repair = nil
    }

    /// Loads the functions, repairs, and begins to look.
    private func prepare() {
        loader.ensure { [weak self] isLoaded in
            guard let self, functions.isReady else { return }
            guard isLoaded else {
                server.metrics.keeperErrorCount += 1
                if server.shared.health.set(functionsRefusal: loader.refusal),
                    let reason = loader.refusal
                {
                    server.shared.report(.functionsRefused(reason: reason), from: server)
                }
                return schedule(Self.retryToken, after: Self.retryInterval)
            }
            server.shared.health.set(hasSessionFunctions: true)
            startRepair()
            guard !isRunning else { return }
            isRunning = true
            letTimePass()
            checkFeeds()
        }
    }

    func timerFired(token: UInt32) {
        timers[token] = nil
        switch token {
        case Self.timerToken: letTimePass()
        case Self.feedToken: checkFeeds()
        default: prepare()
        }
    }

    private func schedule(_ token: UInt32, after delay: Duration) {
        if let timer = timers[token] { server.loop.cancel(timer) }
        timers[token] = server.loop.schedule(after: delay, handler: self, token: token)
    }

    // MARK: - Time

    private func letTimePass() {
        let retention = server.limits.sessionRetentionMilliseconds
        call("tick_timers", "{\"retention_ms\":\(retention)}") { [weak self] json in
            guard let self, isRunning else { return }
            refusedLookCount = json == nil ? refusedLookCount + 1 : 0
            server.shared.health.set(refusesSteps: refusedLookCount >= Self.refusedLookCountMax)
            schedule(Self.timerToken, after: json.flatMap(pause) ?? Self.timerInterval)
        }
    }

    /// How long until something is due, within the bounds.
    private func pause(after json: [UInt8]) -> Duration? {
        // Safety: the array lives during the calls.
        let text = unsafe json.span.bytes
        var tape = JSONTape(limits: .payload)
        guard (try? tape.read(text)) != nil else { return nil }
        let root = tape.root(in: text)
        guard let now = root.member("now")?.int64, let due = root.member("next_due_at")?.int64
        else { return nil }
        let wait = Duration.milliseconds(max(0, due - now))
        return min(max(wait, Self.timerIntervalMin), Self.timerInterval)
    }

    private func checkFeeds() {
        let timeout = server.limits.feedSilenceMilliseconds
        call("feed_check", "{\"timeout_ms\":\(timeout)}") { [weak self] _ in
            guard let self, isRunning else { return }
            schedule(Self.feedToken, after: Self.feedInterval)
        }
    }

    private func call(
        _ function: String, _ request: String, then next: @escaping ([UInt8]?) -> Void
    ) {
        let bytes = Array(request.utf8)
        // Safety: the array lives during the call, which copies it.
        unsafe functions.call(function, bytes.span.bytes) { [weak self] outcome in
            switch outcome {
            case .success(let json): next(json)
            case .failure:
                self?.server.metrics.keeperErrorCount += 1
                next(nil)
            }
        }
    }

    // MARK: - Repair

    private func startRepair() {
        guard repair == nil else { return }
        let repair = SessionRepair(functions: functions)
        self.repair = repair
        repair.run { [weak self] report in
            guard let self else { return }
            self.repair = nil
            note(report)
            guard !report.isComplete, isRunning else { return }
            schedule(Self.retryToken, after: Self.retryInterval)
        }
    }

    private func note(_ report: SessionRepair.Report) {
        server.metrics.repairCheckedCount += report.checkedCount
        server.metrics.repairedCount += report.repairedCount
        server.metrics.quarantinedCount += report.quarantined.count
        if !report.isComplete { server.metrics.keeperErrorCount += 1 }
        for entry in report.quarantined {
            server.shared.report(
                .quarantined(key: entry.key, problem: entry.problem), from: server)
        }
        server.shared.report(
            .repaired(
                checked: report.checkedCount, repaired: report.repairedCount,
                quarantined: report.quarantined.count, isComplete: report.isComplete),
            from: server)
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("node", server.shared.configuration.nodeName)
        writer.member("checked", report.checkedCount)
        writer.member("repaired", report.repairedCount)
        writer.member("quarantined", report.quarantined.count)
        writer.member("complete", report.isComplete)
        writer.endObject()
        // For admins, who ask any node.
        functions.call("rebuild_note", writer.bytes) { [weak self] outcome in
            if case .failure = outcome { self?.server.metrics.keeperErrorCount += 1 }
        }
    }
}
