import CLinux
package import EventLoop
import Glibc

/// A timer to the nanosecond (timerfd). The loop's own timers are to the millisecond, which would
/// be most of a latency that is to be measured.
package final class PreciseTimer: DescriptorHandler {
    private let loop: EventLoop
    private let owned: OwnedDescriptor
    private let handler: () -> Void
    private var registration: Registration?

    /// Makes a timer that is not set. On the loop's thread only; lives until `cancel`.
    ///
    /// - Parameters:
    ///   - loop: the loop.
    ///   - handler: called on the loop each time the timer is due.
    /// - Throws: what the kernel says, such as that no descriptor is left.
    package init(on loop: EventLoop, handler: @escaping () -> Void) throws(SystemError) {
        let number = timerfd_create(
            CLOCK_MONOTONIC, Int32(TFD_NONBLOCK) | Int32(TFD_CLOEXEC))
        guard number >= 0 else { throw .last("timerfd_create") }
        self.loop = loop
        self.handler = handler
        owned = OwnedDescriptor(number)
        registration = try loop.register(number, interest: .readable, handler: self)
    }

    /// Sets the timer; one that has passed is due at once.
    package func set(to time: MonotonicTime) {
        // Zero would switch the timer off.
        let nanoseconds = max(1, time.nanoseconds)
        var value = itimerspec()
        value.it_value.tv_sec = Int(clamping: nanoseconds / 1_000_000_000)
        value.it_value.tv_nsec = Int(nanoseconds % 1_000_000_000)
        // Safety: the value is read during the call; the old one is not asked for.
        let result = unsafe timerfd_settime(
            owned.number, Int32(TFD_TIMER_ABSTIME), &value, nil)
        precondition(result == 0, "a timer descriptor takes every valid time")
    }

    /// Ends the timer for good.
    package func cancel() {
        if let registration { loop.unregister(registration) }
        registration = nil
    }

    package func descriptorReady(_ readiness: Readiness) {
        var count: UInt64 = 0
        // Safety: eight bytes are written to a local variable.
        guard unsafe read(owned.number, &count, 8) == 8 else { return }
        handler()
    }
}
