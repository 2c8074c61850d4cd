import CLinux
import Glibc
import Synchronization

/// One loop per core, each on its own thread.
package final class EventLoopGroup: Sendable {
    /// The loops, in the order of their threads.
    package let loops: [EventLoop]
    private let threads: [LoopThread]

    /// Starts the loops.
    ///
    /// - Parameters:
    ///   - count: how many; nil means one per processor that this process may use.
    ///   - name: the prefix of the threads' names.
    /// - Throws: what the kernel refused; loops that run already are ended.
    package init(count: Int? = nil, name: String = "loop") throws(SystemError) {
        let wanted = count ?? Self.processorCount()
        precondition(wanted > 0)
        var loops: [EventLoop] = []
        for index in 0..<wanted {
            loops.append(try EventLoop(name: "\(name)-\(index)"))
        }
        self.loops = loops
        var threads: [LoopThread] = []
        do throws(SystemError) {
            for loop in loops { threads.append(try LoopThread(running: loop)) }
        } catch {
            for (loop, thread) in zip(loops, threads) {
                loop.stop()
                thread.join()
            }
            throw error
        }
        self.threads = threads
    }

    /// Stops every loop and waits for the threads to end. Not for the loops' own threads.
    package func stopAndJoin() {
        for loop in loops { loop.stop() }
        for thread in threads { thread.join() }
    }

    /// Processors that the scheduler lets this process use (an affinity mask or cpuset counts).
    package static func processorCount() -> Int {
        max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }
}

/// A thread that runs one loop.
private final class LoopThread: Sendable {
    private let handle: pthread_t
    private let isJoined = Atomic<Bool>(false)

    init(running loop: EventLoop) throws(SystemError) {
        var handle = pthread_t()
        // Safety: the loop is retained here and released by the new thread, which takes the only
        // reference that crosses; pthread_create writes the handle before it returns.
        let context = unsafe Unmanaged.passRetained(loop).toOpaque()
        let result = unsafe pthread_create(
            &handle, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
        guard result == 0 else {
            unsafe Unmanaged<EventLoop>.fromOpaque(context).release()
            throw SystemError(call: "pthread_create", code: result)
        }
        self.handle = handle
    }

    func join() {
        guard !isJoined.exchange(true, ordering: .relaxed) else { return }
        _ = pthread_join(handle, nil)
    }
}
