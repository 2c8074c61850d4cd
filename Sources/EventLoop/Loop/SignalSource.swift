import CLinux
import Glibc

/// Turns signals of the process into calls on a loop (signalfd).
package final class SignalSource: DescriptorHandler {
    private let loop: EventLoop
    private let owned: OwnedDescriptor
    private let handler: (Int32) -> Void
    private var registration: Registration?

    /// Keeps signals from their default action in this thread and in every thread it starts later.
    ///
    /// Call it at the start of `main`, before any other thread exists: a thread without the mask
    /// would still be killed by the signal.
    package static func block(_ signals: [Int32]) {
        var set = mask(of: signals)
        // Safety: the set is read during the call.
        _ = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Begins to deliver signals that `block` was called for. On the loop's thread only.
    ///
    /// The handler gets the signal's number, on the loop.
    package init(
        _ signals: [Int32], on loop: EventLoop, handler: @escaping (Int32) -> Void
    ) throws(SystemError) {
        var set = Self.mask(of: signals)
        // Safety: the set is read during the call.
        let number = unsafe signalfd(-1, &set, Int32(SFD_NONBLOCK | SFD_CLOEXEC))
        guard number >= 0 else { throw .last("signalfd") }
        self.loop = loop
        self.handler = handler
        owned = OwnedDescriptor(number)
        registration = try loop.register(number, interest: .readable, handler: self)
    }

    /// Stops delivering; the signals stay blocked. On the loop's thread only.
    package func cancel() {
        if let registration { loop.unregister(registration) }
        registration = nil
    }

    package func descriptorReady(_ readiness: Readiness) {
        var information = signalfd_siginfo()
        let byteCount = MemoryLayout<signalfd_siginfo>.size
        // Safety: one record of exactly this size is written to the local variable.
        while unsafe Glibc.read(owned.number, &information, byteCount) == byteCount {
            handler(Int32(information.ssi_signo))
        }
    }

    private static func mask(of signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        // Safety: the set is local and written during the calls.
        unsafe sigemptyset(&set)
        for signal in signals { unsafe sigaddset(&set, signal) }
        return set
    }
}
