import Testing

@testable import Security

@Suite("Issuing session tokens")
struct TokenIssuerTests {
    private static let randomBytes = [UInt8](0..<16)

    private func signingKeys() throws -> [TokenSigningKey] {
        [
            TokenSigningKey(id: "h1", material: .sharedSecret(try TestTokens.sharedKey())),
            TokenSigningKey(id: "e1", material: .ecdsaP256(try TestTokens.ellipticKey())),
        ]
    }

    @Test("makes tokens that our verifier accepts, with each algorithm and role")
    func makesValidTokens() throws {
        let subject = try #require(SubjectID(TestTokens.subject))
        for key in try signingKeys() {
            let issuer = TokenIssuer(
                name: TestTokens.issuerName, audience: "gateway", key: key)
            let trusted = TrustedIssuer(
                name: TestTokens.issuerName, audiences: ["gateway"], kind: .gateway,
                keys: try TokenKeySet([key.verificationKey()]))
            for role in TokenRole.allCases {
                let token = try issuer.issue(
                    subject: subject, role: role, now: TestTokens.now + 999,
                    lifetimeMilliseconds: 900_000, randomBytes: Self.randomBytes)
                let verified = try TestTokens.verify(token, issuers: [trusted])
                #expect(
                    verified
                        == VerifiedToken(
                            subject: subject, role: role, issuer: TestTokens.issuerName,
                            issuedAtMilliseconds: TestTokens.now,
                            expiresAtMilliseconds: TestTokens.now + 900_000,
                            tokenID: "AAECAwQFBgcICQoLDA0ODw", keyID: key.id))
            }
        }
    }

    @Test("writes the golden token for a shared key")
    func writesGoldenToken() throws {
        let issuer = TokenIssuer(
            name: "https://gw", audience: "gateway", key: try signingKeys()[0])
        let token = try issuer.issue(
            subject: SubjectID(high: 1, low: 2), role: .user, now: 1_800_000_000_000,
            lifetimeMilliseconds: 60_000, randomBytes: Self.randomBytes)
        let parts = String(decoding: token, as: UTF8.self).split(separator: ".")
        #expect(
            parts.dropLast().map {
                Base64URL.decode(Array($0.utf8)).map { String(decoding: $0, as: UTF8.self) }
            }
                == [
                    #"{"alg":"HS256","kid":"h1","typ":"JWT"}"#,
                    #"{"iss":"https://gw","aud":"gateway","#
                        + #""sub":"00000000-0000-0001-0000-000000000002","user_role":"user","#
                        + #""iat":1800000000,"exp":1800000060,"jti":"AAECAwQFBgcICQoLDA0ODw"}"#,
                ])
    }

    @Test("writes when the user signed in, and the verifier reads it")
    func writesSignInTime() throws {
        let key = try signingKeys()[0]
        let issuer = TokenIssuer(name: TestTokens.issuerName, audience: "gateway", key: key)
        let token = try issuer.issue(
            subject: SubjectID(high: 1, low: 2), role: .user, now: TestTokens.now,
            signedInAt: TestTokens.now - 59_001, lifetimeMilliseconds: 60_000,
            randomBytes: Self.randomBytes)
        let trusted = TrustedIssuer(
            name: TestTokens.issuerName, audiences: ["gateway"], kind: .gateway,
            keys: try TokenKeySet([key.verificationKey()]))
        let verified = try TestTokens.verify(token, issuers: [trusted])
        #expect(verified.issuedAtMilliseconds == TestTokens.now)
        #expect(verified.signedInAtMilliseconds == TestTokens.now - 60_000)
    }

    @Test("refuses times out of range")
    func refusesTimes() throws {
        let issuer = TokenIssuer(name: "i", audience: "a", key: try signingKeys()[0])
        for (now, lifetime) in [
            (Int64(-1), Int64(1000)), (0, 999), (0, -1), (.max, 1000), (0, .max),
            (SecurityLimits.timeMillisecondsMax, 1000),
        ] {
            #expect(throws: TokenIssuer.IssueError.invalidTime) {
                try issuer.issue(
                    subject: SubjectID(high: 0, low: 0), role: .user, now: now,
                    lifetimeMilliseconds: lifetime, randomBytes: Self.randomBytes)
            }
        }
    }
}

@Suite("The keyring of session tokens")
struct TokenKeyringTests {
    private static let format = "tradermind-token-keyring 1"
    private static let letters = Base64URL.encode(TestTokens.secret)
    private static let otherLetters = Base64URL.encode(TestTokens.otherSecret)
    private static let thirdLetters = Base64URL.encode([UInt8](50..<82))

    private func makeKeyring(_ algorithm: TokenAlgorithm = .hs256) throws -> TokenKeyring {
        try TokenKeyring(
            newKey: RandomBytes.makeSecret(byteCount: TokenKeyring.secretByteCount),
            algorithm: algorithm, idBytes: RandomBytes.make(byteCount: TokenKeyring.idByteCount))
    }

    private func prepare(_ keyring: inout TokenKeyring) throws {
        try keyring.prepare(
            newKey: RandomBytes.makeSecret(byteCount: TokenKeyring.secretByteCount),
            algorithm: .hs256, idBytes: RandomBytes.make(byteCount: TokenKeyring.idByteCount))
    }

    private func parse(_ lines: [String]) throws(KeyringError) -> TokenKeyring {
        try TokenKeyring(file: Array(([Self.format] + lines).joined(separator: "\n").utf8))
    }

