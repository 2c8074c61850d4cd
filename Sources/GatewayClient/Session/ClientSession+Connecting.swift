import EventLoop
import GatewayAPI
import WebSocketClient
import WebSocketProtocol

extension ClientSession {
    /// The subprotocol of the contract.
    static let subprotocol = "tradermind.v1"

    // MARK: - Attempts

    /// Asks for the token, then for the address, then connects.
    func beginAttempt() {
        guard phase != .ended else { return }
        if successor == nil { phase = .connecting }
        attempt += 1
        let number = attempt
        schedule(.attempt, after: options.connectTimeout)
        let session = LoopBound(self, loop: loop)
        let provide = token.provide
        loop.task {
            let token: String?
            do {
                token = try await provide()
            } catch {
                token = nil
            }
            session.value.tokenProvided(token, attempt: number)
        }
    }

    /// Whether an attempt is the one under way.
    private func isCurrent(attempt number: UInt64) -> Bool {
        number == attempt && (phase == .connecting || successor != nil)
    }

    private func tokenProvided(_ token: String?, attempt number: UInt64) {
        guard isCurrent(attempt: number) else { return }
        guard let token else {
            attemptFailed(GatewayClientError(.tokenUnavailable, "the token's provider failed"))
            return
        }
        guard Self.fitsHeaderField(token) else {
            giveUp(
                GatewayClientError(
                    .tokenUnavailable, "the token is empty, too long or not made of visible ASCII"))
            return
        }
        let session = LoopBound(self, loop: loop)
        NameResolver.resolve(host: url.host, port: url.port, on: loop) { addresses in
            session.value.resolved(addresses, token: token, attempt: number)
        }
    }

