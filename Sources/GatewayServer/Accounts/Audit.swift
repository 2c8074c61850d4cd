import Logging
import Security

/// What an audit entry is about.
enum AuditAction: String, Sendable, CaseIterable {
    /// A user signed in.
    case signIn = "sign_in"
    /// Somebody tried to sign in and was refused.
    case signInRefused = "sign_in.refused"
    /// A user connected accounts of the broker.
    case brokerConnect = "broker.connect"
    /// A user disconnected accounts of the broker.
    case brokerDisconnect = "broker.disconnect"
    /// A session token was replaced on a living connection.
    case tokenRefresh = "token.refresh"
    /// Tokens were revoked.
    case tokenRevoke = "token.revoke"
    /// An admin closed a user's connections.
    case userDisconnect = "user.disconnect"
    /// A user's role changed.
    case roleChange = "role.change"
    /// An admin did something else that changes state.
    case adminAction = "admin.action"
}

/// Who did what, to whom, when and from where. Never holds a token, a code or a key: what goes
/// into `detail` is names, numbers and reasons.
struct AuditEntry: Sendable {
    /// What was done.
    let action: AuditAction
    /// Who did it; nil where nobody is signed in yet, or where the node itself did it.
    let actor: SubjectID?
    /// The user whom it concerns, where there is one.
    let subject: SubjectID?
    /// The client's address, where there is a client.
    let address: String?
    /// Milliseconds since the Unix epoch.
    let at: Int64
    /// Facts by name, without secrets; cut to the bounds of `AuditLimits`.
    let detail: [(String, String)]

    /// Notes an action; what exceeds the bounds of `AuditLimits` is cut.
    init(
        action: AuditAction, actor: SubjectID?, subject: SubjectID?, address: String?, at: Int64,
        detail: [(String, String)] = []
    ) {
        self.action = action
        self.actor = actor
        self.subject = subject
        self.address = address.map { Self.cut($0, to: AuditLimits.addressByteCountMax) }
        self.at = at
        self.detail = detail.prefix(AuditLimits.detailCountMax).map { name, value in
            (
                Self.cut(name, to: AuditLimits.detailNameByteCountMax),
                Self.cut(value, to: AuditLimits.detailValueByteCountMax)
            )
        }
    }

    /// Control characters become `?`: neither a log line nor PostgreSQL's text has room for them.
    private static func cut(_ text: String, to byteCountMax: Int) -> String {
        var bytes: [UInt8] = []
        for character in text.unicodeScalars {
            let isControl = character.properties.generalCategory == .control
            let added = isControl ? [UInt8(ascii: "?")] : Array(String(character).utf8)
            guard bytes.count + added.count <= byteCountMax else { break }
            bytes.append(contentsOf: added)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The entry as facts of a log line.
    var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "audit": "\(action.rawValue)", "at": "\(at)",
        ]
        if let actor { metadata["actor"] = "\(actor.text)" }
        if let subject { metadata["subject"] = "\(subject.text)" }
        if let address { metadata["address"] = "\(address)" }
        for (name, value) in detail { metadata["detail.\(name)"] = "\(value)" }
        return metadata
    }
}

/// The bounds of the audit log.
enum AuditLimits {
    /// Bytes of an address: the longest form of an IPv6 address has 45.
    static let addressByteCountMax = 64
    /// Facts of one entry.
    static let detailCountMax = 8
    /// Bytes of a fact's name.
    static let detailNameByteCountMax = 64
    /// Bytes of a fact. 256: a reason of a sentence.
    static let detailValueByteCountMax = 256
    /// Entries of a loop that wait for PostgreSQL; one more is only logged, and counted. 4096: at
    /// most 16 MB, and minutes of an outage with sign-ins that go on by other means.
    static let queuedCountMax = 4096
    /// Entries of one statement. 64: below 256 KB, and 64 times fewer round trips under load.
    static let batchCountMax = 64
    /// The pause before entries that found no PostgreSQL are tried again.
    static let retryDuration = Duration.seconds(1)
    /// How long a node that stops waits for what is queued.
    static let finishDuration = Duration.seconds(3)
}

extension LoopServer {
    /// Notes an action in the audit log; never waits. It goes to the node's log always, and to
    /// PostgreSQL where one is configured.
    ///
    /// - Parameter entry: who did what.
    func audit(_ entry: AuditEntry) {
        shared.configuration.logger.notice("audit", metadata: entry.metadata)
        database?.audit.append(entry)
    }
}
