package import EventLoop
public import GatewayAPI
import Synchronization
import WebSocketClient
import WebSocketProtocol

/// A connection to a TraderMind gateway that comes back by itself.
///
/// ```swift
/// let client = try await GatewayClient.connect(to: "ws://127.0.0.1:8080/v1", token: "…")
/// try await client.subscribe("ticks:R_100", "sessions")
/// for await event in client.events {
///     if case .event(let event) = event, let tick = event.tick { print(tick.quote) }
/// }
/// ```
///
/// The first connection is made by `connect` or fails with a reason. After that a lost connection
/// is an event: the client connects again where the gateway's close code allows it, subscribes
/// again and recovers what it missed, or says what it could not. Requests never wait for a
/// connection: an order that is carried out late is worse than one that is refused at once.
///
/// Safe to use from any task. A client that is released closes its connection.
public final class GatewayClient: Sendable {
    private let session: LoopBound<ClientSession>

    /// What comes without being asked for.
    public let events: ClientEvents

    /// What the gateway said when the first connection was made: who the client is and what it
    /// may do. A later greeting comes with the event `reconnected`.
    public let hello: HelloParams

    private init(_ session: LoopBound<ClientSession>, hello: HelloParams, events: ClientEvents) {
        self.session = session
        self.hello = hello
        self.events = events
    }

    deinit {
        let session = session
        session.loop.post { session.value.close(.goingAway, reason: "released") { _ in } }
    }

    // MARK: - Connecting and closing

    /// Connects and waits for the gateway's greeting.
    ///
    /// - Parameters:
    ///   - url: `wss://host[:port]/v1`, or `ws://` without encryption.
    ///   - token: the bearer token to sign in with.
    ///   - options: bounds, timeouts and whether to come back.
    /// - Returns: a client that is signed in.
    /// - Throws: why there is no connection; `refusal` has the answer of a gateway that refused.
    public static func connect(
        to url: String, token: GatewayToken, options: ClientOptions = ClientOptions()
    ) async throws(GatewayClientError) -> GatewayClient {
        let loop: EventLoop
        do throws(SystemError) {
            loop = try SharedLoop.get()
        } catch {
            throw GatewayClientError(.connectFailed, "\(error)")
        }
        return try await connect(to: url, token: token, options: options, on: loop)
    }

