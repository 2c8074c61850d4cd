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
        if let days = try section.integer("retention_days", in: 1...3650) {
            node.limits.sessionRetentionMilliseconds = days * millisecondsPerDay
        }
        try section.finish()
    }
}
