import Glibc

/// How many descriptors this process may have open.
package enum OpenFileLimit {
    /// Raises the soft limit to the hard one, since each connection takes a descriptor: the soft
    /// one is 1024 on most systems, for programs that use select(2).
    ///
    /// - Returns: the limit that holds now.
    @discardableResult
    package static func raise() -> Int {
        var limit = rlimit()
        // Safety: both calls read or write one local struct.
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return 0
        }
        if limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        return Int(clamping: limit.rlim_cur)
    }
}
