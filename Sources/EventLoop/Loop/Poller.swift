/// What a descriptor is ready for, or what its owner waits for.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt8

    /// The set whose members are these bits; bits that stand for nothing are kept and ignored.
    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Reading gives bytes, the end of the stream or an error, without waiting.
    package static let readable = Readiness(rawValue: 1)
    /// Writing takes at least one byte, or a connection attempt has ended.
    package static let writable = Readiness(rawValue: 2)
    /// The peer hung up or the descriptor failed; the next read or write says which.
    package static let failed = Readiness(rawValue: 4)
}

/// How a loop learns which descriptors are ready: the seam for a second backend beside epoll.
///
/// The loop owns one poller and is the only one to call it. A token names a registration; the
/// poller hands it back and attaches no meaning to it. Readiness is level-triggered: what was not
/// consumed is reported again at the next wait, so a bound on the work of one turn loses nothing.
///
/// An io_uring backend takes this place with multishot poll requests for readiness. What it gains
/// most by, batched sends, has its own single place: the flush at the end of a turn
/// (`TurnObserver.turnEnded`) walks one list of descriptors with their segments and nothing else
/// in the gateway writes to a client's socket.
protocol Poller: ~Copyable {
    /// Starts watching a descriptor.
    func add(_ descriptor: Int32, interest: Readiness, token: UInt64) throws(SystemError)
    /// Changes what is waited for.
    func modify(_ descriptor: Int32, interest: Readiness, token: UInt64) throws(SystemError)
    /// Stops watching; called before the descriptor is closed.
    func remove(_ descriptor: Int32)
    /// Waits for events, at most for the given time (negative: without end, 0: not at all).
    ///
    /// - Returns: how many events there are; read them with `event(at:)`.
    mutating func wait(milliseconds: Int32) throws(SystemError) -> Int
    /// One event of the last wait.
    func event(at index: Int) -> (token: UInt64, readiness: Readiness)
}
