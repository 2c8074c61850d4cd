import Testing

@testable import Security

@Suite("A token's header (RFC 7515 §4, RFC 8725 §3)")
struct TokenHeaderTests {
    private func fault(header: String) throws -> TokenError? {
        try TestTokens.fault(TestTokens.token(header: header))
    }

    @Test(
        "is accepted with a key's name, with or without the type JWT",
        arguments: [
            #"{"alg":"HS256","kid":"k1"}"#, #"{"alg":"HS256","kid":"k1","typ":"JWT"}"#,
            #"{"typ":"jwt","kid":"k1","alg":"HS256"}"#, " { \"alg\" : \"HS256\",\"kid\":\"k1\" } ",
            #"{"\u0061lg":"HS\u003256","kid":"\u006b1"}"#,
            #"{"alg":"HS256","kid":"k1","b64":true}"#,
            #"{"alg":"HS256","kid":"k1","x-own":{"a":[1,2]}}"#,
        ])
    func isAccepted(header: String) throws {
        #expect(try fault(header: header) == nil)
    }

    @Test(
        "is refused without an algorithm that we verify (CVE-2022-23540)",
        arguments: [
            #"{"kid":"k1"}"#, #"{"alg":"none","kid":"k1"}"#, #"{"alg":"None","kid":"k1"}"#,
            #"{"alg":"NONE","kid":"k1"}"#, #"{"alg":"nOnE"}"#, #"{"alg":"","kid":"k1"}"#,
            #"{"alg":null,"kid":"k1"}"#, #"{"alg":256,"kid":"k1"}"#,
            #"{"alg":["HS256"],"kid":"k1"}"#,
            #"{"alg":"hs256","kid":"k1"}"#, #"{"alg":"HS256 ","kid":"k1"}"#,
            #"{"alg":"HS384","kid":"k1"}"#, #"{"alg":"PS256","kid":"k1"}"#,
            #"{"alg":"ES384","kid":"k1"}"#, #"{"alg":"EdDSA","kid":"k1"}"#, "{}",
        ])
    func isRefusedWithoutAlgorithm(header: String) throws {
        #expect(try fault(header: header) == .unsupportedAlgorithm)
    }

    @Test("is refused with alg none and an empty signature, in any case")
    func refusesUnsigned() throws {
        for name in ["none", "None", "NONE", "nonE"] {
            let token =
                TestTokens.encode("{\"alg\":\"\(name)\"}") + "."
                + TestTokens.encode(TestTokens.claims()) + "."
            #expect(try TestTokens.fault(Array(token.utf8)) == .unsupportedAlgorithm)
        }
    }

    @Test(
        "is refused when it asks for what we do not do",
        arguments: [
            (#""crit":["exp"]"#, TokenHeaderMember.crit), (#""crit":[]"#, .crit),
            (#""crit":"b64""#, .crit), (#""crit":null"#, .crit), (#""b64":false"#, .b64),
            (#""b64":"true""#, .b64), (#""b64":0"#, .b64), (#""b64":null"#, .b64),
            (#""cty":"JWT""#, .cty), (#""cty":null"#, .cty), (#""zip":"DEF""#, .zip),
            (#""enc":"A256GCM""#, .enc), (#""typ":"at+jwt""#, .typ), (#""typ":"JWE""#, .typ),
            (#""typ":1"#, .typ), (#""typ":null"#, .typ),
        ])
    func isRefusedWithMember(member: String, named: TokenHeaderMember) throws {
        let header = "{\"alg\":\"HS256\",\"kid\":\"k1\",\(member)}"
        #expect(try fault(header: header) == .unsupportedHeader(named))
    }

    @Test("cannot bring its own key (CVE-2018-0114)")
    func ignoresEmbeddedKeys() throws {
        let attacker = try TestTokens.sharedKey([UInt8](repeating: 7, count: 31) + [8])
        let embedded = [
            #""jwk":{"kty":"oct","k":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwg"}"#,
            #""jku":"https://evil.example/keys""#, #""x5u":"https://evil.example/cert""#,
            #""x5c":["MIIB"]"#,
        ]
        for member in embedded {
            let header = "{\"alg\":\"HS256\",\"kid\":\"k1\",\(member)}"
            let forged = try TestTokens.token(header: header, key: attacker)
            #expect(try TestTokens.fault(forged) == .invalidSignature)
            // Not looked at, so harmless beside a good signature.
            #expect(try fault(header: header) == nil)
        }
    }

    @Test("selects a key by name only: paths, queries and addresses are just names")
    func treatsNamesAsNames() throws {
        // An unknown name falls to the one secret without a name, which did not sign this.
        for name in ["../../dev/null", "' OR 1=1 --", "https://evil.example/k", "k1 ", "K1", "k"] {
            let header = "{\"alg\":\"HS256\",\"kid\":\"\(name)\"}"
            #expect(try fault(header: header) == .invalidSignature)
        }
    }

    @Test(
        "is refused with a name that is no string, empty or too long",
        arguments: ["1", "null", "[]", "\"\"", "\"" + String(repeating: "k", count: 129) + "\""])
    func refusesNames(name: String) throws {
        let header = "{\"alg\":\"HS256\",\"kid\":\(name)}"
        #expect(try fault(header: header) == .unsupportedHeader(.kid))
    }

    @Test("may name a key of 127 or 128 bytes", arguments: [127, 128])
    func acceptsLongNames(byteCount: Int) throws {
        let name = String(repeating: "k", count: byteCount)
        let issuer = TrustedIssuer(
            name: TestTokens.issuerName, audiences: ["gateway"], kind: .gateway,
            keys: try TokenKeySet([
                TokenKey(id: name, material: .sharedSecret(try TestTokens.sharedKey()))
            ]))
        let token = try TestTokens.token(header: "{\"alg\":\"HS256\",\"kid\":\"\(name)\"}")
        #expect(try TestTokens.verify(token, issuers: [issuer]).keyID == name)
    }

    @Test(
        "is refused when it is not one JSON object with each member once",
        arguments: [
            "", "null", "[]", "\"HS256\"", "{", #"{"alg":"HS256","kid":"k1"}x"#,
            #"{"alg":"HS256","kid":"k1",}"#, #"{"alg":"none","alg":"HS256","kid":"k1"}"#,
            #"{"alg":"HS256","\u0061lg":"HS256","kid":"k1"}"#,
            #"{"alg":"HS256","kid":"k1","x":{"a":1,"a":1}}"#, "\u{feff}{\"alg\":\"HS256\"}",
            #"{"alg":"HS256","kid":"k1\ud800"}"#, #"{'alg':'HS256'}"#,
            #"{"alg":"HS256","kid":"k1","x":[[[[[[[[1]]]]]]]]}"#,
        ])
    func refusesOtherJSON(header: String) throws {
        #expect(try fault(header: header) == .malformed(.header))
    }

    @Test("is refused when it is not UTF-8")
    func refusesInvalidUTF8() throws {
        let bytes = Array(#"{"alg":"HS256","kid":"k1","x":""#.utf8) + [0xff] + Array("\"}".utf8)
        let token = try TestTokens.token(
            encodedHeader: Base64URL.encode(bytes),
            encodedClaims: TestTokens.encode(TestTokens.claims()))
        #expect(try TestTokens.fault(token) == .malformed(.header))
    }
}
