import EventLoop
import LoadTesting

/// How the connections of a siege fare.
struct SiegeStatus: Sendable {
    var openCount = 0
    /// How they were ended, and how often.
    var outcomes: [String: Int] = [:]
    /// How long they were kept.
    var lifetimes = LatencyRecorder()
}

/// All hostile connections. Confined to its loop.
final class Siege {
    private let loop: EventLoop
    private let address: SocketAddress
    private let script: SiegeConnection.Script
    private let count: Int
    private var connections: [ObjectIdentifier: SiegeConnection] = [:]
    private(set) var status = SiegeStatus()

    init(on loop: EventLoop, address: SocketAddress, script: SiegeConnection.Script, count: Int) {
        self.loop = loop
        self.address = address
        self.script = script
        self.count = count
    }

    /// Opens all of them.
    func begin() throws(SystemError) {
        for _ in 0..<count {
            let connection = try SiegeConnection(on: loop, to: address, script: script) {
                [unowned self] in ended($0)
            }
            connections[ObjectIdentifier(connection)] = connection
            status.openCount += 1
        }
    }

    /// Connections that the gateway has not ended.
    var openCount: Int { status.openCount }

    private func ended(_ connection: SiegeConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        status.openCount -= 1
        status.outcomes[connection.outcome, default: 0] += 1
        status.lifetimes.record(nanoseconds: Int64(clamping: connection.lifetime))
    }
}
