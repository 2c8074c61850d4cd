import Testing

@testable import Security

@Suite("A list of revoked tokens") struct RevocationListTests {
    private let mine = SubjectID(high: 1, low: 2)
    private let other = SubjectID(high: 1, low: 3)

    private func mark(_ id: String?, issuedAt: Int64?) -> TokenMark {
        TokenMark(tokenID: id, issuedAtMilliseconds: issuedAt)
    }

    @Test("revokes one token by its name, and no other")
    func token() {
        var list = RevocationList()
        #expect(list.isEmpty)
        list.add(.token(id: "a"), until: 10)
        #expect(!list.isEmpty && list.count == 1)
        #expect(list.isRevoked(subject: mine, mark: mark("a", issuedAt: 9_000_000)))
        #expect(!list.isRevoked(subject: mine, mark: mark("b", issuedAt: 0)))
        #expect(!list.isRevoked(subject: mine, mark: mark(nil, issuedAt: 0)))
    }

    @Test(
        "revokes what was issued before a time, to the millisecond, a second's part cut off",
        arguments: [
            (Int64(9999), true), (10_000, false), (10_999, false), (11_000, false), (0, true),
        ])
    func before(issuedAt: Int64, isRevoked: Bool) {
        var user = RevocationList()
        user.add(.user(mine, issuedBefore: 10_000), until: 20_000)
        #expect(user.isRevoked(subject: mine, mark: mark("x", issuedAt: issuedAt)) == isRevoked)
        #expect(!user.isRevoked(subject: other, mark: mark("x", issuedAt: issuedAt)))
        var everyone = RevocationList()
        everyone.add(.everyone(issuedBefore: 10_000), until: 20_000)
        for subject in [mine, other] {
            #expect(
                everyone.isRevoked(subject: subject, mark: mark(nil, issuedAt: issuedAt))
                    == isRevoked)
        }
    }

    @Test(
        "counts a token that comes of a sign-in as issued with it, and no later than it says",
        arguments: [
            (Int64(20_000), nil as Int64?, false), (20_000, 20_000, false), (20_000, 9000, true),
            (9000, 20_000, true), (9000, nil, true),
        ])
    func signIn(issuedAt: Int64, signedInAt: Int64?, isRevoked: Bool) {
        let token = VerifiedToken(
            subject: mine, role: .user, issuer: "i", issuedAtMilliseconds: issuedAt,
            signedInAtMilliseconds: signedInAt, expiresAtMilliseconds: 90_000, tokenID: "a",
            keyID: nil)
        var list = RevocationList()
        list.add(.user(mine, issuedBefore: 10_000), until: 100_000)
        #expect(list.isRevoked(subject: mine, mark: TokenMark(of: token)) == isRevoked)
    }

    @Test("counts a token that was issued in the second of a revocation as issued before it")
    func sameSecond() {
        var list = RevocationList()
        list.add(.user(mine, issuedBefore: 10_001), until: 20_000)
        #expect(list.isRevoked(subject: mine, mark: mark("x", issuedAt: 10_999)))
        #expect(!list.isRevoked(subject: mine, mark: mark("x", issuedAt: 11_000)))
    }

    @Test("counts a token that does not say when it was issued as issued before everything")
    func withoutIssueTime() {
        var list = RevocationList()
        list.add(.everyone(issuedBefore: 1), until: 2)
        #expect(list.isRevoked(subject: mine, mark: mark("x", issuedAt: nil)))
    }

    @Test("never becomes weaker by what is added")
    func merging() {
        var list = RevocationList()
        list.add(.user(mine, issuedBefore: 10_000), until: 50)
        list.add(.everyone(issuedBefore: 5000), until: 50)
        var older = RevocationList()
        older.add(.user(mine, issuedBefore: 2000), until: 90)
        older.add(.everyone(issuedBefore: 1000), until: 90)
        older.add(.token(id: "a"), until: 90)
        list.add(older)
        #expect(list.isRevoked(subject: mine, mark: mark("x", issuedAt: 9000)))
        #expect(list.isRevoked(subject: other, mark: mark("x", issuedAt: 4000)))
        #expect(!list.isRevoked(subject: other, mark: mark("x", issuedAt: 5000)))
        list.prune(now: 60)
        #expect(list.count == 2, "the later end counts")
        list.prune(now: 90)
        #expect(list.count == 0)
        #expect(list.isRevoked(subject: other, mark: mark("x", issuedAt: 4000)))
    }

    @Test("keeps nothing of a token but twelve bytes")
    func size() {
        #expect(MemoryLayout<TokenMark>.size == 12)
        #expect(mark(nil, issuedAt: 1).fingerprint == 0)
        #expect(mark("", issuedAt: 1).fingerprint != 0)
        #expect(mark("a", issuedAt: .max).issuedAtSecond == UInt32.max)
        #expect(mark("a", issuedAt: -1000).issuedAtSecond == 0)
    }
}
