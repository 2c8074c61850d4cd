import EventLoop
import RedisProtocol

/// Proves that what is published arrives: sends a number through Redis, from the commands'
/// connection to the subscriber's, and measures its round trip.
///
/// A link can answer PING while its subscriptions are dead, so readiness asks this probe. Confined
/// to the loop of the subscriber; give it a channel of its own, such as
/// `tradermind:health:<node>:<loop>`, whose messages the subscriber's delegate then does not see.
package final class RedisDeliveryProbe {
    /// Numbers in a row that Redis takes and does not deliver before the link is given up.
    private static let undeliveredCountMax = 2

    private let subscriber: RedisSubscriber
    private let publisher: RedisPool
    private let channel: [UInt8]
    private let interval: Duration
    private let deadline: Duration
    private var timer: TimerID?
    private var number: UInt64 = 0
    private var sent: MonotonicTime?
    /// When the next step is to be taken.
    private var due: MonotonicTime?
    /// Whether Redis has taken the last number.
    private var isTaken = false
    /// Numbers in a row that Redis has taken and that have not arrived, not even late.
    private var undeliveredCount = 0
    private var changed: ((Bool) -> Void)?
    private var overdue: (() -> Void)?

    /// Whether the last number arrived in time, and no link went since then.
    package private(set) var isDelivering = false
    /// How long the last number that arrived took.
    package private(set) var roundTrip: Duration?

    /// Makes a probe that does nothing yet.
    ///
    /// - Parameters:
    ///   - subscriber: receives the numbers.
    ///   - publisher: sends them.
    ///   - channel: whole name on Redis, used by this probe only.
    ///   - interval: time between two numbers.
    ///   - deadline: how long a number may take; later means that delivery is dead.
    ///   - overdue: told on the loop when a number has not arrived in time although the
    ///     subscriber's link seems to be there: what is published now may not arrive either.
    ///   - changed: told on the loop whenever `isDelivering` changes.
    package init(
        subscriber: RedisSubscriber, publisher: RedisPool, channel: [UInt8],
        interval: Duration = .seconds(1), deadline: Duration = .seconds(2),
        overdue: @escaping () -> Void = {}, changed: @escaping (Bool) -> Void
    ) {
        self.subscriber = subscriber
        self.publisher = publisher
        self.channel = channel
        self.interval = interval
        self.deadline = deadline
        self.overdue = overdue
        self.changed = changed
    }

    /// Subscribes the channel and begins to send.
    ///
    /// - Throws: `overloaded` where the subscriber has no room for the channel.
    package func start() throws(RedisError) {
        try subscriber.subscribe(channel)
        subscriber.attach(self)
        step()
    }

    /// Ends the probe; nothing is told any more.
    package func stop() {
        subscriber.loop.preconditionOnLoop()
        if let timer { subscriber.loop.cancel(timer) }
        timer = nil
        changed = nil
        overdue = nil
        subscriber.attach(nil)
        subscriber.unsubscribe(channel)
    }

    private func step() {
        let now = subscriber.loop.now
        // A loop that was held up has not read yet what may have come in time.
        let isLate = due.map { now >= $0.advanced(by: deadline / 2) } ?? false
        if let sent, !isLate, now >= sent.advanced(by: deadline) {
            self.sent = nil
            set(isDelivering: false)
            overdue?()
            // Redis takes them and sends none: only another link can help. A Redis that says
            // nothing at all may go on where it was, and a loop that is behind may catch up.
            if isTaken { undeliveredCount += 1 }
            if undeliveredCount >= Self.undeliveredCountMax { subscriber.giveUp() }
        }
        if sent == nil, subscriber.isLive(channel) { publish(now) }
        due = now.advanced(by: interval)
        timer = subscriber.loop.schedule(after: interval, handler: self)
    }

    private func publish(_ now: MonotonicTime) {
        number += 1
        sent = .current()
        isTaken = false
        var command = RedisCommand(name: "PUBLISH")
        command.append(channel)
        command.append(String(number))
        publisher.send(command) { [weak self] result in
            guard let self else { return }
            if case .success = result {
                isTaken = true
            } else {
                self.sent = nil
                set(isDelivering: false)
            }
        }
    }

    /// Takes a message of the probe's channel.
    ///
    /// - Returns: false where it is of another channel.
    @inline(__always)
    func take(channel: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer) -> Bool {
        guard channel.count == self.channel.count,
            // Safety: the bytes are compared during the call.
            unsafe channel.elementsEqual(self.channel)
        else { return false }
        undeliveredCount = 0
        guard let sent, unsafe payload.elementsEqual(String(number).utf8) else { return true }
        self.sent = nil
        let nanoseconds = MonotonicTime.current().nanoseconds &- sent.nanoseconds
        roundTrip = .nanoseconds(Int64(clamping: nanoseconds))
        set(isDelivering: true)
        return true
    }

    /// The subscriber's link went.
    func linkLost() {
        sent = nil
        undeliveredCount = 0
        set(isDelivering: false)
    }

    private func set(isDelivering: Bool) {
        guard isDelivering != self.isDelivering else { return }
        self.isDelivering = isDelivering
        changed?(isDelivering)
    }
}

extension RedisDeliveryProbe: TimerHandler {
    /// It is time for the next number.
    package func timerFired(token: UInt32) {
        step()
    }
}
