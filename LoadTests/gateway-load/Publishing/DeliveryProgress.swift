import EventLoop
import Synchronization

/// How many events have arrived, over all threads, and a call when a number of them has.
final class DeliveryProgress: Sendable {
    private struct Watch {
        let loop: EventLoop
        let handler: @Sendable () -> Void
    }

    private let received = Atomic<UInt64>(0)
    private let awaited = Atomic<UInt64>(.max)
    private let watch = Mutex<Watch?>(nil)

    /// Events that have arrived.
    var count: UInt64 { received.load(ordering: .relaxed) }

    /// Notes an event.
    @inline(__always)
    func add() {
        let count = received.add(1, ordering: .sequentiallyConsistent).newValue
        if count >= awaited.load(ordering: .sequentiallyConsistent) { fire() }
    }

    /// Calls once, on a loop, when so many events have arrived. A later call replaces this one.
    func notify(at wanted: UInt64, on loop: EventLoop, _ handler: @escaping @Sendable () -> Void) {
        watch.withLock { $0 = Watch(loop: loop, handler: handler) }
        awaited.store(wanted, ordering: .sequentiallyConsistent)
        // They may have arrived before the number was there to compare with.
        if received.load(ordering: .sequentiallyConsistent) >= wanted { fire() }
    }

    private func fire() {
        guard awaited.exchange(.max, ordering: .sequentiallyConsistent) != .max else { return }
        let watch = watch.withLock { $0.take() }
        if let watch { watch.loop.post(watch.handler) }
    }
}
