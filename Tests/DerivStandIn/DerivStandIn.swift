import EventLoop
import JSONRPC
import Synchronization
package import TestSupport
import WebSocketTestServer

/// Speaks Deriv's documented socket messages on 127.0.0.1, over TLS where there is a certificate,
/// and misbehaves where a test tells it to. On a loop of its own; any thread may call.
///
/// ```swift
/// let deriv = try await DerivStandIn(certificate: certificate)
/// deriv.accept("a1-abc", as: StandInAccount(userID: 7, loginID: "VRTC7"))
/// deriv.react(to: .authorize, .silence)
/// ```
package final class DerivStandIn: Sendable {
    /// Whose messages it speaks.
    package enum Generation: Sendable {
        /// `/websockets/v3?app_id=…`
        case legacy
        /// `/trading/v1/options/ws/…`
        case options
    }

    private struct Subscription {
        let id: String
        let symbol: String
        let request: StandInRequest
        let connection: LoopBound<ScriptedConnection>
    }

    private struct State {
        var accounts: [String: StandInAccount] = [:]
        var symbols: [StandInSymbol]
        var reactions: [(call: StandInRequest.Call, reaction: StandInReaction)] = []
        var requests: [StandInRequest] = []
        var subscriptions: [Subscription] = []
        var statusSubscriptions: [Int: (StandInRequest, LoopBound<ScriptedConnection>)] = [:]
        var connections: [Int: LoopBound<ScriptedConnection>] = [:]
        var targets: [String] = []
        var authorized: [Int: String] = [:]
        var subscriptionCount = 0
        var refusalStatus: Int?
    }

    /// Which messages it speaks.
    package let generation: Generation
    /// Where it listens.
    package let port: UInt16
    private let usesTLS: Bool
    private let state: Mutex<State>
    private let replies: StandInReplies
    private let server: ScriptedServer

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - generation: which messages it speaks.
    ///   - certificate: its certificate; nil for plain TCP.
    ///   - symbols: its markets.
    /// - Throws: what keeps it from listening.
    package convenience init(
        _ generation: Generation = .legacy, certificate: TestCertificate?,
        symbols: [StandInSymbol] = DerivStandIn.symbolsDefault
    ) async throws {
        let relay = Relay()
        let server = try await ScriptedServer(certificate: certificate) { connection, input in
            relay.target?.handle(input, on: connection)
        }
        self.init(generation, server: server, usesTLS: certificate != nil, symbols: symbols)
        relay.set(self)
    }

    private init(
        _ generation: Generation, server: ScriptedServer, usesTLS: Bool, symbols: [StandInSymbol]
    ) {
        self.generation = generation
        self.server = server
        self.usesTLS = usesTLS
        port = server.port
        replies = StandInReplies(generation: generation)
        state = Mutex(State(symbols: symbols))
    }

    /// `R_100`, `1HZ100V` and `R_50` are open, `frxEURUSD` is closed.
    package static var symbolsDefault: [StandInSymbol] {
        [
            StandInSymbol("R_100", displayName: "Volatility 100 Index", decimalCount: 2),
            StandInSymbol("R_50", displayName: "Volatility 50 Index", decimalCount: 4),
            StandInSymbol("1HZ100V", displayName: "Volatility 100 (1s) Index", decimalCount: 2),
            StandInSymbol("frxEURUSD", displayName: "EUR/USD", decimalCount: 5, isOpen: false),
        ]
    }

    /// The URL of its socket, with the application's id.
    package var url: String {
        let scheme = usesTLS ? "wss" : "ws"
        return switch generation {
        case .legacy: "\(scheme)://127.0.0.1:\(port)/websockets/v3?app_id=1089"
        case .options: "\(scheme)://127.0.0.1:\(port)/trading/v1/options/ws/public"
        }
    }

    /// Stops listening and ends every connection.
    package func stop() { server.stop() }
}

// MARK: - Scripts

extension DerivStandIn {
    /// Lets a token sign in.
    package func accept(_ token: String, as account: StandInAccount) {
        state.withLock { $0.accounts[token] = account }
    }

    /// Makes a token invalid.
    package func revoke(_ token: String) {
        state.withLock { $0.accounts[token] = nil }
    }

    /// Whether a token is valid; `logout` ends that.
    package func isValid(_ token: String) -> Bool {
        state.withLock { $0.accounts[token] != nil }
    }

