import LoadTesting

/// The results of `gateway-load sessions`.
struct SessionsReport: Codable {
    /// One phase.
    struct Phase: Codable {
        var name: String
        var seconds: Double
        var commands: UInt64
        var commandsPerSecond: Double
        var failures: UInt64
        var latency: [String: LatencySummary]
        var gatewayCPUNanosecondsPerCommand: Double?
        var gatewayCPUShare: Double?
        var redisCPUNanosecondsPerCommand: Double?
        var redisCPUShare: Double?
        var outcomes: [String: Int]

        init(_ phase: CommandPhase, _ result: CommandMeasurement.Result) {
            let status = result.status
            let count = Double(max(1, status.commandCount))
            name = phase.rawValue
            seconds = result.seconds
            commands = status.commandCount
            commandsPerSecond = Double(status.commandCount) / result.seconds
            failures = status.failureCount
            latency = [:]
            for (operation, recorder) in status.latencies {
                latency[operation.rawValue] = recorder.summary
            }
            gatewayCPUNanosecondsPerCommand = result.gatewayNanoseconds.map { Double($0) / count }
            gatewayCPUShare = result.gatewayNanoseconds.map { Double($0) / (result.seconds * 1e9) }
            redisCPUNanosecondsPerCommand = result.redisNanoseconds.map { Double($0) / count }
            redisCPUShare = result.redisNanoseconds.map { Double($0) / (result.seconds * 1e9) }
            outcomes = status.outcomes
        }
    }

    var command = "sessions"
    var clients: Int
    var sessions: Int
    var threads: Int
    var phases: [Phase]

    /// The results for people.
    var text: String {
        var lines: [String] = []
        for phase in phases {
            var table = TextTable()
            table.add(phase.name, "p50", "p90", "p99", "p99.9", "max")
            for operation in CommandOperation.allCases {
                if let latency = phase.latency[operation.rawValue] {
                    table.add(operation.rawValue, latency)
                }
            }
            lines.append(table.text)
            lines.append(
                "\(phase.commands) commands, "
                    + "\(TextTable.decimal(phase.commandsPerSecond, places: 0)) a second, "
                    + "\(phase.failures) refused")
            lines.append(
                Self.cpu("gateway", phase.gatewayCPUNanosecondsPerCommand, phase.gatewayCPUShare))
            lines.append(
                Self.cpu("Redis", phase.redisCPUNanosecondsPerCommand, phase.redisCPUShare))
            lines += ReportLines.outcomes(phase.outcomes)
            lines.append("")
        }
        return lines.dropLast().joined(separator: "\n")
    }

    private static func cpu(_ name: String, _ nanoseconds: Double?, _ share: Double?) -> String {
        ReportLines.processorTime(
            of: name, nanoseconds, per: "command", share: share, places: 1)
            ?? "\(name): processor time not known"
    }
}
