import EventLoop
import Logging
import Postgres
import Security
import TestSupport
import Testing

@testable import GatewayServer

@Suite(
    "Audit", .enabled(if: SharedPostgres.url != nil, "\(SharedPostgres.unavailableReason)"),
    .timeLimit(.minutes(10)))
struct AuditQueueTests {
    private static let quiet = RunEvidence.makeLogger("audit")

    private static func entry(_ number: Int) -> AuditEntry {
        AuditEntry(
            action: .signIn, actor: SubjectID(high: 1, low: UInt64(number)), subject: nil,
            address: "203.0.113.7", at: 1_700_000_000_123 + Int64(number),
            detail: [("reason", "n\(number) \"quoted\" \u{0}\u{7}")])
    }

    @Test("Entries are stored in order with all that they say, in batches")
    func stored() async throws {
        try await TestDatabase.with { database in
            let queue = AuditQueue(
                loop: database.loop, pool: database.gateway, node: "node-1", logger: Self.quiet)
            for number in 0..<500 { queue.append(Self.entry(number)) }
            await queue.finish(within: .seconds(60))
            #expect(queue.count == 0)
            #expect(queue.storedCount == 500)
            let rows = try await database.owner.query(
                """
                SELECT count(*), count(DISTINCT actor), min(extract(epoch FROM at) * 1000)::bigint,
                    min(node), min(action), min(address)
                FROM public.audit_log
                """)
            #expect(rows.integer(0, 0) == 500)
            #expect(rows.integer(0, 1) == 500)
            #expect(rows.integer(0, 2) == 1_700_000_000_123)
            #expect(rows.text(0, 3) == "node-1")
            #expect(rows.text(0, 4) == "sign_in")
            #expect(rows.text(0, 5) == "203.0.113.7")
            let detail = try await database.owner.query(
                "SELECT detail ->> 'reason' FROM public.audit_log WHERE actor = $1",
                .uuid(SubjectID(high: 1, low: 7).text))
            #expect(detail.text(0, 0) == "n7 \"quoted\" ??")
            #expect(database.gateway.counters.statementCount < 50)
        }
    }

    @Test("No table holds a token in the clear, and the audit log none at all")
    func secrets() async throws {
        try await TestDatabase.with { database in
            let store = AccountStore(
                pool: database.gateway,
                vault: VaultBox(try Vault(keyring: newKeyring())))
            let token = "a1-verysecrettoken"
            let user = try await database.signUp()
            try await store.connect(
                user: user,
                identity: BrokerIdentity(
                    generation: .options, brokerUserID: "u", accounts: []),
                tokens: [BrokerTokenRecord(account: "*", kind: .access, secret: secret(token))])
            let queue = AuditQueue(
                loop: database.loop, pool: database.gateway, node: "n", logger: Self.quiet)
            queue.append(
                AuditEntry(
                    action: .brokerConnect, actor: user, subject: user, address: "::1", at: 0,
                    detail: [("generation", "options")]))
            await queue.finish(within: .seconds(60))
            let dump = try await database.owner.query(
                """
                SELECT coalesce(string_agg(line, ' '), '') FROM (
                    SELECT token::text || encode(sealed, 'escape') AS line
                        FROM public.broker_tokens AS token
                    UNION ALL SELECT entry::text FROM public.audit_log AS entry
                    UNION ALL SELECT identity::text FROM public.broker_identities AS identity
                ) AS lines
                """)
            let text = try #require(dump.text(0, 0))
            #expect(text.contains("broker.connect"))
            let hexadecimal = token.utf8.map { String($0, radix: 16) }.joined()
            #expect(!text.contains(token) && !text.contains(hexadecimal))
        }
    }

    @Test("An entry that is refused costs no other one")
    func refused() async throws {
        try await TestDatabase.with { database in
            try await database.owner.run(
                script: """
                    ALTER TABLE public.audit_log ADD CHECK (detail ->> 'reason' NOT LIKE 'n3 %')
                    """)
            let queue = AuditQueue(
                loop: database.loop, pool: database.gateway, node: "n", logger: Self.quiet)
            for number in 0..<6 { queue.append(Self.entry(number)) }
            await queue.finish(within: .seconds(60))
            #expect(queue.storedCount == 5)
            #expect(queue.lostCount == 1)
        }
    }

    @Test("During an outage entries wait up to the bound; the rest is counted")
    func outage() async throws {
        try await TestDatabase.with { database in
            var url = try PostgresURL(try #require(SharedPostgres.url))
            url.database = "nowhere"
            let pool = PostgresPool(
                loop: database.loop,
                configuration: try PostgresConfiguration(url: url, applicationName: "tests"))
            pool.start()
            let queue = AuditQueue(
                loop: database.loop, pool: pool, node: "n", logger: Self.quiet)
            let max = AuditLimits.queuedCountMax
            for number in 0..<max { queue.append(Self.entry(number)) }
            #expect(queue.count == max)
            #expect(queue.lostCount == 0)
            queue.append(Self.entry(max))
            #expect(queue.count == max)
            #expect(queue.lostCount == 1)
            pool.close()
        }
    }

    @Test("Texts are cut to their bounds between characters, and too many facts are left out")
    func bounds() {
        let entry = AuditEntry(
            action: .adminAction, actor: nil, subject: nil,
            address: String(repeating: "a", count: 65), at: 0,
            detail: (0...AuditLimits.detailCountMax).map { number in
                ("k\(number)", String(repeating: "é", count: 200))
            })
        #expect(entry.address?.utf8.count == 64)
        #expect(entry.detail.count == AuditLimits.detailCountMax)
        #expect(entry.detail[0].1 == String(repeating: "é", count: 128))
    }
}
