import Testing

@testable import Security

@Suite("A token's three parts (RFC 7515 §7.1)")
struct TokenStructureTests {
    private static let header = TestTokens.encode(TestTokens.header)
    private static let claims = TestTokens.encode(TestTokens.claims())

    @Test(
        "are exactly three (CVE-2025-30204, and no encrypted token)",
        arguments: [
            "", "a", "a.b", "a.b.c.d", "a.b.c.d.e", "....", "...",
            String(repeating: ".", count: 8192),
        ])
    func areThree(token: String) throws {
        #expect(try TestTokens.fault(Array(token.utf8)) == .malformed(.structure))
    }

    @Test("are none of them empty")
    func areNotEmpty() throws {
        let token = String(decoding: try TestTokens.token(), as: UTF8.self)
        let signature = try #require(token.split(separator: ".").last)
        let table: [(String, TokenError)] = [
            ("..", .malformed(.header)), (".\(Self.claims).\(signature)", .malformed(.header)),
            ("\(Self.header)..\(signature)", .invalidSignature),
            ("\(Self.header).\(Self.claims).", .invalidSignature),
        ]
        for (text, fault) in table { #expect(try TestTokens.fault(Array(text.utf8)) == fault) }
        // Signed, but empty.
        let empty = try TestTokens.token(encodedHeader: Self.header, encodedClaims: "")
        #expect(try TestTokens.fault(empty) == .malformed(.claims))
    }

    @Test("have at most 8192 bytes together, counted before anything else", arguments: [-1, 0, 1])
    func areBounded(excess: Int) throws {
        // Base64 grows in steps, so the header's length fills up what the claims leave over.
        let limit = SecurityLimits.tokenByteCountMax
        var token: [UInt8] = []
        search: for padding in 5800..<5900 {
            for headerPadding in 0..<4 {
                let claims = TestTokens.claims([
                    "x": "\"" + String(repeating: "x", count: padding) + "\""
                ])
                let header = TestTokens.header + String(repeating: " ", count: headerPadding)
                token = try TestTokens.token(header: header, claims: claims)
                if token.count == limit + excess { break search }
            }
        }
        try #require(token.count == limit + excess)
        #expect(
            try TestTokens.fault(token) == (excess > 0 ? .tooLong(byteCountMax: limit) : nil))
        #expect(
            try TestTokens.fault([UInt8](repeating: 0x2e, count: limit + 1))
                == .tooLong(byteCountMax: limit))
    }

    @Test(
        "are canonical base64url: no padding, other letters, spaces or loose bits",
        arguments: ["=", "==", " ", "\n", "\r\n", "+", "/", "\u{0}", "%"])
    func areCanonical(insertion: String) throws {
        let token = String(decoding: try TestTokens.token(), as: UTF8.self)
        let signature = String(try #require(token.split(separator: ".").last))
        let spoiled = try TestTokens.token(
            encodedHeader: Self.header + insertion, encodedClaims: Self.claims)
        #expect(try TestTokens.fault(spoiled) == .malformed(.header))
        let spoiledClaims = try TestTokens.token(
            encodedHeader: Self.header, encodedClaims: Self.claims + insertion)
        #expect(try TestTokens.fault(spoiledClaims) == .malformed(.claims))
        for text in [signature + insertion, insertion + signature] {
            let whole = "\(Self.header).\(Self.claims).\(text)"
            #expect(try TestTokens.fault(Array(whole.utf8)) == .malformed(.signature))
        }
    }

    @Test("end in one last letter only: the unused bits of a signature are zero")
    func haveOneLastLetter() throws {
        let token = try TestTokens.token()
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
        let accepted = try letters.filter { letter in
            try TestTokens.fault(token.dropLast() + [letter]) == nil
        }
        #expect(accepted == [token[token.count - 1]])
    }

    @Test("are refused with any bit changed")
    func areRefusedWithFlippedBits() throws {
        let token = try TestTokens.token()
        for bit in 0..<(token.count * 8) {
            var changed = token
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(try TestTokens.fault(changed) != nil, "bit \(bit)")
        }
    }

    @Test("are refused cut short at any byte")
    func areRefusedCutShort() throws {
        let token = try TestTokens.token()
        for byteCount in 0..<token.count {
            #expect(try TestTokens.fault(Array(token.prefix(byteCount))) != nil)
        }
    }

    @Test("never trap, whatever bytes they are: 5000 random changes, seed 20261125")
    func neverTrap() throws {
        var state: UInt64 = 20_261_125
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let token = try TestTokens.token()
        for _ in 0..<5000 {
            var changed = token
            for _ in 0...next(4) {
                switch next(3) {
                case 0: changed[next(changed.count)] = UInt8(next(256))
                case 1: changed.insert(UInt8(next(256)), at: next(changed.count))
                default: changed.remove(at: next(changed.count))
                }
            }
            #expect(try changed == token || TestTokens.fault(changed) != nil)
        }
    }
}
