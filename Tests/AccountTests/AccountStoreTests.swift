import EventLoop
import GatewayServer
import Postgres
import Security
import Synchronization
import TestSupport
import Testing

@Suite(
    "AccountStore",
    .enabled(if: SharedPostgres.url != nil, "\(SharedPostgres.unavailableReason)"),
    .timeLimit(.minutes(10)))
struct AccountStoreTests {
    private static func identity(_ name: String, _ accounts: [String]) -> BrokerIdentity {
        BrokerIdentity(
            generation: .legacy, brokerUserID: name,
            accounts: accounts.map { BrokerAccount(id: $0, currency: nil, isVirtual: true) })
    }

    @Test("Twenty first sign-ins of one broker's user at once give one user")
    func signInOnce() async throws {
        try await TestDatabase.with { database in
            let vault = VaultBox(try Vault(keyring: newKeyring()))
            let store = LoopBound(
                AccountStore(pool: database.gateway, vault: vault), loop: database.loop)
            let loop = database.loop
            let users = try await withThrowingTaskGroup(of: SubjectID.self) { group in
                for _ in 0..<20 {
                    group.addTask(executorPreference: loop) {
                        try await store.value.signIn(Self.identity("CR1", []))
                    }
                }
                return try await group.reduce(into: Set<SubjectID>()) { $0.insert($1) }
            }
            #expect(users.count == 1)
            let other = try await store.value.signIn(
                BrokerIdentity(generation: .options, brokerUserID: "CR1", accounts: []))
            #expect(!users.contains(other))
        }
    }