    private func accepts(
        _ keyring: TokenKeyring, signedBy key: TokenSigningKey, now: Int64
    ) throws -> Bool {
        let token = try TokenIssuer(name: TestTokens.issuerName, audience: "gateway", key: key)
            .issue(
                subject: SubjectID(high: 0, low: 1), role: .user, now: TestTokens.now,
                lifetimeMilliseconds: 3_600_000,
                randomBytes: RandomBytes.make(byteCount: TokenIssuer.tokenIDByteCount))
        let issuer = TrustedIssuer(
            name: TestTokens.issuerName, audiences: ["gateway"], kind: .gateway,
            keys: keyring.verificationKeys)
        return try TestTokens.fault(token, issuers: [issuer], now: now) == nil
    }

    @Test("replaces its key in two steps, without a token that some node cannot verify")
    func rotates() throws {
        var keyring = try makeKeyring(.es256)
        let now = TestTokens.now
        let old = keyring.signingKey
        #expect(throws: KeyringError.noPrimaryKey) {
            try keyring.promote(now: now, overlapMilliseconds: 1000)
        }
        try prepare(&keyring)
        #expect(keyring.signingKey.id == old.id)
        let prepared = keyring
        #expect(throws: KeyringError.self) { try prepare(&keyring) }

        try keyring.promote(now: now, overlapMilliseconds: 900_000)
        let new = keyring.signingKey
        #expect(new.id != old.id)
        #expect(try accepts(prepared, signedBy: new, now: now))
        #expect(try accepts(keyring, signedBy: new, now: now))
        #expect(try accepts(keyring, signedBy: old, now: now + 899_999))
        #expect(try accepts(keyring, signedBy: old, now: now + 900_000) == false)

        // The next promotion drops what is over.
        try prepare(&keyring)
        try keyring.promote(now: now + 900_000, overlapMilliseconds: .max)
        #expect(keyring.entries.map(\.id).contains(new.id))
        #expect(!keyring.entries.map(\.id).contains(old.id))
    }

    @Test("is read back from its own file, with every role and algorithm")
    func roundTrips() throws {
        var keyring = try makeKeyring(.es256)
        try prepare(&keyring)
        try keyring.promote(now: TestTokens.now, overlapMilliseconds: 5)
        try prepare(&keyring)
        let read = try keyring.fileContents().withSpan { file throws(KeyringError) in
            try TokenKeyring(file: file)
        }
        #expect(read.entries.map(\.id) == keyring.entries.map(\.id))
        #expect(read.entries.map(\.role) == keyring.entries.map(\.role))
        #expect(read.entries.map(\.algorithm) == [.es256, .hs256, .hs256])
        #expect(try accepts(read, signedBy: keyring.signingKey, now: TestTokens.now))
        #expect(
            read.fileContents().isEqual(to: keyring.fileContents()))
    }

    @Test(
        "names the line that is not of its form",
        arguments: [
            "current", "current k", "current k HS256", "current k RS256 \(thirdLetters)",
            "current k none \(thirdLetters)", "current k HS256 \(thirdLetters) 1",
            "previous k HS256 \(thirdLetters)", "previous k HS256 \(thirdLetters) -1",
            "previous k HS256 \(thirdLetters) 9007199254740992",
            "previous k HS256 \(thirdLetters) 1e3", "first k HS256 \(thirdLetters)",
            "next k/1 HS256 \(thirdLetters)", "next k HS256 \(thirdLetters)=",
            "next k  HS256 \(thirdLetters)", "next k HS256 \(thirdLetters)\r",
        ])
    func namesTheLine(line: String) {
        #expect(throws: KeyringError.invalidLine(number: 3)) {
            try parse(["current k1 HS256 \(Self.letters)", line])
        }
    }

    @Test("has one current key, at most one next, and no key twice")
    func refuses() {
        let current = "current k1 HS256 \(Self.letters)"
        #expect(throws: KeyringError.noPrimaryKey) { try parse([]) }
        #expect(throws: KeyringError.noPrimaryKey) {
            try parse(["next k1 HS256 \(Self.letters)"])
        }
        #expect(throws: KeyringError.noPrimaryKey) {
            try parse([current, "current k2 HS256 \(Self.otherLetters)"])
        }
        #expect(throws: KeyringError.noPrimaryKey) {
            try parse([
                current, "next k2 HS256 \(Self.otherLetters)", "next k3 HS256 \(Self.thirdLetters)",
            ])
        }
        #expect(throws: KeyringError.duplicateKey(id: "k1")) {
            try parse([current, "next k1 HS256 \(Self.otherLetters)"])
        }
        #expect(throws: KeyringError.duplicateKey(id: "k2")) {
            try parse([current, "next k2 ES256 \(Self.letters)"])
        }
        for secret in [String(repeating: "A", count: 43), "AQID"] {
            #expect(throws: KeyringError.unusableKey(id: "k1")) {
                try parse(["current k1 HS256 \(secret)"])
            }
        }
        #expect(throws: KeyringError.unknownFormat(expected: Self.format)) {
            try TokenKeyring(file: Array("tradermind-vault-keyring 1\n".utf8))
        }
    }

    @Test("cannot be made for an algorithm with which we do not sign")
    func refusesRSA() {
        #expect(throws: KeyringError.self) { try makeKeyring(.rs256) }
    }
}
