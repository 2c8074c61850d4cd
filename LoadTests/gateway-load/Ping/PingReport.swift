import LoadTesting

/// The results of `gateway-load ping`.
struct PingReport: Codable {
    var command = "ping"
    var clients: Int
    var threads: Int
    var seconds: Double
    var answers: UInt64
    var answersPerSecond: Double
    var failures: UInt64
    var roundTrip: LatencySummary?
    var serverCPUNanosecondsPerAnswer: Double?
    var serverCPUShare: Double?
    var outcomes: [String: Int]

    /// Takes what was measured.
    init(clients: Int, threads: Int, _ result: CommandMeasurement.Result) {
        self.clients = clients
        self.threads = threads
        seconds = result.seconds
        answers = result.status.commandCount
        answersPerSecond = Double(answers) / result.seconds
        failures = result.status.failureCount
        roundTrip = result.status.latencies[.ping]?.summary
        serverCPUNanosecondsPerAnswer = result.gatewayNanoseconds.map {
            Double($0) / Double(max(1, result.status.commandCount))
        }
        serverCPUShare = result.gatewayNanoseconds.map { Double($0) / (result.seconds * 1e9) }
        outcomes = result.status.outcomes
    }

    /// The results for people.
    var text: String {
        var table = TextTable()
        table.add("latency", "p50", "p90", "p99", "p99.9", "max")
        table.add("request to answer", roundTrip)
        var lines = [table.text, ""]
        lines.append(
            "\(answers) answers, \(TextTable.decimal(answersPerSecond, places: 0)) a second, "
                + "\(failures) refused")
        let cost = ReportLines.processorTime(
            of: "gateway", serverCPUNanosecondsPerAnswer, per: "answer", share: serverCPUShare)
        if let cost { lines.append(cost) }
        lines += ReportLines.outcomes(outcomes)
        return lines.joined(separator: "\n")
    }
}
