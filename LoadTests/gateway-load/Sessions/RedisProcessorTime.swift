import EventLoop
import Redis
import RedisProtocol

/// Asks Redis how much processor time it has used (`INFO cpu`).
///
/// Confined to its loop.
final class RedisProcessorTime: RedisConnectionDelegate {
    private let loop: EventLoop
    private var connection: RedisConnection?
    private var readiness: CheckedContinuation<String?, Never>?

    init(on loop: EventLoop) {
        self.loop = loop
    }

    /// Connects.
    ///
    /// - Returns: why it cannot, nil where it is connected.
    func connect(to configuration: RedisConfiguration) async -> String? {
        let connection = RedisConnection(
            loop: loop, configuration: configuration, delegate: self)
        self.connection = connection
        return await withCheckedContinuation { continuation in
            readiness = continuation
            connection.start()
        }
    }

    func connection(_ connection: RedisConnection, changedTo state: RedisLinkState) {
        switch state {
        case .ready: readiness.take()?.resume(returning: nil)
        case .backingOff(let reason): readiness.take()?.resume(returning: "\(reason)")
        case .idle, .resolving, .connecting, .securing, .signingIn, .closed: break
        }
    }

    /// Nanoseconds that the server's process has run, user and system time together; nil where it
    /// does not say.
    func nanoseconds() async -> UInt64? {
        guard let connection else { return nil }
        let result = await withCheckedContinuation { continuation in
            connection.send(RedisCommand("INFO", "cpu")) { continuation.resume(returning: $0) }
        }
        guard let text = (try? result.get())?.text else { return nil }
        return Self.nanoseconds(info: text)
    }

    /// Ends the connection.
    func close() {
        connection?.close()
        connection = nil
    }

    /// Reads `used_cpu_sys` and `used_cpu_user`, which are seconds.
    static func nanoseconds(info text: String) -> UInt64? {
        var sum = 0.0
        var foundCount = 0
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0] == "used_cpu_sys" || parts[0] == "used_cpu_user",
                let seconds = Double(parts[1]), seconds >= 0, seconds < 1e9
            else { continue }
            sum += seconds
            foundCount += 1
        }
        return foundCount == 2 ? UInt64(sum * 1e9) : nil
    }
}
