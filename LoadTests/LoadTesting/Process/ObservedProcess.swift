package import EventLoop
import Glibc

/// A process of this machine whose processor time and memory a load test reads.
package struct ObservedProcess: Sendable {
    /// Its id.
    package let id: Int32

    /// Observes a process; it need not be a child.
    package init(id: Int32) {
        self.id = id
    }

    /// Nanoseconds that its threads have run.
    ///
    /// The sum over the threads that exist, exact to the nanosecond; where the kernel keeps no
    /// such count, user and system time to the clock tick (10 ms). For a difference, the threads
    /// must be the same at both ends, as those of a server with a fixed number of loops are.
    package func cpuNanoseconds() throws(SystemError) -> UInt64 {
        var sum: UInt64 = 0
        for thread in try Self.entries(of: "/proc/\(id)/task") {
            // A thread may end between the listing and the read: it has nothing to add any more.
            guard let text = try? Self.text(of: "/proc/\(id)/task/\(thread)/schedstat"),
                let nanoseconds = ProcessCPUTime.nanoseconds(schedstat: text)
            else { continue }
            sum &+= nanoseconds
        }
        if sum > 0 { return sum }
        let ticksPerSecond = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let text = try Self.text(of: "/proc/\(id)/stat")
        guard
            let nanoseconds = ProcessCPUTime.nanoseconds(stat: text, ticksPerSecond: ticksPerSecond)
        else { throw SystemError(call: "proc stat", code: EINVAL) }
        return nanoseconds
    }

    /// What it holds in memory. The reader needs the same user, or root.
    package func memory() throws(SystemError) -> ProcessMemory {
        let text = try Self.text(of: "/proc/\(id)/smaps_rollup")
        guard let memory = ProcessMemory(smapsRollup: text) else {
            throw SystemError(call: "proc smaps_rollup", code: EINVAL)
        }
        return memory
    }

    private static func entries(of path: String) throws(SystemError) -> [String] {
        // Safety: the directory is closed once, and each entry is copied before the next read.
        guard let directory = unsafe opendir(path) else { throw .last("opendir") }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name.utf8.allSatisfy({ $0 &- 0x30 < 10 }) { names.append(name) }
        }
        return names
    }

    private static func text(of path: String) throws(SystemError) -> String {
        // Safety: the path is copied during the call.
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw .last("open") }
        let descriptor = OwnedDescriptor(number)
        // The files read here have one record of less than 4 KiB.
        var bytes = [UInt8](repeating: 0, count: 4096)
        // Safety: the array's own address and size are passed.
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe read(descriptor.number, $0.baseAddress, $0.count)
        }
        guard count >= 0 else { throw .last("read") }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
