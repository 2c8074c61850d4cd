import EventLoop
import JSONRPC
import Logging
import Postgres
import Security

/// Brings audit entries of one loop to PostgreSQL, in order and in batches, without holding anybody
/// up. Confined to its loop.
///
/// During an outage entries wait, up to a bound. Each has a number of its own, so that a batch
/// whose answer was lost is sent again without being noted twice.
final class AuditQueue: TimerHandler {
    private let loop: EventLoop
    private let pool: PostgresPool
    private let node: String
    private let logger: Logger
    private var entries: [(id: SubjectID, entry: AuditEntry)] = []
    private var isSending = false
    private var isPausing = false

    /// Entries that PostgreSQL has.
    private(set) var storedCount = 0
    /// Entries that PostgreSQL does not have: there were too many, or it refused them.
    private(set) var lostCount = 0

    init(loop: EventLoop, pool: PostgresPool, node: String, logger: Logger) {
        self.loop = loop
        self.pool = pool
        self.node = node
        self.logger = logger
    }

    /// Entries that wait.
    var count: Int { entries.count }

    /// Takes an entry; where too many wait, it is only in the log.
    func append(_ entry: AuditEntry) {
        loop.preconditionOnLoop()
        guard entries.count < AuditLimits.queuedCountMax else {
            // Said once for each outage and then counted: the entries themselves are in the log.
            if lostCount == 0 {
                logger.error("the audit queue is full; entries are in this log only")
            }
            lostCount += 1
            return
        }
        let id = SubjectID(high: RandomBytes.integer(), low: RandomBytes.integer())
        entries.append((id, entry))
        send()
    }

    /// Waits until everything is stored.
    ///
    /// - Parameter duration: how long at most.
    func finish(within duration: Duration) async {
        let deadline = loop.now.advanced(by: duration)
        while !entries.isEmpty, loop.now < deadline {
            await loop.sleep(for: .milliseconds(10))
        }
        if !entries.isEmpty {
            logger.error(
                "audit entries are in this log only", metadata: ["count": "\(entries.count)"])
        }
    }

    func timerFired(token: UInt32) {
        isPausing = false
        send()
    }

    private func send() {
        guard !isSending, !isPausing, !entries.isEmpty else { return }
        isSending = true
        let queue = LoopBound(self, loop: loop)
        loop.task { await queue.value.run() }
    }

    private func run() async {
        var batchCount = AuditLimits.batchCountMax
        while !entries.isEmpty {
            let count = min(batchCount, entries.count)
            do throws(PostgresError) {
                try await store(Array(entries.prefix(count)))
                entries.removeFirst(count)
                storedCount += count
                batchCount = AuditLimits.batchCountMax
            } catch .refused(let error) where !error.isTemporary {
                // One of them cannot be stored: alone, it is the only one that is not.
                if count == 1 {
                    logger.error("an audit entry was refused", metadata: ["reason": "\(error)"])
                    entries.removeFirst()
                    lostCount += 1
                }
                batchCount = 1
            } catch {
                isPausing = true
                _ = loop.schedule(after: AuditLimits.retryDuration, handler: self)
                break
            }
        }
        isSending = false
    }

    private func store(
        _ batch: [(id: SubjectID, entry: AuditEntry)]
    ) async throws(PostgresError) {
        var writer = JSONWriter()
        writer.beginArray()
        for (id, entry) in batch { Self.write(id, entry, to: &writer) }
        writer.endArray()
        try await pool.query(
            """
            INSERT INTO public.audit_log (id, at, action, actor, subject, address, node, detail)
            SELECT id, to_timestamp(at / 1000.0), action, actor, subject, address, $2, detail
            FROM jsonb_to_recordset($1::jsonb) AS entry (id uuid, at bigint, action text,
                actor uuid, subject uuid, address text, detail jsonb)
            ON CONFLICT DO NOTHING
            """, .text(String(decoding: writer.byteArray, as: UTF8.self)), .text(node))
    }

    private static func write(_ id: SubjectID, _ entry: AuditEntry, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id.text)
        writer.member("at", entry.at)
        writer.member("action", entry.action.rawValue)
        if let actor = entry.actor { writer.member("actor", actor.text) }
        if let subject = entry.subject { writer.member("subject", subject.text) }
        if let address = entry.address { writer.member("address", address) }
        writer.key("detail")
        writer.beginObject()
        for (name, value) in entry.detail {
            writer.key(name)
            writer.string(value)
        }
        writer.endObject()
        writer.endObject()
    }
}

extension PostgresServerError {
    /// Whether the same statement may succeed later: no resources, an operator's doing, a system
    /// error, a standby, or a deadlock.
    var isTemporary: Bool {
        ["40", "53", "57", "58"].contains(sqlState.prefix(2)) || sqlState == "25006"
    }
}
