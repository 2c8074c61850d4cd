import CLinux
package import EventLoop

/// On which processors threads run.
package enum ProcessorAffinity {
    /// Keeps the calling thread, and every thread that it starts later, on one processor.
    package static func pinCurrentThread(to processor: Int) throws(SystemError) {
        let result = gw_pin_current_thread(Int32(clamping: processor))
        guard result == 0 else { throw SystemError(call: "pthread_setaffinity_np", code: result) }
    }
}
