import GatewayAPI
import WebSocketClient

/// The next connection, while the present one serves until its node goes.
struct Successor {
    /// Nil until there is a token and an address.
    var connection: ClientConnection?
    /// Its greeting, once it could take the place of the present one.
    var hello: HelloParams?
}

/// What a client does before its node goes (`server.draining`): it opens the next connection,
/// subscribes there from where each channel is, and closes the old one, which serves until then.
///
/// The successor goes through the same attempts as a connection after a loss
/// (`ClientSession+Connecting.swift`), without the phase being left.
extension ClientSession {
    /// The node goes: the next connection is made at the time that it gave to this client.
    func moveLater(_ draining: ServerDrainingParams) {
        guard successor == nil, requestedClose == nil else { return }
        noteLifetime()
        failedMoveCount = 0
        move(after: .milliseconds(draining.reconnectAfterMilliseconds ?? 0))
    }

    /// Begins after a pause, which grows where nothing lasts; not at all where the attempts are
    /// used up: the end of the present connection is dealt with as any other.
    private func move(after pause: Duration) {
        guard let policy = options.reconnect else { return }
        let index = attemptsSinceSteady + failedMoveCount
        let delay = policy.delay(attemptIndex: index, atLeast: pause, random: random.next())
        guard let delay else { return }
        schedule(.move, after: index == 0 ? pause : delay)
    }

    /// The time to move has come.
    func beginMove() {
        guard phase == .ready, successor == nil, requestedClose == nil else { return }
        successor = Successor()
        beginAttempt()
    }

    /// A message of the successor: nothing counts but its greeting, as it has no subscriptions yet.
    func receivedBySuccessor(_ message: ServerMessage) {
        guard case .hello(let hello) = message, successor?.hello == nil else { return }
        cancel(.attempt)
        successor?.hello = hello
        takeUpSuccessorWhenIdle()
    }

    /// Moves once every answer is there and read: what the old connection still brings is left.
    func takeUpSuccessorWhenIdle() {
        guard successor?.hello != nil, requests.count == 0, !isReadingPaused else { return }
        takeUpSuccessor()
    }

    /// Makes the successor the present connection; false where it is not ready.
    @discardableResult
    func takeUpSuccessor() -> Bool {
        guard let next = successor?.connection, let hello = successor?.hello else { return false }
        let old = connection
        successor = nil
        connection = next
        recoveries.removeAll()
        noteLifetime()
        attemptsSinceSteady += 1
        old?.close(reason: "moved")
        becameReady(hello)
        return true
    }

    /// The present connection is lost: the attempt at the next one becomes the session's.
    ///
    /// - Returns: false where there is none.
    func goOnWithSuccessor() -> Bool {
        guard let next = successor else { return false }
        successor = nil
        connection = next.connection
        phase = .connecting
        attemptsSinceSteady += 1
        return true
    }

    /// The successor ended, or its attempt failed: the present connection goes on.
    ///
    /// - Parameters:
    ///   - atLeast: when to try again at the earliest.
    ///   - isFinal: whether to leave it at that.
    func moveFailed(atLeast: Duration, isFinal: Bool) {
        dropSuccessor()
        failedMoveCount += 1
        if !isFinal { move(after: atLeast) }
    }

    /// Gives the move up.
    func dropSuccessor() {
        cancel(.move)
        guard let dropped = successor.take() else { return }
        cancel(.attempt)
        attempt += 1
        dropped.connection?.abort()
    }
}
