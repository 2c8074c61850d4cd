import Testing

@testable import Security

@Suite("A token's claims (RFC 7519 §4)")
struct TokenClaimsTests {
    private func fault(
        _ changes: [String: String?], now: Int64 = TestTokens.now, leeway: Int64 = 30_000
    ) throws -> TokenError? {
        try TestTokens.fault(
            TestTokens.token(claims: TestTokens.claims(changes)), now: now, leeway: leeway)
    }

    @Test("prove subject, role, times, name and key")
    func prove() throws {
        let verified = try TestTokens.verify(TestTokens.token())
        #expect(
            verified
                == VerifiedToken(
                    subject: try #require(SubjectID(TestTokens.subject)), role: .admin,
                    issuer: TestTokens.issuerName, issuedAtMilliseconds: 1_799_999_000_000,
                    expiresAtMilliseconds: 1_800_003_600_000, tokenID: "t1", keyID: "k1"))
    }

    @Test("must name issuer, audience, subject and end")
    func mustBeThere() throws {
        for claim in [TokenClaim.iss, .aud, .sub, .exp] {
            #expect(try fault([claim.rawValue: nil]) == .missingClaim(claim))
        }
        for claim in ["iat", "nbf", "jti", "user_role"] {
            #expect(try fault([claim: nil]) == nil)
        }
    }

    @Test(
        "name the issuer byte for byte",
        arguments: [
            "", "/", "https://gateway.tradermind.example/", "https://GATEWAY.tradermind.example",
        ])
    func nameTheIssuer(name: String) throws {
        #expect(try fault(["iss": "\"\(name)\""]) == .untrustedIssuer)
    }

    @Test("name us as one of the audiences, as a string or in an array")
    func nameTheAudience() throws {
        for value in [
            #""gateway""#, #""gateway-2""#, #"["gateway"]"#, #"["other","gateway"]"#,
        ] {
            #expect(try fault(["aud": value]) == nil)
        }
        for value in [#""other""#, #""""#, #""Gateway""#, #"["other"]"#, #"["gateway2"]"#] {
            #expect(try fault(["aud": value]) == .wrongAudience)
        }
        for value in ["[]", "null", "1", "{}", "true", #"["gateway",1]"#, #"["gateway",null]"#] {
            #expect(try fault(["aud": value]) == .invalidClaim(.aud))
        }
    }

    @Test("end at a time that is a number of seconds, whole or with a fraction")
    func endInTime() throws {
        #expect(try fault(["exp": "1800000000.5"], now: 1_800_000_000_499, leeway: 0) == nil)
        #expect(
            try fault(["exp": "1800000000.5"], now: 1_800_000_000_500, leeway: 0)
                == .expired(atMilliseconds: 1_800_000_000_500))
        #expect(try fault(["exp": "1.8000036e9"]) == nil)
        #expect(try fault(["exp": "9007199254740"]) == nil)
        for value in [
            "\"1800003600\"", "null", "true", "[1800003600]", "{}", "-1", "-0.5", "1e400", "-1e400",
            "9223372036854775807", "9223372036854775808", "9223372036854776", "9007199254741",
            "1e16", "18446744073709551616000",
        ] {
            #expect(try fault(["exp": value]) == .invalidClaim(.exp), "\(value)")
            #expect(try fault(["nbf": value]) == .invalidClaim(.nbf), "\(value)")
            #expect(try fault(["iat": value]) == .invalidClaim(.iat), "\(value)")
            #expect(try fault(["auth_time": value]) == .invalidClaim(.authTime), "\(value)")
        }
    }

    @Test("are valid until the end and the leeway behind it, not a millisecond longer")
    func expire() throws {
        let end: Int64 = 1_800_003_600_000
        for (leeway, effective) in [
            (Int64(0), Int64(0)), (30_000, 30_000), (60_000, 60_000), (60_001, 60_000),
            (.max, 60_000), (-5, 0),
        ] {
            #expect(try fault([:], now: end + effective - 1, leeway: leeway) == nil)
            #expect(
                try fault([:], now: end + effective, leeway: leeway)
                    == .expired(atMilliseconds: end))
        }
        #expect(try fault(["exp": "0"]) == .expired(atMilliseconds: 0))
    }

    @Test("begin at nbf and iat, less the leeway")
    func begin() throws {
        for claim in ["nbf", "iat"] {
            let changes = [claim: "1800000030" as String?]
            #expect(try fault(changes, now: TestTokens.now) == nil)
            #expect(try fault(changes, now: TestTokens.now - 1) == .notYetValid)
            #expect(try fault(changes, now: TestTokens.now + 30_000, leeway: 0) == nil)
            #expect(try fault(changes, now: TestTokens.now + 29_999, leeway: 0) == .notYetValid)
        }
    }

    @Test(
        "name a subject that is a UUID",
        arguments: ["\"\"", "\"admin\"", "1", "null", "\"f81d4fae7dec11d0a76500a0c91e6bf6\""])
    func nameASubject(value: String) throws {
        #expect(try fault(["sub": value]) == .invalidClaim(.sub))
    }

    @Test("have a name of 1 to 128 bytes, if any")
    func haveAName() throws {
        for byteCount in [1, 127, 128] {
            let name = String(repeating: "j", count: byteCount)
            #expect(try fault(["jti": "\"\(name)\""]) == nil)
        }
        let long = String(repeating: "j", count: 129)
        for value in ["\"\(long)\"", "\"\"", "1", "null"] {
            #expect(try fault(["jti": value]) == .invalidClaim(.jti))
        }
    }

    @Test(
        "are one JSON object with each member once",
        arguments: [
            "null", "[]", "\"claims\"", "1", "{", "{}}", #"{"exp":1800003600,"exp":1900000000}"#,
            #"{"exp":1,"\u0065xp":1800003600}"#, #"{"user_metadata":{"a":1,"a":2}}"#,
            "\u{feff}{}", #"{"sub":"\udc00"}"#, "{\"sub\":\"\u{1}\"}",
            String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000),
            "{\"a\":" + String(repeating: "[", count: 16) + String(repeating: "]", count: 16) + "}",
        ])
    func areOneObject(claims: String) throws {
        #expect(try TestTokens.fault(TestTokens.token(claims: claims)) == .malformed(.claims))
    }

    @Test("are UTF-8")
    func areUTF8() throws {
        let bytes = Array(#"{"sub":""#.utf8) + [0xc0, 0xaf] + Array("\"}".utf8)
        let token = try TestTokens.token(
            encodedHeader: TestTokens.encode(TestTokens.header),
            encodedClaims: Base64URL.encode(bytes))
        #expect(try TestTokens.fault(token) == .malformed(.claims))
    }

    @Test("have a stable word for each fault")
    func haveReasons() {
        let faults: [TokenError] = [
            .tooLong(byteCountMax: 1), .malformed(.header), .unsupportedAlgorithm,
            .unsupportedHeader(.crit), .unknownKey, .algorithmMismatch, .invalidSignature,
            .missingClaim(.exp), .invalidClaim(.exp), .expired(atMilliseconds: 1), .notYetValid,
            .untrustedIssuer, .wrongAudience, .isAPIKey, .isAnonymous,
        ]
        #expect(Set(faults.map(\.reason)).count == faults.count)
        #expect(TokenError.expired(atMilliseconds: 1).reason == "token_expired")
    }
}

