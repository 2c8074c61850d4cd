import EventLoop
import LoadTesting

/// Lets the clients of all threads send commands for a while and counts.
struct CommandMeasurement {
    /// What was found.
    struct Result {
        var status: CommandLoadStatus
        var seconds: Double
        /// Processor time; nil where it could not be read.
        var gatewayNanoseconds: UInt64?
        var redisNanoseconds: UInt64?
    }

    let phase: CommandPhase
    /// Seconds that count.
    let duration: Int
    /// Seconds before them.
    let warmUp: Int
    let isQuiet: Bool

    /// Opens the connections, measures, and closes them.
    func run(
        _ loaders: [LoopBound<CommandLoader>], server: ObservedProcess?,
        redis: LoopBound<RedisProcessorTime>?
    ) async throws -> Result {
        for loader in loaders {
            let isOpen = await loader.loop.task { await loader.value.open() }.value
            guard isOpen else {
                let status = await loader.loop.call { loader.value.status }
                throw CommandLoadFailure.notOpen(status.outcomes.keys.sorted())
            }
        }
        for loader in loaders { loader.loop.post { [phase] in loader.value.start(phase) } }
        if warmUp > 0 { try await Task.sleep(for: .seconds(warmUp)) }
        let redisBefore = await redis?.nanoseconds()
        for loader in loaders { await loader.loop.call { loader.value.reset() } }
        let cpu = CPUMeasurement(server)
        let start = MonotonicTime.current()
        for second in 1...duration {
            try await Task.sleep(for: .seconds(1))
            if !isQuiet { Console.progress("\(phase.rawValue): \(second) s of \(duration)") }
        }
        if !isQuiet { Console.endProgress() }
        var sum = CommandLoadStatus()
        for loader in loaders { sum += await loader.loop.call { loader.value.status } }
        let seconds = Double(MonotonicTime.current().nanoseconds - start.nanoseconds) / 1e9
        let gateway = cpu.end()?.nanoseconds
        let redisAfter = await redis?.nanoseconds()
        for loader in loaders {
            await loader.loop.task { await loader.value.stop() }.value
            await loader.loop.call { loader.value.close() }
        }
        return Result(
            status: sum, seconds: seconds, gatewayNanoseconds: gateway,
            redisNanoseconds: redisBefore.flatMap { before in redisAfter.map { $0 &- before } })
    }
}

extension LoopBound where Value == RedisProcessorTime {
    /// Nanoseconds that Redis has run; nil where it does not say.
    fileprivate func nanoseconds() async -> UInt64? {
        let bound = self
        return await loop.task { await bound.value.nanoseconds() }.value
    }
}

/// Why commands could not be measured.
enum CommandLoadFailure: Error, CustomStringConvertible {
    case notOpen([String])

    var description: String {
        switch self {
        case .notOpen(let reasons): "not every client is connected: \(reasons)"
        }
    }
}
