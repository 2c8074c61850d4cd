package import EventLoop
import Glibc

/// Why a node could not start.
package enum NodeStartError: Error, Equatable, CustomStringConvertible {
    /// It cannot listen at an address.
    case cannotListen(SocketAddress, SystemError)
    /// The kernel refused something else that a loop needs.
    case refused(SystemError)

    /// What is wrong, and what helps where that is known.
    package var description: String {
        switch self {
        case .refused(let error): return "\(error)"
        case .cannotListen(let address, let error):
            let reason =
                switch error.code {
                case EADDRINUSE: "something else listens there: end it, or choose another port"
                case EADDRNOTAVAIL: "this machine does not have that address"
                case ENOENT: "the kernel has no congestion control of that name"
                case EACCES:
                    "\(error); ports below 1024 need the capability CAP_NET_BIND_SERVICE"
                default: "\(error)"
                }
            return "cannot listen on \(address): \(reason)"
        }
    }
}
