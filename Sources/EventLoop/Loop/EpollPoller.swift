import CLinux
import Glibc

/// Readiness by epoll, level-triggered.
///
/// Level-triggered because one `recv` per readiness then suffices (an edge-triggered loop must read
/// until EAGAIN or keep a list of descriptors that it left unread), which is one system call less
/// per request.
@safe struct EpollPoller: Poller, ~Copyable {
    /// Events taken per wait: enough to keep the calls rare under load, and small enough that
    /// timers and the flush are not held up by a long batch.
    static let eventCountMax = 512

    private let descriptor: Int32
    // Safety: allocated in init and freed in deinit of this non-copyable owner; only indexes below
    // `eventCountMax` are touched, and those below the last wait's count have been written.
    private let events: UnsafeMutablePointer<epoll_event>

    init() throws(SystemError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw .last("epoll_create1") }
        unsafe events = .allocate(capacity: Self.eventCountMax)
        unsafe events.initialize(repeating: gw_epoll_event(0, 0), count: Self.eventCountMax)
    }

    deinit {
        unsafe events.deallocate()
        close(descriptor)
    }

    func add(_ watched: Int32, interest: Readiness, token: UInt64) throws(SystemError) {
        try control(EPOLL_CTL_ADD, watched, interest, token)
    }

    func modify(_ watched: Int32, interest: Readiness, token: UInt64) throws(SystemError) {
        try control(EPOLL_CTL_MOD, watched, interest, token)
    }

    func remove(_ watched: Int32) {
        // Fails only for a descriptor that is not watched, which leaves nothing to do.
        _ = epoll_ctl(descriptor, EPOLL_CTL_DEL, watched, nil)
    }

    mutating func wait(milliseconds: Int32) throws(SystemError) -> Int {
        // Safety: the buffer has room for the count that is passed.
        let count = unsafe epoll_wait(
            descriptor, events, Int32(Self.eventCountMax), milliseconds)
        if count >= 0 { return Int(count) }
        if errno == EINTR { return 0 }
        throw .last("epoll_wait")
    }

    @inline(__always)
    func event(at index: Int) -> (token: UInt64, readiness: Readiness) {
        precondition(index < Self.eventCountMax)
        // Safety: the index is inside the buffer, whose every element is initialised.
        let token = unsafe gw_epoll_token(events + index)
        let bits = unsafe events[index].events
        var readiness: Readiness = []
        if bits & UInt32(EPOLLIN.rawValue | EPOLLRDHUP.rawValue) != 0 {
            readiness.insert(.readable)
        }
        if bits & UInt32(EPOLLOUT.rawValue) != 0 { readiness.insert(.writable) }
        if bits & UInt32(EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { readiness.insert(.failed) }
        return (token, readiness)
    }

    private func control(
        _ operation: Int32, _ watched: Int32, _ interest: Readiness, _ token: UInt64
    ) throws(SystemError) {
        var bits: UInt32 = 0
        if interest.contains(.readable) {
            bits |= UInt32(EPOLLIN.rawValue | EPOLLRDHUP.rawValue)
        }
        if interest.contains(.writable) { bits |= UInt32(EPOLLOUT.rawValue) }
        // Safety: epoll_ctl copies the event during the call.
        var event = unsafe gw_epoll_event(bits, token)
        let result = unsafe epoll_ctl(descriptor, operation, watched, &event)
        guard result == 0 else { throw .last("epoll_ctl") }
    }
}
