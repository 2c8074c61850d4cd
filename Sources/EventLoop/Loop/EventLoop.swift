import CLinux
import Glibc
import Synchronization

/// One thread that waits for descriptors, timers and work, and runs what becomes due.
///
/// Everything that belongs to a loop is touched by its thread only; the few entries that any
/// thread may call (`post`, `stop`, `enqueue`) say so. A loop is also a Swift executor
/// (`EventLoop+Executor.swift`), so that async code for a connection runs where the connection is.
///
/// A turn: wait, dispatch readiness, fire timers, run what was posted and the jobs, and tell the
/// turn observers, which flush. Nothing in a turn may block.
package final class EventLoop: @unchecked Sendable {
    // Safety: `@unchecked Sendable` because the mutable state below is confined to the loop's
    // thread: each method that touches it checks `preconditionOnLoop()`. Other threads reach only
    // `inbox` (a mutex), `wakeDescriptor` (a constant), and `threadIdentity` and `isStopping`
    // (atomics).

    /// The name of the loop's thread, for logs and profilers.
    package let name: String

    private let inbox = LoopInbox()
    private let wakeDescriptor: Int32
    private let threadIdentity = Atomic<UInt>(0)
    private let isStopping = Atomic<Bool>(false)

    private var poller: EpollPoller
    private var registrations = RegistrationTable()
    private var timers: TimerWheel<(handler: any TimerHandler, token: UInt32)>
    private var turnObservers: ContiguousArray<any TurnObserver> = []
    private var jobs: ContiguousArray<LoopInbox.Item> = []
    private var running: ContiguousArray<LoopInbox.Item> = []
    private var arrivals: ContiguousArray<LoopInbox.Item> = []
    private var currentTime: MonotonicTime
    private var wakeHandler: WakeHandler?

    /// Memory for reads, shared by every connection of the loop: what a handler does not consume
    /// before it returns, it has to copy.
    package let readBuffer: ReadBuffer

    /// Makes a loop that is not running yet.
    ///
    /// The shared read buffer has `readByteCount` bytes; 64 KiB takes a full TCP receive window of
    /// small messages in one call.
    package init(name: String, readByteCount: Int = 64 * 1024) throws(SystemError) {
        self.name = name
        poller = try EpollPoller()
        readBuffer = ReadBuffer(byteCount: readByteCount)
        currentTime = .current()
        timers = TimerWheel(startTick: currentTime.nanoseconds / 1_000_000)
        wakeDescriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeDescriptor >= 0 else { throw .last("eventfd") }
        let handler = WakeHandler(descriptor: wakeDescriptor)
        wakeHandler = handler
        let registration = registrations.insert(
            wakeDescriptor, interest: .readable, handler: handler)
        try poller.add(wakeDescriptor, interest: .readable, token: registration.token)
    }

    deinit {
        close(wakeDescriptor)
    }

    // MARK: - Threads

    /// Whether the calling thread is the one that runs this loop.
    package var isOnLoop: Bool {
        threadIdentity.load(ordering: .relaxed) == UInt(pthread_self())
    }

    /// Traps where another thread than the loop's calls.
    @inline(__always)
    package func preconditionOnLoop(_ function: StaticString = #function) {
        precondition(isOnLoop, "called off its loop: \(function)")
    }

    /// Runs a closure on the loop, in the order of the calls of one thread. Any thread may call.
    package func post(_ operation: @escaping @Sendable () -> Void) {
        submit(.operation(operation))
    }

    /// Ends `run` after the current turn. Any thread may call.
    package func stop() {
        isStopping.store(true, ordering: .releasing)
        wake()
    }

    /// Hands an item to the loop: without a lock from its own thread.
    func submit(_ item: LoopInbox.Item) {
        if isOnLoop {
            jobs.append(item)
        } else if inbox.append(item) {
            wake()
        }
    }

    private func wake() {
        var one: UInt64 = 1
        // A full counter (EAGAIN) means that a wake-up is pending already.
        // Safety: eight bytes of a local variable are read during the call.
        _ = unsafe write(wakeDescriptor, &one, 8)
    }

    // MARK: - The loop

    /// Runs the loop on the calling thread until `stop`. A loop runs once.
    package func run() {
        let previous = threadIdentity.exchange(UInt(pthread_self()), ordering: .relaxed)
        precondition(previous == 0, "a loop runs once")
        // Safety: the name is copied during the call.
        unsafe gw_name_current_thread(name)
        while !isStopping.load(ordering: .acquiring) {
            turn()
        }
        threadIdentity.store(.max, ordering: .relaxed)
    }

    private func turn() {
        let count = waitForEvents()
        currentTime = .current()
        for index in 0..<count {
            let (token, readiness) = poller.event(at: index)
            registrations.handler(of: Registration(token: token))?.descriptorReady(readiness)
        }
        let tick = currentTime.nanoseconds / 1_000_000
        while let (handler, token) = timers.popExpired(upTo: tick) {
            handler.timerFired(token: token)
        }
        runJobs()
        for observer in turnObservers { observer.turnEnded() }
    }

    private func waitForEvents() -> Int {
        let timeout: Int32
        if !jobs.isEmpty || !inbox.beginWait() {
            timeout = 0
        } else {
            timeout = millisecondsToNextTimer()
        }
        do throws(SystemError) {
            return try poller.wait(milliseconds: timeout)
        } catch {
            // epoll_wait fails for a programming error only (EBADF, EFAULT, EINVAL).
            preconditionFailure("the poller failed: \(error)")
        }
    }

    private func millisecondsToNextTimer() -> Int32 {
        guard let next = timers.nextTick else { return -1 }
        let now = MonotonicTime.current().nanoseconds / 1_000_000
        return next <= now ? 0 : Int32(clamping: next - now)
    }

    /// Runs what was posted from elsewhere, then the loop's own jobs; what they add waits for the
    /// next turn, so that jobs which make jobs cannot starve the descriptors.
    private func runJobs() {
        inbox.takeAll(into: &arrivals)
        swap(&jobs, &running)
        for item in arrivals { perform(item) }
        arrivals.removeAll(keepingCapacity: true)
        for item in running { perform(item) }
        running.removeAll(keepingCapacity: true)
    }

    private func perform(_ item: LoopInbox.Item) {
        switch item {
        case .operation(let operation): operation()
        case .job(let job): runJob(job)
        }
    }

    // MARK: - For the loop's own thread

    /// The time at the start of this turn.
    package var now: MonotonicTime {
        currentTime
    }

    /// Watches a descriptor; the loop keeps the handler until `unregister`.
    package func register(
        _ descriptor: Int32, interest: Readiness, handler: any DescriptorHandler
    ) throws(SystemError) -> Registration {
        preconditionOnLoop()
        let registration = registrations.insert(descriptor, interest: interest, handler: handler)
        do throws(SystemError) {
            try poller.add(descriptor, interest: interest, token: registration.token)
        } catch {
            _ = registrations.remove(registration)
            throw error
        }
        return registration
    }

    /// Changes what a registration waits for; costs nothing where it already does.
    package func setInterest(_ interest: Readiness, of registration: Registration) {
        preconditionOnLoop()
        guard let descriptor = registrations.update(registration, interest: interest) else {
            return
        }
        do throws(SystemError) {
            try poller.modify(descriptor, interest: interest, token: registration.token)
        } catch {
            preconditionFailure("a registered descriptor is watched: \(error)")
        }
    }

    /// Stops watching; call it before the descriptor is closed.
    package func unregister(_ registration: Registration) {
        preconditionOnLoop()
        guard let descriptor = registrations.remove(registration) else { return }
        poller.remove(descriptor)
    }

    /// Calls the handler once, `delay` after the start of this turn, to the millisecond (never
    /// early). The loop keeps the handler until then, or until the timer is cancelled.
    package func schedule(
        after delay: Duration, handler: any TimerHandler, token: UInt32 = 0
    ) -> TimerID {
        schedule(at: currentTime.advanced(by: delay), handler: handler, token: token)
    }

    /// Calls the handler once at a point in time, to the millisecond (never early).
    package func schedule(
        at time: MonotonicTime, handler: any TimerHandler, token: UInt32 = 0
    ) -> TimerID {
        preconditionOnLoop()
        let tick = time.nanoseconds / 1_000_000 + 1
        return timers.schedule(deadline: tick, payload: (handler, token))
    }

    /// Takes a timer back; does nothing where it has fired.
    package func cancel(_ timer: TimerID) {
        preconditionOnLoop()
        timers.cancel(timer)
    }

    /// Calls an observer at the end of each turn, for as long as the loop lives.
    package func observeTurns(_ observer: any TurnObserver) {
        preconditionOnLoop()
        turnObservers.append(observer)
    }

    /// How many timers wait and descriptors are watched (the loop's own wake-up not counted).
    package var load: (timerCount: Int, descriptorCount: Int) {
        (timers.count, registrations.count - 1)
    }
}

/// Empties the eventfd that woke the loop.
private final class WakeHandler: DescriptorHandler {
    private let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    func descriptorReady(_ readiness: Readiness) {
        var count: UInt64 = 0
        // Safety: eight bytes are written to a local variable.
        _ = unsafe read(descriptor, &count, 8)
    }
}
