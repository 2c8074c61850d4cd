/// The library of Redis Functions that holds every step of trading sessions: the files of
/// Protocol/redis, joined in the order of their names, as Protocol/redis.md says.
///
/// The files are built in, so that a node needs nothing beside its executable.
package enum SessionFunctionLibrary {
    /// The text of the library.
    package static var source: [UInt8] { parts.flatMap { $0 } }

    /// The version that `tradermind_version` answers once this text is loaded.
    package static let version = version(in: parts[0]) ?? 0

    /// Reads `local VERSION = 1`, the one line of the first file that begins so.
    ///
    /// - Parameter text: the text of a library.
    /// - Returns: the version, nil where the text has none.
    package static func version(in text: [UInt8]) -> Int64? {
        let mark = "local VERSION = "
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let line = String(decoding: line, as: UTF8.self)
            if line.hasPrefix(mark) { return Int64(line.dropFirst(mark.count)) }
        }
        return nil
    }

    private static let parts: [[UInt8]] = [
        PackageResources._1_library_lua,
        PackageResources._2_clock_lua,
        PackageResources._3_values_lua,
        PackageResources._4_requests_lua,
        PackageResources._5_channels_lua,
        PackageResources._6_sessions_stored_lua,
        PackageResources._7_kill_switches_stored_lua,
        PackageResources._8_signals_stored_lua,
        PackageResources._9_changes_lua,
        PackageResources._0_sessions_lua,
        PackageResources._1_participants_lua,
        PackageResources._2_trades_lua,
        PackageResources._3_signals_lua,
        PackageResources._4_feeds_lua,
        PackageResources._5_kill_switches_lua,
        PackageResources._6_timers_lua,
        PackageResources._7_repair_lua,
        PackageResources._8_revocations_lua,
        PackageResources._9_feed_sources_lua,
    ]
}