    /// Treats the next requests of a kind in another way, one request for each call of this.
    package func react(to call: StandInRequest.Call, _ reaction: StandInReaction) {
        state.withLock { $0.reactions.append((call, reaction)) }
    }

    /// Refuses handshakes with this status until it is nil again.
    package func refuseHandshakes(with status: Int?) {
        state.withLock { $0.refusalStatus = status }
    }

    /// Opens or closes a market.
    package func setOpen(_ isOpen: Bool, symbol: String) {
        state.withLock { state in
            guard let index = state.symbols.firstIndex(where: { $0.symbol == symbol }) else {
                return
            }
            state.symbols[index].isOpen = isOpen
        }
    }

    /// Sends a tick to all subscribers of a market.
    ///
    /// - Returns: how many there are.
    @discardableResult
    package func publish(_ tick: StandInTick, of symbol: String) -> Int {
        let (found, subscriptions) = state.withLock { state in
            (
                state.symbols.first { $0.symbol == symbol },
                state.subscriptions.filter { $0.symbol == symbol }
            )
        }
        guard let found else { return 0 }
        for subscription in subscriptions {
            let text = replies.tick(
                tick, of: found, subscription: subscription.id, to: subscription.request)
            send(text, on: subscription.connection)
        }
        return subscriptions.count
    }

    /// Tells all subscribers of `website_status`: `up`, `down` or `updating`.
    package func setSiteStatus(_ status: String) {
        for (request, connection) in state.withLock({ Array($0.statusSubscriptions.values) }) {
            send(replies.websiteStatus(status, to: request), on: connection)
        }
    }

    /// Sends a text on every connection, whatever it is.
    package func broadcast(_ text: String) {
        for connection in state.withLock({ Array($0.connections.values) }) {
            send(text, on: connection)
        }
    }

    /// Ends every link without a Close frame.
    package func dropAll() {
        let connections = state.withLock { state in
            let all = Array(state.connections)
            state.connections = [:]
            state.subscriptions = []
            state.statusSubscriptions = [:]
            return all
        }
        for (_, connection) in connections {
            server.loop.post { connection.value.drop() }
        }
    }

    /// All requests so far.
    package var requests: [StandInRequest] { state.withLock { $0.requests } }

    /// The request targets of all handshakes so far.
    package var handshakeTargets: [String] { state.withLock { $0.targets } }

    /// How many connections are open.
    package var connectionCount: Int { state.withLock { $0.connections.count } }

    /// The markets that somebody subscribes to, one entry for each subscription, in order.
    package var subscribedSymbols: [String] {
        state.withLock { $0.subscriptions.map(\.symbol).sorted() }
    }

    private func send(_ text: String, on connection: LoopBound<ScriptedConnection>) {
        server.loop.post { connection.value.send(text) }
    }
}

// MARK: - Answers

extension DerivStandIn {
    fileprivate func handle(_ input: ScriptedInput, on connection: ScriptedConnection) {
        let number = connection.number
        switch input {
        case .handshake(_, let target, _):
            let status = state.withLock { state in
                state.targets.append(target)
                return state.refusalStatus
            }
            if let status { return connection.refuse(status, body: "") }
            let bound = LoopBound(connection, loop: server.loop)
            state.withLock { $0.connections[number] = bound }
            connection.accept()
        case .text(let text):
            received(text, on: connection)
        case .close, .ended:
            state.withLock { state in
                state.connections[number] = nil
                state.authorized[number] = nil
                state.statusSubscriptions[number] = nil
                state.subscriptions.removeAll { $0.request.connection == number }
            }
        }
    }