    /// Visible ASCII, so that it cannot end the header field that it goes into.
    static func fitsHeaderField(_ token: String) -> Bool {
        let bytes = token.utf8
        return !bytes.isEmpty && bytes.count <= ClientLimits.tokenByteCountMax
            && bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    private func resolved(_ found: [SocketAddress], token: String, attempt number: UInt64) {
        guard isCurrent(attempt: number) else { return }
        guard !found.isEmpty else {
            attemptFailed(GatewayClientError(.nameNotFound, "\(url.host) has no address"))
            return
        }
        addresses = found[...]
        tlsError = nil
        connectToNextAddress(token: token, lastError: nil)
    }

    private func connectToNextAddress(token: String, lastError: SystemError?) {
        while let address = addresses.popFirst() {
            do throws(SystemError) {
                let link = SessionLink(session: self, token: token)
                let made = try ClientConnection(
                    connectingTo: address, context: connectionContext, token: token,
                    delegate: link)
                if successor == nil { connection = made } else { successor?.connection = made }
                return
            } catch {
                guard addresses.isEmpty else { continue }
                attemptFailed(tlsError ?? GatewayClientError(.connectFailed, "\(error)"))
                return
            }
        }
        let reason = lastError.map { "\($0)" } ?? "the peer closed the connection"
        attemptFailed(tlsError ?? GatewayClientError(.connectFailed, reason))
    }

    private var connectionContext: ClientConnectionContext {
        var configuration = ClientConnectionConfiguration(
            authority: url.authority, target: url.target)
        configuration.subprotocols = [Self.subprotocol]
        configuration.tls = trust.map { ClientTLS(trust: $0, host: url.host) }
        configuration.openTimeout = options.connectTimeout
        configuration.limits = WebSocketLimits(
            messageByteCountMax: options.messageByteCountMax,
            frameByteCountMax: options.messageByteCountMax,
            // What repeats an earlier message deflates as far as DEFLATE goes; the size bounds it.
            inflationFactorMax: 1100)
        if options.acceptsCompression {
            // The gateway decides whether its compressor remembers earlier messages.
            configuration.deflate = DeflateConfiguration(mode: .dedicated)
        }
        return ClientConnectionContext(loop: loop, configuration: configuration)
    }

    // MARK: - Ends

    /// The current connection ended.
    func ended(_ end: ClientConnectionEnd, token: String) {
        connection = nil
        if let requestedClose {
            self.end(requestedClose, error: GatewayClientError(.closed, "the client was closed"))
            return
        }
        switch end {
        case .connectFailed(let error):
            connectToNextAddress(token: token, lastError: error)
        case .tlsFailed(let error):
            tlsError = GatewayClientError(.tlsFailed, "no TLS: \(error)")
            connectToNextAddress(token: token, lastError: nil)
        case .openTimedOut:
            attemptFailed(GatewayClientError(.connectTimedOut, "no connection in time"))
        case .refused(let refusal):
            refused(refusal)
        case .invalidHandshake(let reason):
            giveUp(GatewayClientError(.invalidHandshake, reason))
        case .closed(let code, let reason, let isByPeer):
            lost(CloseInformation(code: code.rawValue, reason: reason, isByServer: isByPeer))
        case .lost(let error):
            let reason = error.map { "\($0)" } ?? "closed without a Close frame"
            lost(CloseInformation(code: 1006, reason: reason, isByServer: true))
        case .violation(let violation):
            dropSuccessor()
            giveUp(GatewayClientError(.protocolViolation, violation.reason))
        case .aborted:
            lost(CloseInformation(code: 1006, reason: "aborted", isByServer: false))
        }
    }

    /// The successor ended; the present connection goes on.
    func successorEnded(_ end: ClientConnectionEnd, token: String) {
        successor?.connection = nil
        switch end {
        case .connectFailed(let error):
            connectToNextAddress(token: token, lastError: error)
        case .tlsFailed(let error):
            tlsError = GatewayClientError(.tlsFailed, "no TLS: \(error)")
            connectToNextAddress(token: token, lastError: nil)
        case .refused(let refusal):
            refused(refusal)
        case .openTimedOut, .invalidHandshake, .closed, .lost, .violation, .aborted:
            attemptFailed(GatewayClientError(.connectFailed, "the next connection ended"))
        }
    }

    /// The connection, or the attempt at one, is of no use any more.
    func connectionFailed(_ error: GatewayClientError) {
        let connection = connection.take()
        connection?.abort()
        if phase == .ready {
            lost(CloseInformation(code: 1006, reason: error.message, isByServer: false))
        } else {
            attemptFailed(error)
        }
    }

    private func refused(_ refusal: ClientRefusal) {
        let error = ServerError(body: refusal.body)
        let retryAfter = refusal.retryAfterSeconds.map { Duration.seconds(min($0, 3600)) }
        let failure = GatewayClientError(
            .refused,
            "refused with status \(refusal.status)" + (error.map { ": \($0.message)" } ?? ""),
            refusal: HandshakeRefusal(status: refusal.status, error: error, retryAfter: retryAfter),
            serverError: error)
        switch refusal.status {
        case 429, 500...599:
            attemptFailed(failure, atLeast: retryAfter ?? .zero)
        case 401 where token.isRenewable && !isOpening:
            attemptFailed(failure)
        default:
            giveUp(failure)
        }
    }

    /// A connection that was ready, or nearly so, is gone.
    private func lost(_ information: CloseInformation) {
        let failure = GatewayClientError(
            .connectionLost, "the connection ended: \(information)",
            closeInformation: information)
        guard phase == .ready else {
            if information.reconnect == .never {
                giveUp(failure)
            } else {
                attemptFailed(failure)
            }
            return
        }
        cancel(.silence)
        cancel(.move)
        isResubscribing = false
        noteLifetime()
        let canRefresh = information.reconnect != .afterRefresh || token.isRenewable
        guard information.reconnect != .never, canRefresh, options.reconnect != nil else {
            end(information, error: failure)
            return
        }
        // The places before the losses are known to the next connection.
        recoveries.removeAll()
        failRequests(failure)
        if takeUpSuccessor() { return }
        if goOnWithSuccessor() {
            deliver(.disconnected(information, retryAfter: .zero))
            return
        }
        waitForNextAttempt(
            information, failure: failure, atLeast: .zero,
            isImmediate: information.reconnect == .immediately && attemptsSinceSteady == 0)
    }

    /// A connection that has lasted makes the pauses begin anew.
    func noteLifetime() {
        guard let policy = options.reconnect,
            loop.now >= readyTime.advanced(by: policy.steadyDuration)
        else { return }
        attemptsSinceSteady = 0
    }

    /// An attempt failed: the first one ends the session, a later one is repeated.
    func attemptFailed(_ failure: GatewayClientError, atLeast: Duration = .zero) {
        guard successor == nil else {
            moveFailed(atLeast: atLeast, isFinal: false)
            return
        }
        guard !isOpening else {
            giveUp(failure)
            return
        }
        waitForNextAttempt(
            CloseInformation(code: 1006, reason: failure.message, isByServer: false),
            failure: failure, atLeast: atLeast, isImmediate: false)
    }

    private func waitForNextAttempt(
        _ information: CloseInformation, failure: GatewayClientError, atLeast: Duration,
        isImmediate: Bool
    ) {
        cancel(.attempt)
        attempt += 1
        let delay = options.reconnect?.delay(
            attemptIndex: attemptsSinceSteady, atLeast: atLeast, random: random.next())
        guard let delay else {
            end(information, error: failure)
            return
        }
        attemptsSinceSteady += 1
        phase = .waiting
        let pause = isImmediate ? .zero : delay
        deliver(.disconnected(information, retryAfter: pause))
        schedule(.pause, after: pause)
    }

    /// Nothing that is tried again would help.
    private func giveUp(_ failure: GatewayClientError) {
        guard successor == nil else {
            moveFailed(atLeast: .zero, isFinal: true)
            return
        }
        end(
            failure.closeInformation
                ?? CloseInformation(code: 1006, reason: failure.message, isByServer: false),
            error: failure)
    }
}

/// What a connection tells its session, as long as it is the session's current one.
private final class SessionLink: ClientConnectionDelegate {
    private weak var session: ClientSession?
    private let token: String

    init(session: ClientSession, token: String) {
        self.session = session
        self.token = token
    }

    private func isCurrent(_ connection: ClientConnection) -> Bool {
        session?.connection === connection
    }

    private func isAhead(_ connection: ClientConnection) -> Bool {
        session?.successor?.connection === connection
    }

    func connectionOpened(_ connection: ClientConnection) {}

    func connection(
        _ connection: ClientConnection, received kind: MessageKind, _ bytes: BorrowedBytes
    ) {
        let isAhead = !isCurrent(connection)
        guard !isAhead || self.isAhead(connection) else { return }
        guard kind == .text else {
            connection.close(.unsupportedData, reason: "the protocol is text only")
            return
        }
        bytes.withSpan { session?.received($0, isAhead: isAhead) }
    }

    func connectionEnded(_ connection: ClientConnection, _ end: ClientConnectionEnd) {
        if isCurrent(connection) {
            session?.ended(end, token: token)
        } else if isAhead(connection) {
            session?.successorEnded(end, token: token)
        }
    }
}