    /// Connects on a given loop, which must run for as long as the client lives.
    package static func connect(
        to url: String, token: GatewayToken, options: ClientOptions, on loop: EventLoop
    ) async throws(GatewayClientError) -> GatewayClient {
        let parsed: WebSocketURL
        do throws(WebSocketURL.Failure) {
            parsed = try WebSocketURL(url)
        } catch {
            throw GatewayClientError(.invalidURL, error.explanation)
        }
        let trust = try parsed.usesTLS ? TLSTrust(options.trust) : nil
        let buffer = BoundedBuffer<ClientEvent>(
            countMax: options.eventBuffering.countMax,
            excessMax: options.eventBuffering.excessMax)
        let session = LoopBound(
            ClientSession(
                loop: loop, url: parsed, trust: trust, token: token, options: options,
                buffer: buffer),
            loop: loop)
        let result: Result<HelloParams, GatewayClientError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.post { session.value.open { continuation.resume(returning: $0) } }
            }
        } onCancel: {
            loop.post { session.value.close(.goingAway, reason: "cancelled") { _ in } }
        }
        if Task.isCancelled, case .failure(let error) = result, error.code == .closed {
            throw GatewayClientError(.cancelled, "cancelled")
        }
        let hello = try result.get()
        let isStopping = if case .stopReading = options.eventBuffering { true } else { false }
        let events = ClientEvents(buffer: buffer) {
            if isStopping { loop.post { session.value.eventTaken() } }
        }
        return GatewayClient(session, hello: hello, events: events)
    }

    /// Closes the connection with the closing handshake and does not come back.
    ///
    /// - Parameters:
    ///   - code: 1000, or one from 3000 to 4999 (RFC 6455 §7.4).
    ///   - reason: up to 123 bytes of UTF-8; cut where it is longer.
    /// - Returns: how the connection ended.
    @discardableResult
    public func close(code: UInt16 = 1000, reason: String = "") async -> CloseInformation {
        let allowed = code == 1000 || (3000...4999).contains(code)
        let closeCode = WebSocketProtocol.CloseCode(rawValue: allowed ? code : 1000)
        let session = session
        return await withCheckedContinuation { continuation in
            session.loop.post {
                session.value.close(closeCode, reason: reason) {
                    continuation.resume(returning: $0)
                }
            }
        }
    }

    /// Waits for the end of the client: by `close`, by a close code that forbids coming back, or
    /// when the attempts are used up.
    public func closed() async -> CloseInformation {
        let session = session
        return await withCheckedContinuation { continuation in
            session.loop.post {
                session.value.whenEnded { continuation.resume(returning: $0) }
            }
        }
    }

    // MARK: - Calls

    /// Calls a method by its name.
    ///
    /// - Parameters:
    ///   - method: the method's name.
    ///   - parameters: an object or array; nil for a method without parameters.
    ///   - timeout: nil for the one of the options.
    /// - Returns: the result as it came.
    /// - Throws: the gateway's error as `serverError`, or why there is no answer.
    public func call(
        _ method: String, parameters: RawJSON? = nil, timeout: Duration? = nil
    ) async throws(GatewayClientError) -> RawJSON {
        try await withCancellableCall { session, handle in
            handle.id = session.call(method, parameters: parameters, timeout: timeout) {
                handle.finish($0)
            }
        }
    }

    /// Calls a method of the contract.
    package func call<Params: APIObject, Answer: APIObject>(
        _ signature: MethodSignature<Params, Answer>, _ params: Params
    ) async throws(GatewayClientError) -> Answer {
        let result = try await call(
            signature.method.rawValue, parameters: RawJSON(encoding: params))
        return try ClientSession.decoded(result).get()
    }

    // MARK: - Channels

    /// Subscribes to channels with the gateway's default policies.
    ///
    /// - Parameter channels: names such as `ticks:R_100`.
    /// - Returns: how each subscription stands; one that was refused has an `error`.
    /// - Throws: why there is no answer, or the gateway's error for the request as a whole.
    @discardableResult
    public func subscribe(
        _ channels: String...
    ) async throws(GatewayClientError) -> [ChannelState] {
        try await subscribe(channels.map { ChannelSubscription(channel: $0) })
    }

    /// Subscribes to up to 100 channels. Those that the gateway takes are renewed after each
    /// reconnect, from where they were.
    ///
    /// - Parameter channels: names, policies and places to go on from.
    /// - Returns: how each subscription stands; one that was refused has an `error`.
    /// - Throws: why there is no answer, or the gateway's error for the request as a whole.
    @discardableResult
    public func subscribe(
        _ channels: [ChannelSubscription]
    ) async throws(GatewayClientError) -> [ChannelState] {
        let session = session
        let result: Result<[ChannelState], GatewayClientError> =
            await withCheckedContinuation { continuation in
                session.loop.post {
                    session.value.subscribe(channels) { continuation.resume(returning: $0) }
                }
            }
        return try result.get()
    }

    /// Leaves channels.
    ///
    /// - Parameter channels: their names; one without subscription is no error.
    /// - Returns: those that were subscribed to.
    /// - Throws: why there is no answer; the channels are left at the next reconnect all the same.
    @discardableResult
    public func unsubscribe(
        _ channels: [String]
    ) async throws(GatewayClientError) -> [String] {
        let session = session
        let result: Result<[String], GatewayClientError> =
            await withCheckedContinuation { continuation in
                session.loop.post {
                    session.value.unsubscribe(channels) { continuation.resume(returning: $0) }
                }
            }
        return try result.get()
    }

    /// Runs a call on the loop; a task that is cancelled gives it up.
    private func withCancellableCall(
        _ begin: @escaping @Sendable (ClientSession, CallHandle) -> Void
    ) async throws(GatewayClientError) -> RawJSON {
        let session = session
        let isCancelled = CancellationFlag()
        let result: RequestOutcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                session.loop.post {
                    let handle = CallHandle(continuation)
                    guard !isCancelled.isSet else {
                        handle.finish(.failure(GatewayClientError(.cancelled, "cancelled")))
                        return
                    }
                    begin(session.value, handle)
                    isCancelled.handle = LoopBound(handle, loop: session.loop)
                }
            }
        } onCancel: {
            isCancelled.set()
            session.loop.post {
                guard let id = isCancelled.handle?.value.id else { return }
                session.value.cancel(request: id)
            }
        }
        return try result.get()
    }
}

/// A call's continuation and id, on the loop.
private final class CallHandle {
    private var continuation: CheckedContinuation<RequestOutcome, Never>?
    var id: Int64?

    init(_ continuation: CheckedContinuation<RequestOutcome, Never>) {
        self.continuation = continuation
    }

    func finish(_ outcome: RequestOutcome) {
        continuation.take()?.resume(returning: outcome)
    }
}

/// Whether a call was given up before it began, and the call once it has.
private final class CancellationFlag: Sendable {
    private struct State {
        var isSet = false
        var handle: LoopBound<CallHandle>?
    }

    private let state = Mutex(State())

    var isSet: Bool { state.withLock { $0.isSet } }

    func set() { state.withLock { $0.isSet = true } }

    var handle: LoopBound<CallHandle>? {
        get { state.withLock { $0.handle } }
        set { state.withLock { $0.handle = newValue } }
    }
}

/// The loop of all clients that were not given another: one thread, started with the first.
private enum SharedLoop {
    private static let group = Mutex<EventLoopGroup?>(nil)

    static func get() throws(SystemError) -> EventLoop {
        try group.withLock { group throws(SystemError) in
            if let group { return group.loops[0] }
            let made = try EventLoopGroup(count: 1, name: "gateway-client")
            group = made
            return made.loops[0]
        }
    }
}

extension WebSocketURL.Failure {
    /// What is wrong with the URL, for a person.
    var explanation: String {
        switch self {
        case .unknownScheme: "the URL does not begin with ws:// or wss://"
        case .invalidHost: "the URL has no valid host"
        case .invalidPort: "the port is not 1 to 65535"
        case .invalidPath: "the path has characters that must be percent-encoded"
        case .hasFragment: "a WebSocket URL has no fragment"
        case .hasCredentials: "the token is an argument of its own, not part of the URL"
        }
    }
}

extension TLSTrust {
    /// Reads the authorities that the options name.
    fileprivate convenience init(_ trust: ClientOptions.Trust) throws(GatewayClientError) {
        do throws(TLSError) {
            switch trust {
            case .systemAuthorities: try self.init()
            case .authorities(let pemFile): try self.init(authorityPath: pemFile)
            }
        } catch {
            throw GatewayClientError(.tlsFailed, "\(error)")
        }
    }
}
