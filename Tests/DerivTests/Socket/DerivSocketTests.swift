import DerivStandIn
import EventLoop
import Security
import Synchronization
import TestSupport
import Testing
import TickFeed
import WebSocketClient

@testable import Deriv

/// What happens to a socket, in order; any thread may look.
private final class SocketLog: DerivSocketDelegate, Sendable {
    private let entries = Mutex<[String]>([])

    var all: [String] { entries.withLock { $0 } }

    func count(_ entry: String) -> Int { all.count { $0 == entry } }

    func socket(_ socket: DerivSocket, tells action: SocketAction) {
        let text: String
        switch action {
        case .opened: text = "opened"
        case .lost(let failure, let pause): text = pause == nil ? "ended \(failure)" : "lost"
        case .tick(let tick): text = "tick \(tick.market) \(tick.quote)"
        case .market(let market, .live): text = "live \(market)"
        case .market(let market, .lost): text = "lost \(market)"
        case .market(let market, .refused(let error)): text = "refused \(market) \(error)"
        case .siteStatus(let status): text = "site \(status.rawValue)"
        case .connect, .disconnect, .send, .completed: text = "internal"
        }
        entries.withLock { $0.append(text) }
    }
}

@Suite("DerivSocket against the stand-in, over TLS", .timeLimit(.minutes(10)))
struct DerivSocketTests {
    /// A socket to a stand-in, on a loop of its own.
    private struct Scene: Sendable {
        let deriv: DerivStandIn
        let socket: LoopBound<DerivSocket>
        let log: SocketLog

        var loop: EventLoop { socket.loop }

        func on<Value: Sendable>(
            _ body: @escaping @Sendable (DerivSocket) -> Value
        ) async -> Value {
            await withCheckedContinuation { continuation in
                loop.post { continuation.resume(returning: body(socket.value)) }
            }
        }

        func ask(_ request: SocketRequest) async -> Result<SocketReply, SocketError> {
            await withCheckedContinuation { continuation in
                loop.post {
                    socket.value.request(request) { continuation.resume(returning: $0) }
                }
            }
        }

        func eventually(_ what: String, _ condition: () -> Bool) async throws {
            try waitUntil(what, within: 60, condition)
        }
    }

    private static func run(
        _ generation: DerivStandIn.Generation = .legacy, reconnects: Bool = true,
        trustsStandIn: Bool = true, host: String = "127.0.0.1",
        limits change: (inout SocketLimits) -> Void = { _ in },
        _ body: (Scene) async throws -> Void
    ) async throws {
        let certificate = try TestCertificate(names: ["127.0.0.1"])
        let deriv = try await DerivStandIn(generation, certificate: certificate)
        let group = try EventLoopGroup(count: 1, name: "deriv")
        let loop = group.loops[0]
        var configuration = SocketConfiguration(
            generation: generation == .legacy ? .legacy : .options,
            url: try WebSocketURL(deriv.url),
            trust: try TLSTrust(authorityPath: trustsStandIn ? certificate.certificatePath : nil))
        configuration.limits.backoffNanosecondsMin = 1_000_000
        configuration.limits.backoffNanosecondsMax = 20_000_000
        configuration.limits.siteUpdateNanoseconds = 1_000_000
        change(&configuration.limits)
        let log = SocketLog()
        let settled = configuration
        let socket: LoopBound<DerivSocket> = await withCheckedContinuation { continuation in
            loop.post {
                let socket = DerivSocket(
                    loop: loop, configuration: settled, reconnects: reconnects,
                    watchesSiteStatus: true, delegate: log)
                socket.start()
                continuation.resume(returning: LoopBound(socket, loop: loop))
            }
        }
        let scene = Scene(deriv: deriv, socket: socket, log: log)
        let result: Result<Void, any Error>
        do { result = .success(try await body(scene)) } catch { result = .failure(error) }
        await scene.on { $0.stop() }
        group.stopAndJoin()
        deriv.stop()
        try result.get()
    }

    @Test("authorize tells whose token it is, and logout ends it")
    func authorize() async throws {
        try await Self.run(reconnects: false) { scene in
            let account = StandInAccount(
                userID: 77, loginID: "CR77",
                accounts: [
                    .init("CR77", isVirtual: false), .init("VRTC78", isVirtual: true),
                ], scopes: ["read"])
            scene.deriv.accept("a1-good", as: account)
            guard
                case .success(.authorize(let reply)) = await scene.ask(
                    .authorize(.text("a1-good")))
            else {
                Issue.record("not authorized")
                return
            }
            #expect(reply.userID == 77 && reply.loginID == "CR77" && reply.scopes == ["read"])
            #expect(reply.accounts.map(\.loginID) == ["CR77", "VRTC78"])
            #expect(reply.email == "user@example.com" && reply.currency == "USD")
            #expect(await scene.ask(.logout) == .success(.logout))
            #expect(!scene.deriv.isValid("a1-good"))
            guard
                case .failure(.refused(let error)) = await scene.ask(.authorize(.text("a1-good")))
            else {
                Issue.record("still authorized")
                return
            }
            #expect(error.code == .invalidToken)
        }
    }

