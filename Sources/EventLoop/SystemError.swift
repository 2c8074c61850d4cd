import Glibc

/// A failed system call: which one, and its errno.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    /// The name of the call that failed.
    package let call: StaticString
    /// The value of errno after it.
    package let code: Int32

    /// The error of a call whose errno the caller has kept or chosen.
    package init(call: StaticString, code: Int32) {
        self.call = call
        self.code = code
    }

    /// The error of the call that has just failed on this thread.
    package static func last(_ call: StaticString) -> SystemError {
        SystemError(call: call, code: errno)
    }

    package static func == (left: SystemError, right: SystemError) -> Bool {
        left.code == right.code && left.call.description == right.call.description
    }

    /// The call and the text of its error; holds no data of a peer, so it is safe to log.
    package var description: String {
        // Safety: strerror returns a NUL-terminated string that stays valid until the next call
        // on this thread; it is copied at once.
        let text = unsafe strerror(code).map { unsafe String(cString: $0) }
        return "\(call): \(text ?? "error") (errno \(code))"
    }
}

/// Repeats a system call for as long as a signal interrupts it (EINTR).
///
/// - Returns: what the call returned, never −1 with EINTR.
@inline(__always)
func retryingInterrupts(_ body: () -> Int) -> Int {
    while true {
        let result = body()
        if result == -1 && errno == EINTR { continue }
        return result
    }
}
