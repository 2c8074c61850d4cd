import EventLoop
import Foundation
import GatewayServer

/// What the kernel lets this process have, compared with what a node may need.
struct MachineLimits {
    /// How many files and sockets may be open.
    let openFileCount: Int
    /// How many connections may wait to be accepted; nil where the kernel does not say.
    let backlog: Int?

    /// The limits that hold once the one of open files is raised as far as the process may.
    static func raised() -> MachineLimits {
        let path = "/proc/sys/net/core/somaxconn"
        let text = FileManager.default.contents(atPath: path).map {
            String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        return MachineLimits(
            openFileCount: OpenFileLimit.raise(), backlog: text.flatMap { Int($0) })
    }

    /// What keeps a configuration's bounds from being reached, with what helps. A small node never
    /// comes near them, so it is no fault.
    func advice(for node: GatewayConfiguration) -> [String] {
        var advice: [String] = []
        let connectionCount = node.limits.connectionsPerLoop
        if openFileCount < connectionCount {
            advice.append(
                "with \(openFileCount) open files limits.connections_per_loop "
                    + "(\(connectionCount)) is out of reach: raise LimitNOFILE or `ulimit -Hn`")
        }
        let wanted = Int(node.listenerOptions.backlog)
        if let backlog, backlog < wanted {
            advice.append(
                "only \(backlog) connections may wait to be accepted, \(wanted) are asked for: "
                    + "raise net.core.somaxconn")
        }
        return advice
    }
}
