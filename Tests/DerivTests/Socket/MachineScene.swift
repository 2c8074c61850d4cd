import JSONRPC
import Security
import TickFeed

@testable import Deriv

/// A machine with a clock of its own, and what it did.
final class MachineScene {
    static let second: UInt64 = 1_000_000_000

    var machine: SocketMachine
    var now: UInt64 = 1000 * second
    var random: UInt64 = 0
    /// Requests that went out and were not answered, oldest first.
    var sent: [(id: Int64, request: SocketRequest)] = []
    var results: [Int64: Result<SocketReply, SocketError>] = [:]
    var ticks: [Tick] = []
    var marketChanges: [(market: String, status: MarketStatus)] = []
    var siteStatuses: [SiteStatus] = []
    var losses: [(failure: SocketLinkFailure, retryNanoseconds: UInt64?)] = []
    var connectCount = 0
    var disconnectCount = 0

    init(
        _ generation: SocketGeneration = .legacy, limits: SocketLimits = SocketLimits(),
        reconnects: Bool = true, watchesSiteStatus: Bool = false
    ) {
        machine = SocketMachine(
            generation: generation, limits: limits,
            budget: RateBudget(burst: limits.requestBurst, perMinute: limits.requestsPerMinute),
            reconnects: reconnects, watchesSiteStatus: watchesSiteStatus)
    }

    /// One that is open.
    static func open(
        _ generation: SocketGeneration = .legacy, limits: SocketLimits = SocketLimits(),
        reconnects: Bool = true, watchesSiteStatus: Bool = false
    ) -> MachineScene {
        let scene = MachineScene(
            generation, limits: limits, reconnects: reconnects,
            watchesSiteStatus: watchesSiteStatus)
        scene.start()
        return scene
    }

    func start() {
        machine.start()
        machine.linkOpened(now: now)
        drain()
    }

    func drain() {
        while let action = machine.nextAction() {
            switch action {
            case .connect: connectCount += 1
            case .disconnect: disconnectCount += 1
            case .send(let id, let request): sent.append((id, request))
            case .completed(let id, let result): results[id] = result
            case .opened: break
            case .lost(let failure, let pause): losses.append((failure, pause))
            case .tick(let tick): ticks.append(tick)
            case .market(let market, let status): marketChanges.append((market, status))
            case .siteStatus(let status): siteStatuses.append(status)
            }
        }
    }

    func receive(_ text: String) {
        let bytes = Array(text.utf8)
        // Safety: the array lives during the call.
        unsafe machine.received(bytes.span.bytes, now: now, random: random)
        drain()
    }

    func request(_ request: SocketRequest) throws(SocketError) -> Int64 {
        let id = try machine.request(request, now: now)
        drain()
        return id
    }

    func subscribe(_ market: String) -> Bool {
        let isTaken = machine.subscribe(market, now: now)
        drain()
        return isTaken
    }

    func unsubscribe(_ market: String) {
        machine.unsubscribe(market, now: now)
        drain()
    }

    func lose(_ failure: SocketLinkFailure = .lost("reset")) {
        machine.linkLost(failure, now: now, random: random)
        sent = []
        drain()
    }

    func stop() {
        machine.stop(now: now)
        drain()
    }

    func reopen() {
        machine.linkOpened(now: now)
        drain()
    }

    /// Lets time pass, with every deadline on the way.
    func advance(seconds: Double) {
        let end = now + UInt64(seconds * Double(Self.second))
        while let deadline = machine.deadline(now: now), deadline <= end {
            now = max(now, deadline)
            machine.timePassed(now: now, random: random)
            drain()
        }
        now = end
    }

    /// The names of the requests that went out and were not answered.
    var sentNames: [String] {
        sent.map { entry in
            switch entry.request {
            case .ticks(let market): "ticks \(market)"
            case .forget(let subscription): "forget \(subscription)"
            default: entry.request.name
            }
        }
    }

    func takeSent() -> (id: Int64, request: SocketRequest)? {
        sent.isEmpty ? nil : sent.removeFirst()
    }

    /// Answers the oldest request for ticks with its first tick.
    func answerTicks(subscription: String, quote: String = "100.25") {
        guard let (id, request) = takeSent(), case .ticks(let market) = request else { return }
        receive(Self.tick(market, subscription: subscription, id: id, quote: quote))
    }

    static func tick(
        _ market: String, subscription: String, id: Int64, quote: String = "100.25",
        epoch: Int64 = 1_588_829_622
    ) -> String {
        """
        {"echo_req":{"ticks":"\(market)","subscribe":1,"req_id":\(id)},"msg_type":"tick",\
        "req_id":\(id),"subscription":{"id":"\(subscription)"},"tick":{"ask":100.5,"bid":100,\
        "epoch":\(epoch),"id":"\(subscription)","pip_size":2,"quote":\(quote),\
        "symbol":"\(market)"}}
        """
    }

    static func error(_ code: String, id: Int64, type: String = "ticks") -> String {
        """
        {"echo_req":{"req_id":\(id)},"error":{"code":"\(code)","message":"No."},\
        "msg_type":"\(type)","req_id":\(id)}
        """
    }
}
