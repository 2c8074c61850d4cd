import Testing

@testable import Security

@Suite("A token's signature and key (RFC 8725 §3.1)")
struct TokenSignatureTests {
    private static let ellipticHeader = #"{"alg":"ES256","kid":"e1"}"#

    private func ellipticToken(_ change: ([UInt8]) -> [UInt8] = { $0 }) throws -> [UInt8] {
        let message = Array(
            (TestTokens.encode(Self.ellipticHeader) + "." + TestTokens.encode(TestTokens.claims()))
                .utf8)
        let signature = try #require(try TestTokens.ellipticKey().signature(of: message))
        return message + Array(".".utf8) + Array(Base64URL.encode(change(signature)).utf8)
    }

    @Test("is accepted from the key that the header names")
    func isAccepted() throws {
        #expect(try TestTokens.verify(TestTokens.token()).keyID == "k1")
        #expect(try TestTokens.verify(ellipticToken()).keyID == "e1")
    }

    @Test("cannot be made with a public key taken for a secret (CVE-2015-9235, CVE-2016-10555)")
    func refusesConfusion() throws {
        let (x, y) = try TestTokens.ellipticKey().publicCoordinates
        let point = [4] + x + y
        let jwk =
            "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\(Base64URL.encode(x))\","
            + "\"y\":\"\(Base64URL.encode(y))\"}"
        let der =
            [UInt8](hexadecimal: "3059301306072a8648ce3d020106082a8648ce3d030107034200") + point
        let pem =
            "-----BEGIN PUBLIC KEY-----\n" + Base64URL.encode(der) + "\n-----END PUBLIC KEY-----\n"
        for secret in [point, Array(jwk.utf8), der, Array(pem.utf8)] {
            let key = try HMACSHA256Key(secret: SecretBytes(secret))
            let forged = try TestTokens.token(header: #"{"alg":"HS256","kid":"e1"}"#, key: key)
            #expect(
                try TestTokens.fault(forged, issuers: TestTokens.gateway()) == .algorithmMismatch)
            // The other issuer's nameless secret gets its turn, and did not sign it either.
            #expect(try TestTokens.fault(forged) == .invalidSignature)
        }
    }

    @Test("is refused when the named key is for another algorithm, with no other key tried")
    func refusesOtherAlgorithms() throws {
        for (algorithm, keyID) in [
            ("ES256", "k1"), ("RS256", "k1"), ("RS256", "e1"), ("HS256", "e1"),
        ] {
            let header = "{\"alg\":\"\(algorithm)\",\"kid\":\"\(keyID)\"}"
            let token = try TestTokens.token(header: header)
            #expect(
                try TestTokens.fault(token, issuers: TestTokens.gateway()) == .algorithmMismatch)
            // Even signed with the secret that has no name: the name decides.
            let issuer = TrustedIssuer(
                name: TestTokens.issuerName, audiences: ["gateway"], kind: .gateway,
                keys: try TokenKeySet([
                    TokenKey(
                        id: "e1", material: .ecdsaP256(try TestTokens.ellipticKey().publicKey)),
                    TokenKey(id: nil, material: .sharedSecret(try TestTokens.sharedKey())),
                ]))
            let confused = try TestTokens.token(header: #"{"alg":"HS256","kid":"e1"}"#)
            #expect(try TestTokens.fault(confused, issuers: [issuer]) == .algorithmMismatch)
        }
    }

