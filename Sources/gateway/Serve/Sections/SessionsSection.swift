import GatewayServer

/// The section `sessions`: how long ended sessions are kept.
extension ServeConfiguration {
    private static let millisecondsPerDay = 86_400_000

    /// Reads how long a completed session is kept.
    ///
    /// - Parameters:
    ///   - file: the whole configuration.
    ///   - node: gets the settings.
    /// - Throws: `ConfigurationReader.Problem`.
    static func readSessions(
        _ file: inout ConfigurationReader, into node: inout GatewayConfiguration
    ) throws {
        var section = try file.object("sessions")
        try section.integer(
            "retention_days", 1...3650, unit: millisecondsPerDay,
            into: &node.limits.sessionRetentionMilliseconds,
            "How long a completed session is kept in Redis: long enough to look into a month's "
                + "results.")
        try section.finish()
    }
}