    private func received(_ text: String, on connection: ScriptedConnection) {
        guard let request = StandInRequest(text, connection: connection.number) else {
            connection.send(
                #"{"error":{"code":"INVALID_JSON","message":"Invalid JSON."},"msg_type":"error"}"#)
            return
        }
        let reaction = state.withLock { state -> StandInReaction? in
            state.requests.append(request)
            guard let index = state.reactions.firstIndex(where: { $0.call == request.call })
            else { return nil }
            return state.reactions.remove(at: index).reaction
        }
        switch reaction {
        case nil: connection.send(answer(to: request, on: connection))
        case .silence: break
        case .error(let code, let message):
            connection.send(replies.error(code, message, to: request))
        case .text(let text): connection.send(text)
        case .drop:
            handle(.ended, on: connection)
            connection.drop()
        case .delayed(let duration):
            let answer = answer(to: request, on: connection)
            _ = server.loop.schedule(after: duration, handler: Later { connection.send(answer) })
        }
    }

    private func answer(to request: StandInRequest, on connection: ScriptedConnection) -> String {
        switch request.call {
        case .authorize, .logout, .websiteStatus:
            guard generation == .legacy else { return unknown(request) }
            return legacyAnswer(to: request, on: connection)
        case .ping:
            return replies.reply(to: request, as: "ping") { $0.member("ping", "pong") }
        case .time:
            return replies.reply(to: request, as: "time") { $0.member("time", 1_700_000_000) }
        case .activeSymbols:
            return replies.activeSymbols(state.withLock { $0.symbols }, to: request)
        case .ticks: return subscribe(request, on: connection)
        case .forget: return forget(request)
        case .unknown: return unknown(request)
        }
    }

    private func unknown(_ request: StandInRequest) -> String {
        replies.error("UnrecognisedRequest", "Unrecognised request.", to: request)
    }

    private func legacyAnswer(
        to request: StandInRequest, on connection: ScriptedConnection
    ) -> String {
        let number = connection.number
        switch request.call {
        case .authorize:
            let token = request.token ?? ""
            let account = state.withLock { state in
                if state.accounts[token] != nil { state.authorized[number] = token }
                return state.accounts[token]
            }
            guard let account else {
                return replies.error("InvalidToken", "The token is invalid.", to: request)
            }
            return replies.authorize(account, to: request)
        case .logout:
            let wasAuthorized = state.withLock { state in
                guard let token = state.authorized.removeValue(forKey: number) else { return false }
                state.accounts[token] = nil
                return true
            }
            guard wasAuthorized else {
                return replies.error("AuthorizationRequired", "Please log in.", to: request)
            }
            return replies.reply(to: request, as: "logout") { $0.member("logout", 1) }
        default:
            if request.isSubscription {
                let bound = LoopBound(connection, loop: server.loop)
                state.withLock { $0.statusSubscriptions[number] = (request, bound) }
            }
            return replies.websiteStatus("up", to: request)
        }
    }

    private func subscribe(
        _ request: StandInRequest, on connection: ScriptedConnection
    ) -> String {
        let name = request.argument ?? ""
        let bound = LoopBound(connection, loop: server.loop)
        return state.withLock { state in
            guard let symbol = state.symbols.first(where: { $0.symbol == name }) else {
                return replies.error("InvalidSymbol", "Symbol \(name) is invalid.", to: request)
            }
            guard symbol.isOpen else {
                return replies.error("MarketIsClosed", "This market is closed.", to: request)
            }
            let isKnown = state.subscriptions.contains {
                $0.symbol == name && $0.request.connection == connection.number
            }
            guard !isKnown else {
                return replies.error(
                    "AlreadySubscribed", "You are already subscribed to \(name).", to: request)
            }
            state.subscriptionCount += 1
            let digits = String(state.subscriptionCount)
            let id =
                "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count)
                + digits
            state.subscriptions.append(
                Subscription(id: id, symbol: name, request: request, connection: bound))
            let first = StandInTick(
                "100" + (symbol.decimalCount > 0 ? ".5" : ""), at: 1_700_000_000)
            return replies.tick(first, of: symbol, subscription: id, to: request)
        }
    }

    private func forget(_ request: StandInRequest) -> String {
        let wasThere = state.withLock { state in
            let count = state.subscriptions.count
            state.subscriptions.removeAll { $0.id == request.argument }
            return state.subscriptions.count < count
        }
        return replies.reply(to: request, as: "forget") { $0.member("forget", wasThere ? 1 : 0) }
    }
}

/// Leads from the server's script to the stand-in, which is made after it.
private final class Relay: Sendable {
    private struct Weak: Sendable {
        weak var value: DerivStandIn?
    }

    private let reference = Mutex(Weak())

    var target: DerivStandIn? { reference.withLock { $0.value } }

    func set(_ target: DerivStandIn) {
        reference.withLock { $0.value = target }
    }
}

/// Runs a closure when a timer fires.
private final class Later: TimerHandler {
    private let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }

    func timerFired(token: UInt32) { body() }
}