@Suite("The role and kind of a user")
struct TokenRoleTests {
    private func verify(_ changes: [String: String?]) throws -> VerifiedToken {
        try TestTokens.verify(TestTokens.token(claims: TestTokens.claims(changes)))
    }

    private func supabaseToken(_ changes: [String: String?] = [:]) throws -> [UInt8] {
        try TestTokens.token(
            header: #"{"alg":"HS256","typ":"JWT"}"#, claims: TestTokens.supabaseClaims(changes),
            key: try TestTokens.sharedKey(TestTokens.otherSecret))
    }

    @Test("comes from user_role, else app_metadata.role, else it is user")
    func comesFromServers() throws {
        let table: [([String: String?], TokenRole)] = [
            (["user_role": "\"user\""], .user), (["user_role": "\"admin\""], .admin),
            (["user_role": "\"service\""], .service), (["user_role": nil], .user),
            (["user_role": "null"], .user),
            (["user_role": nil, "app_metadata": #"{"role":"admin"}"#], .admin),
            (["user_role": "null", "app_metadata": #"{"role":"service"}"#], .service),
            (["user_role": "\"user\"", "app_metadata": #"{"role":"admin"}"#], .user),
            (["user_role": nil, "app_metadata": #"{"role":null}"#], .user),
            (["user_role": nil, "app_metadata": "{}"], .user),
            // Names of other systems give the least rights.
            (["user_role": "\"moderator\""], .user), (["user_role": "\"Admin\""], .user),
            (["user_role": "\"\"", "app_metadata": #"{"role":"admin"}"#], .user),
        ]
        for (changes, role) in table { #expect(try verify(changes).role == role, "\(changes)") }
    }

    @Test("never comes from user_metadata, which users write themselves")
    func neverComesFromUsers() throws {
        let metadata = #"{"role":"admin","user_role":"admin","app_metadata":{"role":"admin"}}"#
        #expect(
            try verify(["user_role": nil, "user_metadata": metadata]).role == .user)
        #expect(try TestTokens.verify(supabaseToken()).role == .user)
    }

    @Test("is refused in another type than a string")
    func isRefusedInOtherTypes() throws {
        for value in ["1", "true", "[\"admin\"]", "{}"] {
            let token = try TestTokens.token(claims: TestTokens.claims(["user_role": value]))
            #expect(try TestTokens.fault(token) == .invalidClaim(.userRole))
            let metadata = try TestTokens.token(
                claims: TestTokens.claims(["app_metadata": "{\"role\":\(value)}"]))
            #expect(try TestTokens.fault(metadata) == .invalidClaim(.appMetadata))
        }
        for value in ["1", "[]", "\"admin\"", "null"] {
            let token = try TestTokens.token(claims: TestTokens.claims(["app_metadata": value]))
            #expect(try TestTokens.fault(token) == .invalidClaim(.appMetadata))
        }
    }

    @Test("A Supabase user's access token is accepted")
    func acceptsSupabaseUsers() throws {
        let verified = try TestTokens.verify(supabaseToken(["user_role": "\"admin\""]))
        #expect(verified.role == .admin)
        #expect(verified.issuer == TestTokens.supabaseName)
        #expect(verified.keyID == nil)
        let array = try supabaseToken(["aud": #"["authenticated"]"#])
        #expect(try TestTokens.fault(array) == nil)
    }

    @Test("A Supabase API key is refused, whatever else it carries")
    func refusesAPIKeys() throws {
        let legacy = try TestTokens.sharedKey(TestTokens.otherSecret)
        for role in ["anon", "service_role"] {
            #expect(try TestTokens.fault(supabaseToken(["role": "\"\(role)\""])) == .isAPIKey)
            // As such keys really are: another issuer, a project and a role, and no user.
            let claims =
                "{\"iss\":\"supabase\",\"ref\":\"abcdefgh\",\"role\":\"\(role)\","
                + "\"iat\":1700000000,\"exp\":2000000000}"
            let key = try TestTokens.token(
                header: #"{"alg":"HS256","typ":"JWT"}"#, claims: claims, key: legacy)
            #expect(try TestTokens.fault(key) == .untrustedIssuer)
            let own = try TestTokens.token(claims: TestTokens.claims(["role": "\"\(role)\""]))
            #expect(try TestTokens.fault(own) == .isAPIKey)
        }
    }

    @Test("A Supabase token must be of an authenticated user")
    func mustBeAuthenticated() throws {
        #expect(try TestTokens.fault(supabaseToken(["role": nil])) == .missingClaim(.role))
        for value in ["\"postgres\"", "\"\"", "\"Authenticated\""] {
            #expect(try TestTokens.fault(supabaseToken(["role": value])) == .invalidClaim(.role))
        }
        #expect(try TestTokens.fault(supabaseToken(["role": "1"])) == .invalidClaim(.role))
    }

    @Test("An anonymous Supabase user is let in only where the issuer's rules say so")
    func judgesAnonymousUsers() throws {
        let token = try supabaseToken(["is_anonymous": "true"])
        #expect(try TestTokens.fault(token) == .isAnonymous)
        let open = try TestTokens.issuers(acceptsAnonymousUsers: true)
        #expect(try TestTokens.fault(token, issuers: open) == nil)
        #expect(
            try TestTokens.fault(supabaseToken(["is_anonymous": "\"false\""]))
                == .invalidClaim(.isAnonymous))
        #expect(try TestTokens.fault(supabaseToken(["is_anonymous": nil])) == nil)
    }
}
