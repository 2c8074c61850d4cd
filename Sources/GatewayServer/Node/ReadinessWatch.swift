/// Notices when a node becomes ready and when it no longer is, for its log: who looks there for the
/// cause of an outage finds its beginning, its end and its reasons.
struct ReadinessWatch {
    /// How long a node needs for its first links and proofs, in seconds; that is no outage.
    static let graceSeconds: UInt32 = 3

    private var next: UInt32?
    private var told: [String]?

    /// Looks once a second, first when the grace of the start is over.
    ///
    /// - Parameters:
    ///   - second: of any clock that counts seconds.
    ///   - problems: why the node should get no new connections.
    /// - Returns: what is news.
    mutating func look(second: UInt32, problems: @autoclosure () -> [String]) -> NodeEvent? {
        guard let next else {
            self.next = second &+ Self.graceSeconds
            return nil
        }
        guard second >= next else { return nil }
        self.next = second &+ 1
        let problems = problems()
        guard problems != told, !problems.contains(NodeHealth.drainingProblem) else { return nil }
        defer { told = problems }
        return problems.isEmpty ? .ready(isAgain: told != nil) : .notReady(problems: problems)
    }
}