    @Test("is refused from an unknown key, and the fault says so")
    func refusesUnknownKeys() throws {
        let token = try TestTokens.token(header: #"{"alg":"ES256","kid":"e2"}"#)
        #expect(try TestTokens.fault(token) == .unknownKey)
        #expect(try TestTokens.fault(TestTokens.token(), issuers: []) == .unknownKey)
        let nameless = try TestTokens.token(header: #"{"alg":"ES256"}"#)
        #expect(try TestTokens.fault(nameless) == .unknownKey)
    }

    @Test("is refused from another secret, and when it is truncated or empty")
    func refusesOtherCodes() throws {
        let other = try TestTokens.token(key: try TestTokens.sharedKey(TestTokens.otherSecret))
        #expect(try TestTokens.fault(other, issuers: TestTokens.gateway()) == .invalidSignature)
        let message = Array(
            (TestTokens.encode(TestTokens.header) + "." + TestTokens.encode(TestTokens.claims()))
                .utf8)
        let code = try #require(try TestTokens.sharedKey().authenticationCode(of: message))
        for byteCount in [0, 1, 16, 31] {
            let text = Base64URL.encode(Array(code.prefix(byteCount)))
            #expect(
                try TestTokens.fault(message + Array(".\(text)".utf8)) == .invalidSignature)
        }
        let longer = Base64URL.encode(code + [0])
        #expect(try TestTokens.fault(message + Array(".\(longer)".utf8)) == .invalidSignature)
    }

    @Test(
        "has 64 bytes for ES256, no DER, and both numbers are in range (CVE-2022-21449)"
    )
    func refusesOtherEllipticForms() throws {
        let zero = [UInt8](repeating: 0, count: 32)
        let order = [UInt8](
            hexadecimal: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        let changes: [([UInt8]) -> [UInt8]] = [
            { [0x30, 68, 2, 32] + $0.prefix(32) + [2, 32] + $0.suffix(32) },
            { Array($0.dropLast()) }, { $0 + [0] }, { [0] + $0 }, { _ in [] },
            { _ in zero + zero }, { zero + $0.suffix(32) }, { $0.prefix(32) + zero },
            { order + $0.suffix(32) }, { $0.prefix(32) + order }, { _ in order + order },
            { $0.suffix(32) + $0.prefix(32) },
        ]
        for (index, change) in changes.enumerated() {
            #expect(
                try TestTokens.fault(ellipticToken(change)) == .invalidSignature, "change \(index)")
        }
    }

    @Test("does not count for another issuer than the key's own")
    func bindsKeysToIssuers() throws {
        // The gateway's key under Supabase's name, and the other way round.
        let asSupabase = try TestTokens.token(claims: TestTokens.supabaseClaims())
        #expect(try TestTokens.fault(asSupabase) == .untrustedIssuer)
        let legacy = try TestTokens.sharedKey(TestTokens.otherSecret)
        let asGateway = try TestTokens.token(header: #"{"alg":"HS256"}"#, key: legacy)
        #expect(try TestTokens.fault(asGateway) == .untrustedIssuer)
    }

    @Test("is found when two issuers use one name for their keys")
    func triesEachIssuer() throws {
        let issuers = try TestTokens.issuers().map { issuer in
            var issuer = issuer
            let secret = issuer.kind == .gateway ? TestTokens.secret : TestTokens.otherSecret
            issuer.keys = try TokenKeySet([
                TokenKey(id: "k1", material: .sharedSecret(try TestTokens.sharedKey(secret)))
            ])
            return issuer
        }
        let legacy = try TestTokens.sharedKey(TestTokens.otherSecret)
        let token = try TestTokens.token(claims: TestTokens.supabaseClaims(), key: legacy)
        #expect(
            try TestTokens.verify(token, issuers: issuers).issuer == TestTokens.supabaseName)
        #expect(try TestTokens.fault(TestTokens.token(), issuers: issuers) == nil)
    }

    @Test("of a replaced key counts until its end, and not from then on")
    func endsPreviousKeys() throws {
        let end = TestTokens.now
        let issuer = TrustedIssuer(
            name: TestTokens.issuerName, audiences: ["gateway"], kind: .gateway,
            keys: try TokenKeySet([
                TokenKey(
                    id: "k1", material: .sharedSecret(try TestTokens.sharedKey()),
                    acceptedUntilMilliseconds: end)
            ]))
        let token = try TestTokens.token()
        #expect(try TestTokens.fault(token, issuers: [issuer], now: end - 1) == nil)
        #expect(try TestTokens.fault(token, issuers: [issuer], now: end) == .unknownKey)
    }

    @Test("A key set has at most 16 keys with different names")
    func boundsKeySets() throws {
        let material = TokenKey.Material.sharedSecret(try TestTokens.sharedKey())
        let keys = (0..<17).map { TokenKey(id: "\($0)", material: material) }
        #expect(throws: Never.self) { try TokenKeySet(Array(keys.prefix(16))) }
        #expect(throws: TokenKeySet.SetError.tooManyKeys(max: 16)) { try TokenKeySet(keys) }
        #expect(throws: TokenKeySet.SetError.duplicateKeyID("1")) {
            try TokenKeySet([keys[1], keys[2], keys[1]])
        }
        let nameless = TokenKey(id: nil, material: material)
        #expect(throws: TokenKeySet.SetError.duplicateKeyID(nil)) {
            try TokenKeySet([nameless, nameless])
        }
    }
}

@Suite("Keys shared by threads")
struct SharedKeyTests {
    @Test("verify, sign, seal and open on many threads at once", .timeLimit(.minutes(10)))
    func workConcurrently() async throws {
        let shared = try TestTokens.sharedKey()
        let elliptic = try TestTokens.ellipticKey()
        let vault = try Vault(
            keyring: VaultKeyring(newKey: RandomBytes.makeSecret(byteCount: 32)))
        let context = try VaultContext(
            domain: "d", user: SubjectID(high: 0, low: 0), account: "a", field: "f")
        let faultCount = await withTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var faultCount = 0
                    for round in 0..<100 {
                        let message = Array("\(task) \(round)".utf8)
                        let code = shared.authenticationCode(of: message) ?? []
                        let signature = elliptic.signature(of: message) ?? []
                        let sealed = try? vault.seal(SecretBytes(message), context: context)
                        let opened = try? vault.open(sealed ?? [], context: context)
                        let isGood =
                            shared.isValid(code, for: message)
                            && elliptic.publicKey.isValid(signature, for: message)
                            && opened?.copy == message
                        faultCount += isGood ? 0 : 1
                    }
                    return faultCount
                }
            }
            return await group.reduce(0, +)
        }
        #expect(faultCount == 0)
    }

    @Test("are made on many threads at once", .timeLimit(.minutes(10)))
    func areMadeConcurrently() async {
        // OpenSSL's parameters only point to their names. One that did not outlive the call that
        // stored it failed once in some hundred thousand keys, under load.
        let secret = SecretBytes(TestTokens.secret)
        let faultCount = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<2000).count { _ in (try? HMACSHA256Key(secret: secret)) == nil }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(faultCount == 0)
    }
}
