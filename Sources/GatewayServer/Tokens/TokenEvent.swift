import Logging

/// What a node reports of keys and revocations; no case carries a token or a user's name.
enum TokenEvent: Sendable {
    /// Revocations of a kind that this build does not know.
    case unknownRevocations(count: Int)
    /// An issuer's key set was read.
    case keySetFetched(host: String, keyCount: Int, ignoredKeyCount: Int)
    /// An issuer's key set could not be read.
    case keySetFailed(host: String, reason: String, areKeysKept: Bool)

    /// What is written to the log.
    var entry: (kind: String, level: Logger.Level, message: String, metadata: Logger.Metadata) {
        switch self {
        case .unknownRevocations(let count):
            (
                "unknown_revocations", .error,
                "revocations of an unknown kind: a newer node shares this redis",
                ["count": "\(count)"]
            )
        case .keySetFetched(let host, let keyCount, let ignoredKeyCount):
            (
                "key_set_fetched", ignoredKeyCount > 0 || keyCount == 0 ? .warning : .info,
                "an issuer's keys were fetched",
                [
                    "host": "\(host)", "key_count": "\(keyCount)",
                    "ignored_key_count": "\(ignoredKeyCount)",
                ]
            )
        case .keySetFailed(let host, let reason, let areKeysKept):
            (
                "key_set_failed", areKeysKept ? .warning : .error,
                areKeysKept
                    ? "an issuer's keys could not be fetched; the last stay in use"
                    : "an issuer's keys could not be fetched; its tokens are refused",
                ["host": "\(host)", "reason": "\(reason)"]
            )
        }
    }
}