    @Test("Connecting stores accounts and tokens whole, replaces them, and refuses strangers")
    func connect() async throws {
        try await TestDatabase.with { database in
            let store = AccountStore(
                pool: database.gateway, vault: VaultBox(try Vault(keyring: newKeyring())))
            let (ann, bob) = (try await database.signUp(), try await database.signUp())
            func tokens(_ accounts: [String]) -> [BrokerTokenRecord] {
                accounts.map {
                    BrokerTokenRecord(account: $0, kind: .access, secret: secret("a1-\($0)"))
                }
            }
            let identity = Self.identity("CR1", ["CR1", "VRTC1"])
            for _ in 0..<2 {
                try await store.connect(
                    user: ann, identity: identity, tokens: tokens(["CR1", "VRTC1"]))
            }
            for name in ["CR1", "VRTC1"] {
                let token = try await store.brokerToken(of: ann, account: name, kind: .access)
                #expect(token?.text == "a1-\(name)")
            }
            #expect(try await store.brokerToken(of: ann, account: "CR1", kind: .refresh) == nil)
            #expect(try await store.brokerToken(of: bob, account: "CR1", kind: .access) == nil)
            #expect(try await store.signIn(identity) == ann)

            await #expect(throws: AccountError.identityOfAnotherUser) {
                try await store.connect(user: bob, identity: identity, tokens: tokens(["CR1"]))
            }
            await #expect(throws: AccountError.hasOtherIdentity) {
                try await store.connect(
                    user: ann, identity: Self.identity("CR9", ["CR9"]), tokens: tokens(["CR9"]))
            }
            await #expect(throws: AccountError.unknownUser) {
                try await store.connect(
                    user: SubjectID(high: 1, low: 2), identity: Self.identity("CR8", []),
                    tokens: [])
            }
            await #expect(throws: AccountError.invalidValue) {
                try await store.connect(user: ann, identity: identity, tokens: tokens(["CR2"]))
            }
            await #expect(throws: AccountError.invalidValue) {
                try await store.connect(
                    user: ann, identity: Self.identity("CR1", ["bad account"]), tokens: [])
            }
            // What was refused has changed nothing.
            #expect(
                try await store.brokerToken(of: ann, account: "CR1", kind: .access)?.text
                    == "a1-CR1")
            try await store.connect(
                user: ann, identity: Self.identity("CR1", ["CR1"]), tokens: tokens(["CR1"]))
            #expect(try await store.brokerToken(of: ann, account: "VRTC1", kind: .access) == nil)

            let given = try await store.disconnect(user: ann, generation: .legacy)
            #expect(given.count == 1 && given[0].isEqual(to: tokens(["CR1"])[0].secret))
            #expect(try await store.disconnect(user: ann, generation: .legacy).isEmpty)
            #expect(try await store.brokerToken(of: ann, account: "CR1", kind: .access) == nil)
            #expect(try await store.signIn(identity) == ann)
        }
    }

    @Test("A token that has expired is not handed out")
    func expiry() async throws {
        try await TestDatabase.with { database in
            let store = AccountStore(
                pool: database.gateway, vault: VaultBox(try Vault(keyring: newKeyring())))
            let ann = try await database.signUp()
            let now = WallClock.milliseconds()
            for (end, isThere) in [(now + 60_000, true), (now - 1000, false)] {
                try await store.connect(
                    user: ann,
                    identity: BrokerIdentity(
                        generation: .options, brokerUserID: "u", accounts: []),
                    tokens: [
                        BrokerTokenRecord(
                            account: "*", kind: .access, secret: secret("t"), expiresAt: end,
                            scopes: "trade account_manage")
                    ])
                let token = try await store.brokerToken(of: ann, account: "*", kind: .access)
                #expect((token != nil) == isThere)
            }
        }
    }

    @Test("Sealed rows that change users, accounts or kinds do not open")
    func swaps() async throws {
        try await TestDatabase.with { database in
            let store = AccountStore(
                pool: database.gateway, vault: VaultBox(try Vault(keyring: newKeyring())))
            let (ann, bob) = (try await database.signUp(), try await database.signUp())
            for (user, name) in [(ann, "CR1"), (bob, "CR2")] {
                try await store.connect(
                    user: user, identity: Self.identity(name, ["CR10", "CR11"]),
                    tokens: ["CR10", "CR11"].flatMap { account in
                        BrokerTokenKind.allCases.map { kind in
                            BrokerTokenRecord(
                                account: account, kind: kind,
                                secret: secret("\(name) \(account) \(kind)"))
                        }
                    })
            }
            let home = (ann, "CR10", BrokerTokenKind.access)
            #expect(try await Self.isOpened(database, store, from: home, to: home))
            #expect(
                try await Self.isOpened(database, store, from: (bob, "CR10", .access), to: home)
                    == false)
            #expect(
                try await Self.isOpened(database, store, from: (ann, "CR11", .access), to: home)
                    == false)
            #expect(
                try await Self.isOpened(database, store, from: (ann, "CR10", .refresh), to: home)
                    == false)
        }
    }

    /// Puts what is sealed for one place into another, asks for it, and puts it back.
    private static func isOpened(
        _ database: TestDatabase, _ store: AccountStore,
        from source: (SubjectID, String, BrokerTokenKind),
        to target: (SubjectID, String, BrokerTokenKind)
    ) async throws -> Bool {
        let kept = try await database.owner.query(
            """
            WITH kept AS (SELECT sealed FROM public.broker_tokens
                WHERE user_id = $4 AND account = $5 AND kind = $6)
            UPDATE public.broker_tokens AS token SET sealed = source.sealed
            FROM public.broker_tokens AS source, kept
            WHERE source.user_id = $1 AND source.account = $2 AND source.kind = $3
                AND token.user_id = $4 AND token.account = $5 AND token.kind = $6
            RETURNING kept.sealed
            """, .uuid(source.0.text), .text(source.1), .text(source.2.rawValue),
            .uuid(target.0.text), .text(target.1), .text(target.2.rawValue))
        #expect(kept.count == 1)
        var isOpened = true
        do throws(AccountError) {
            _ = try await store.brokerToken(
                of: target.0, account: target.1, kind: target.2)
        } catch {
            #expect(error == .vault(.notAuthentic))
            isOpened = false
        }
        try await database.owner.query(
            """
            UPDATE public.broker_tokens SET sealed = $1
            WHERE user_id = $2 AND account = $3 AND kind = $4
            """, .bytes(kept.bytes(0, 0) ?? []), .uuid(target.0.text), .text(target.1),
            .text(target.2.rawValue))
        return isOpened
    }

    @Test("A sealed row with any bit changed, or of the other generation, does not open")
    func damage() async throws {
        try await TestDatabase.with { database in
            let store = AccountStore(
                pool: database.gateway, vault: VaultBox(try Vault(keyring: newKeyring())))
            let ann = try await database.signUp()
            try await store.connect(
                user: ann, identity: Self.identity("CR1", ["CR10"]),
                tokens: [
                    BrokerTokenRecord(account: "CR10", kind: .access, secret: secret("a1"))
                ])
            let sealed = try #require(
                try await database.owner.query(
                    """
                    SELECT sealed FROM public.broker_tokens
                    WHERE user_id = $1 AND account = 'CR10' AND kind = 'access'
                    """, .uuid(ann.text)
                ).bytes(0, 0))
            for index in 0..<sealed.count * 8 {
                var damaged = sealed
                damaged[index / 8] ^= 1 << UInt8(index % 8)
                try await database.owner.query(
                    """
                    UPDATE public.broker_tokens SET sealed = $1
                    WHERE user_id = $2 AND account = 'CR10' AND kind = 'access'
                    """, .bytes(damaged), .uuid(ann.text))
                await #expect(throws: AccountError.self, "bit \(index)") {
                    try await store.brokerToken(of: ann, account: "CR10", kind: .access)
                }
            }
            // The other generation is another place, too.
            try await database.owner.query(
                """
                UPDATE public.broker_tokens SET sealed = $1, generation = 'options'
                WHERE user_id = $2 AND account = 'CR10' AND kind = 'access'
                """, .bytes(sealed), .uuid(ann.text))
            await #expect(throws: AccountError.vault(.notAuthentic)) {
                try await store.brokerToken(of: ann, account: "CR10", kind: .access)
            }
        }
    }

    @Test("A new primary key seals again on reading and in batches, and nothing is lost under load")
    func rotation() async throws {
        try await TestDatabase.with { database in
            let loop = database.loop
            let old = try newKeyring()
            var next = old
            let id = try next.add(
                newKey: RandomBytes.makeSecret(byteCount: VaultKeyring.secretByteCount))
            // Two nodes: both know the new key before either seals with it.
            let nodes = [VaultBox(try Vault(keyring: next)), VaultBox(try Vault(keyring: next))]
            let stores = nodes.map {
                LoopBound(AccountStore(pool: database.gateway, vault: $0), loop: loop)
            }
            let users = try await Self.fill(database, stores[0].value, count: 250)
            let progress = Progress()
            var promoted = next
            try promoted.promote(id)
            let last = promoted
            // Each writer owns some users, so that it knows what has to be there.
            let losses = try await withThrowingTaskGroup(of: Int.self) { group in
                for writer in 0..<4 {
                    group.addTask(executorPreference: loop) {
                        var lossCount = 0
                        var round = 1
                        while !progress.isDone.load(ordering: .relaxed) || round < 4 {
                            for number in stride(from: writer, to: 250, by: 40) {
                                let store = stores[round % 2].value
                                try await Self.store(number, round, users[number], store)
                                let token = try await store.brokerToken(
                                    of: users[number], account: "*", kind: .access)
                                if token?.text != "token \(number) \(round)" { lossCount += 1 }
                            }
                            round += 1
                            progress.roundCount.add(1, ordering: .relaxed)
                        }
                        return lossCount
                    }
                }
                group.addTask(executorPreference: loop) {
                    defer { progress.isDone.store(true, ordering: .relaxed) }
                    // One node moves on before the other.
                    nodes[0].replace(with: try Vault(keyring: last))
                    _ = try await stores[0].value.resealAll()
                    nodes[1].replace(with: try Vault(keyring: last))
                    // What the slower node still sealed with the former key meanwhile.
                    for _ in 0..<20 {
                        let report = try await stores[0].value.resealAll()
                        #expect(report.unreadableCount == 0)
                        if report.remainingCount == 0 { return 0 }
                    }
                    return 1
                }
                return try await group.reduce(0, +)
            }
            #expect(losses == 0)
            #expect(progress.roundCount.load(ordering: .relaxed) >= 12)
            let report = try await stores[1].value.resealAll()
            #expect(report.remainingCount == 0)
            // The former key is not needed any longer.
            try promoted.remove(old.primaryID)
            let store = AccountStore(
                pool: database.gateway, vault: VaultBox(try Vault(keyring: promoted)))
            for (number, user) in users.enumerated() {
                let token = try await store.brokerToken(of: user, account: "*", kind: .access)
                #expect(token?.text.hasPrefix("token \(number) ") == true)
            }
        }
    }

    /// Makes users with a token each.
    private static func fill(
        _ database: TestDatabase, _ store: AccountStore, count: Int
    ) async throws -> [SubjectID] {
        var users: [SubjectID] = []
        for number in 0..<count {
            users.append(try await database.signUp())
            try await Self.store(number, 0, users[number], store)
        }
        return users
    }

    private static func store(
        _ number: Int, _ round: Int, _ user: SubjectID, _ store: AccountStore
    ) async throws(AccountError) {
        try await store.connect(
            user: user,
            identity: BrokerIdentity(
                generation: .options, brokerUserID: "u\(number)", accounts: []),
            tokens: [
                BrokerTokenRecord(
                    account: "*", kind: .access, secret: secret("token \(number) \(round)"))
            ])
    }

    @Test("What is read is sealed again lazily; what does not open is passed by and counted")
    func lazyResealing() async throws {
        try await TestDatabase.with { database in
            let keyring = try newKeyring()
            var next = keyring
            try next.promote(
                try next.add(
                    newKey: RandomBytes.makeSecret(byteCount: VaultKeyring.secretByteCount)))
            let first = AccountStore(
                pool: database.gateway, vault: VaultBox(try Vault(keyring: keyring)))
            let users = [try await database.signUp(), try await database.signUp()]
            for (number, user) in users.enumerated() {
                try await Self.store(number, 0, user, first)
            }
            let second = AccountStore(
                pool: database.gateway, vault: VaultBox(try Vault(keyring: next)))
            for _ in 0..<2 {
                let token = try await second.brokerToken(of: users[0], account: "*", kind: .access)
                #expect(token?.text == "token 0 0")
            }
            #expect(second.resealedCount == 1)
            // A node that has not read the new key yet fails closed.
            await #expect(throws: AccountError.vault(.unknownKey(next.primaryID))) {
                try await first.brokerToken(of: users[0], account: "*", kind: .access)
            }
            try await database.owner.query(
                "UPDATE public.broker_tokens SET kind = 'refresh' WHERE user_id = $1",
                .uuid(users[1].text))
            let report = try await second.resealAll()
            #expect(report.unreadableCount == 1)
            #expect(report.remainingCount == 1)
        }
    }
}

/// How far the load of a test is.
private final class Progress: Sendable {
    let isDone = Atomic<Bool>(false)
    let roundCount = Atomic<Int>(0)
}
