import EventLoop
import WebSocketClient
import WebSocketProtocol

/// One attempt at a link, over the addresses of a host, and the link that it became. Confined to
/// its loop.
final class SocketLink: ClientConnectionDelegate {
    /// What happens, in order; nothing follows `ended`.
    enum Event {
        case opened
        /// A text message, valid during the call.
        case text(BorrowedBytes)
        case ended(SocketLinkFailure)
    }

    private(set) var connection: ClientConnection?
    private let host: String
    private let port: UInt16
    private let context: ClientConnectionContext
    private let deadline: MonotonicTime
    private var tell: ((Event) -> Void)?
    private var addresses: ArraySlice<SocketAddress> = []
    private var timer: TimerID?

    init(
        host: String, port: UInt16, context: ClientConnectionContext, timeout: Duration,
        tell: @escaping (Event) -> Void
    ) {
        self.host = host
        self.port = port
        self.context = context
        self.tell = tell
        deadline = context.loop.now.advanced(by: timeout)
    }

    func start() {
        // The look-up cannot be called back, so it has the attempt's deadline.
        timer = context.loop.schedule(at: deadline, handler: self)
        let link = LoopBound(self, loop: context.loop)
        NameResolver.resolve(host: host, port: port, on: context.loop) { addresses in
            link.value.resolved(addresses)
        }
    }

    /// Ends without a word.
    func end() {
        tell = nil
        cancelTimer()
        let former = connection.take()
        former?.abort()
    }

    private func resolved(_ found: [SocketAddress]) {
        guard tell != nil else { return }
        cancelTimer()
        guard !found.isEmpty else { return ended(.nameNotFound) }
        addresses = found[...]
        connectToNext(after: .nameNotFound)
    }

    private func connectToNext(after failure: SocketLinkFailure) {
        guard let address = addresses.popFirst(), context.loop.now < deadline else {
            return ended(failure)
        }
        do throws(SystemError) {
            connection = try ClientConnection(
                connectingTo: address, context: context, token: nil, delegate: self)
        } catch {
            connectToNext(after: .connectFailed("\(error)"))
        }
    }

    private func ended(_ failure: SocketLinkFailure) {
        cancelTimer()
        connection = nil
        let tell = tell.take()
        tell?(.ended(failure))
    }

    private func cancelTimer() {
        if let timer { context.loop.cancel(timer) }
        timer = nil
    }

    // MARK: - What the connection tells

    func connectionOpened(_ connection: ClientConnection) {
        tell?(.opened)
    }

    func connection(
        _ connection: ClientConnection, received kind: MessageKind, _ bytes: BorrowedBytes
    ) {
        // Deriv's messages are texts; anything else says nothing here.
        if kind == .text { tell?(.text(bytes)) }
    }

    func connectionEnded(_ connection: ClientConnection, _ end: ClientConnectionEnd) {
        guard tell != nil else { return }
        switch end {
        case .connectFailed(let error):
            connectToNext(after: .connectFailed(error.map { "\($0)" } ?? "closed by the peer"))
        case .tlsFailed(let error): connectToNext(after: .connectFailed("no TLS: \(error)"))
        case .openTimedOut: ended(.connectTimedOut)
        case .refused(let refusal):
            ended(
                .refused(status: refusal.status, retryAfterSeconds: refusal.retryAfterSeconds))
        case .invalidHandshake(let reason): ended(.connectFailed(reason))
        case .closed(let code, _, _): ended(.closed(code: code.rawValue))
        case .lost(let error): ended(.lost(error.map { "\($0)" } ?? "closed by the peer"))
        case .violation(let violation): ended(.lost(violation.reason))
        case .aborted: ended(.stopped)
        }
    }
}

extension SocketLink: TimerHandler {
    func timerFired(token: UInt32) {
        timer = nil
        ended(.connectTimedOut)
    }
}
