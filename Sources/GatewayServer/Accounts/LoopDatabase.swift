import EventLoop
import Postgres

/// A loop's own links to PostgreSQL, with what uses them. Confined to its loop.
final class LoopDatabase {
    private let pool: PostgresPool
    /// Users and their tokens.
    let accounts: AccountStore
    /// The way of audit entries to PostgreSQL.
    let audit: AuditQueue

    init(_ configuration: DatabaseConfiguration, server: LoopServer) {
        let shared = server.shared
        let index = server.index
        pool = PostgresPool(loop: server.loop, configuration: configuration.postgres) { isReady in
            shared.health.set(hasDatabase: isReady, loop: index)
        }
        accounts = AccountStore(pool: pool, vault: configuration.vault)
        audit = AuditQueue(
            loop: server.loop, pool: pool, node: shared.configuration.nodeName,
            logger: shared.configuration.logger)
    }

    func start() { pool.start() }

    func close() { pool.close() }

    /// What this loop has counted.
    var snapshot: DatabaseSnapshot {
        DatabaseSnapshot(
            isReady: pool.isReady, postgres: pool.counters, waitingCount: pool.waitingCount,
            auditQueuedCount: audit.count, auditStoredCount: audit.storedCount,
            auditLostCount: audit.lostCount, resealedCount: accounts.resealedCount)
    }
}

/// What one loop says of its links to PostgreSQL.
struct DatabaseSnapshot: Sendable {
    var isReady: Bool
    var postgres: PostgresCounters
    var waitingCount: Int
    var auditQueuedCount: Int
    var auditStoredCount: Int
    var auditLostCount: Int
    var resealedCount: Int
}

extension LoopServer {
    /// Users and their tokens; nil where the node has no database.
    var accounts: AccountStore? { database?.accounts }
}

extension MetricsText {
    static func addDatabase(
        _ snapshots: [DatabaseSnapshot], to text: inout PrometheusText
    ) {
        func total(_ value: (DatabaseSnapshot) -> Int) -> Int {
            snapshots.reduce(0) { $0 + value($1) }
        }
        var counters = PostgresCounters()
        for snapshot in snapshots { counters.add(snapshot.postgres) }
        text.add(
            "tradermind_postgres_ready_loops", .gauge,
            help: "Loops that have a connection to PostgreSQL.", total { $0.isReady ? 1 : 0 })
        text.add(
            "tradermind_postgres_connects_total", .counter,
            help: "Connections made to PostgreSQL.", counters.connectCount)
        text.add(
            "tradermind_postgres_losses_total", .counter,
            help: "Connections to PostgreSQL that were lost or given up.", counters.lossCount)
        text.add(
            "tradermind_postgres_statements_total", .counter,
            help: "Statements sent to PostgreSQL.", counters.statementCount)
        text.add(
            "tradermind_postgres_refusals_total", .counter,
            help: "Statements that PostgreSQL refused.", counters.refusalCount)
        text.add(
            "tradermind_postgres_timeouts_total", .counter,
            help: "Statements whose connection was given up.", counters.timeoutCount)
        text.add(
            "tradermind_postgres_overloads_total", .counter,
            help: "Statements that no connection was free for.", counters.overloadCount)
        text.add(
            "tradermind_postgres_answer_seconds_total", .counter,
            help: "How long all answered statements took together.",
            [([], Double(counters.answerNanoseconds) / 1e9)])
        text.add(
            "tradermind_postgres_waiting", .gauge,
            help: "Statements that wait for a connection.", total(\.waitingCount))
        text.add(
            "tradermind_audit_queued", .gauge,
            help: "Audit entries that wait for PostgreSQL.", total(\.auditQueuedCount))
        text.add(
            "tradermind_audit_stored_total", .counter,
            help: "Audit entries that PostgreSQL has.", total(\.auditStoredCount))
        text.add(
            "tradermind_audit_lost_total", .counter,
            help: "Audit entries that are in the log only.", total(\.auditLostCount))
        text.add(
            "tradermind_tokens_resealed_total", .counter,
            help: "Broker tokens sealed again with the primary key when they were read.",
            total(\.resealedCount))
    }
}