    @Test("time, ping and active_symbols are answered, by either generation")
    func questions() async throws {
        for generation in [DerivStandIn.Generation.legacy, .options] {
            try await Self.run(generation) { scene in
                #expect(await scene.ask(.ping) == .success(.pong))
                #expect(await scene.ask(.time) == .success(.time(epochSeconds: 1_700_000_000)))
                guard
                    case .success(.activeSymbols(let symbols)) = await scene.ask(.activeSymbols)
                else {
                    Issue.record("no symbols")
                    return
                }
                #expect(
                    symbols.map(\.symbol) == DerivStandIn.symbolsDefault.map(\.symbol))
                #expect(symbols.map(\.decimalCount) == [2, 4, 2, 5])
                #expect(symbols.map(\.isOpen) == [true, true, true, false])
            }
        }
    }

    @Test("after a lost link it comes back and asks for its markets again, in order")
    func reconnect() async throws {
        try await Self.run { scene in
            let log = scene.log
            await scene.on { socket in
                _ = socket.subscribe("R_100")
                _ = socket.subscribe("R_50")
            }
            try await scene.eventually("both are live") {
                log.count("live R_100") == 1 && log.count("live R_50") == 1
            }
            scene.deriv.publish(StandInTick("101.5", at: 1_700_000_001), of: "R_100")
            try await scene.eventually("the tick is there") {
                log.count("tick R_100 101.50") == 1
            }
            scene.deriv.dropAll()
            try await scene.eventually("both are live again") {
                log.count("live R_100") == 2 && log.count("live R_50") == 2
            }
            #expect(log.count("lost R_100") == 1 && log.count("opened") == 2)
            let asked = scene.deriv.requests.filter { $0.call == .ticks }.map(\.argument)
            #expect(asked == ["R_100", "R_50", "R_100", "R_50"])
            scene.deriv.publish(StandInTick("102", at: 1_700_000_002), of: "R_100")
            try await scene.eventually("ticks come again") {
                log.count("tick R_100 102.00") == 1
            }
        }
    }

    @Test("a request that is under way when the link goes fails, and is not repeated")
    func lostRequest() async throws {
        try await Self.run { scene in
            scene.deriv.react(to: .time, .drop)
            guard case .failure(.linkLost) = await scene.ask(.time) else {
                Issue.record("no loss")
                return
            }
            #expect(await scene.ask(.time) == .success(.time(epochSeconds: 1_700_000_000)))
        }
    }

    @Test("a text that is no JSON ends the link, and the next one works")
    func badJSON() async throws {
        try await Self.run { scene in
            scene.deriv.react(to: .time, .text("<html>"))
            let result = await scene.ask(.time)
            #expect(result == .failure(.linkLost(.malformedMessage)))
            #expect(await scene.ask(.ping) == .success(.pong))
        }
    }

    @Test("silence: the request fails in its time, and a link without a pong is left")
    func silence() async throws {
        try await Self.run(limits: { limits in
            limits.pingNanoseconds = 200_000_000
            limits.pongNanoseconds = 100_000_000
            limits.answerNanoseconds = 50_000_000
        }) { scene in
            scene.deriv.react(to: .time, .silence)
            #expect(await scene.ask(.time) == .failure(.timedOut))
            scene.deriv.react(to: .ping, .silence)
            let log = scene.log
            try await scene.eventually("another link is open") { log.count("opened") >= 2 }
        }
    }

    @Test("a slow answer is an answer, and an error is one")
    func slowAndError() async throws {
        try await Self.run { scene in
            scene.deriv.react(to: .time, .delayed(.milliseconds(30)))
            #expect(await scene.ask(.time) == .success(.time(epochSeconds: 1_700_000_000)))
            scene.deriv.react(to: .time, .error(code: "RateLimit", message: "Slow down."))
            let error = DerivError(code: .rateLimit, message: "Slow down.")
            #expect(await scene.ask(.time) == .failure(.refused(error)))
        }
    }

    @Test("Deriv's state is told, and a closed market too")
    func status() async throws {
        try await Self.run { scene in
            let log = scene.log
            await scene.on { _ = $0.subscribe("frxEURUSD") }
            try await scene.eventually("the refusal is told") {
                log.count("refused frxEURUSD MarketIsClosed") == 1
            }
            try await scene.eventually("the first state is told") { log.count("site up") == 1 }
            scene.deriv.setSiteStatus("updating")
            try await scene.eventually("the change is told") { log.count("site updating") == 1 }
        }
    }

    @Test("a certificate of nobody known ends the only attempt")
    func untrusted() async throws {
        try await Self.run(reconnects: false, trustsStandIn: false) { scene in
            let log = scene.log
            try await scene.eventually("it has ended") {
                log.all.contains { $0.hasPrefix("ended") && $0.contains("no TLS") }
            }
            guard case .failure(.linkLost) = await scene.ask(.time) else {
                Issue.record("was asked")
                return
            }
            #expect(scene.deriv.requests.isEmpty)
        }
    }

    @Test("a refused handshake is tried again")
    func refusedHandshake() async throws {
        try await Self.run { scene in
            scene.deriv.refuseHandshakes(with: 503)
            scene.deriv.dropAll()
            let log = scene.log
            try await scene.eventually("it was refused") { log.count("lost") >= 2 }
            scene.deriv.refuseHandshakes(with: nil)
            #expect(await scene.ask(.ping) == .success(.pong))
        }
    }
}
