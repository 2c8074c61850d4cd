import Testing

@testable import Security

@Suite("Keys")
struct KeyTests {
    @Test("A shared secret for tokens has 32 to 1024 bytes")
    func boundsSharedSecrets() {
        for byteCount in [0, 31, 1025] {
            #expect(throws: KeyError.invalidSecretLength(byteCount: byteCount)) {
                try HMACSHA256Key(secret: RandomBytes.makeSecret(byteCount: byteCount))
            }
        }
        for byteCount in [32, 33, 1023, 1024] {
            #expect(throws: Never.self) {
                try HMACSHA256Key(secret: RandomBytes.makeSecret(byteCount: byteCount))
            }
        }
    }

    @Test("An authentication code that is cut short or empty is wrong")
    func refusesTruncatedCodes() throws {
        let key = try HMACSHA256Key(secret: RandomBytes.makeSecret(byteCount: 32))
        let message = Array("message".utf8)
        let code = try #require(key.authenticationCode(of: message))
        #expect(key.isValid(code, for: message))
        for byteCount in 0..<32 {
            #expect(!key.isValid(Array(code.prefix(byteCount)), for: message))
        }
        #expect(!key.isValid((code + [0]), for: message))
    }

    @Test("A private number of P-256 is at least one and less than the order")
    func boundsPrivateNumbers() throws {
        let order = [UInt8](
            hexadecimal: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        var last = order
        last[31] -= 1
        let zero = [UInt8](repeating: 0, count: 32)
        for number in [zero, order, [UInt8](repeating: 0xff, count: 32), [1], zero + [1]] {
            #expect(throws: KeyError.invalidPrivateNumber) {
                try ECDSAP256SigningKey(privateNumber: SecretBytes(number))
            }
        }
        // One times the generator is the generator (SEC 2 §2.4.2).
        let one = try ECDSAP256SigningKey(privateNumber: SecretBytes(zero.dropLast() + [1]))
        #expect(
            one.publicCoordinates.x
                == [UInt8](
                    hexadecimal: "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")
        )
        #expect(throws: Never.self) {
            try ECDSAP256SigningKey(privateNumber: SecretBytes(last))
        }
    }

    @Test("A signature of our own key verifies, and any flipped bit spoils it")
    func signsWithP256() throws {
        let key = try ECDSAP256SigningKey(privateNumber: RandomBytes.makeSecret(byteCount: 32))
        let message = Array("message".utf8)
        for _ in 0..<20 {
            let signature = try #require(key.signature(of: message))
            #expect(signature.count == 64)
            #expect(key.publicKey.isValid(signature, for: message))
            #expect(!key.publicKey.isValid(signature, for: Array("massage".utf8)))
        }
        let signature = try #require(key.signature(of: message))
        for bit in 0..<512 {
            var changed = signature
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!key.publicKey.isValid(changed, for: message))
        }
    }

    @Test("A point that is not on the curve, or coordinates of another length, make no key")
    func refusesPoints() throws {
        let key = try ECDSAP256SigningKey(privateNumber: RandomBytes.makeSecret(byteCount: 32))
        let (x, y) = key.publicCoordinates
        var offCurve = y
        offCurve[31] ^= 1
        let zero = [UInt8](repeating: 0, count: 32)
        for (x, y) in [(x, offCurve), (zero, zero), (x, Array(y.dropLast())), (x + [0], y)] {
            #expect(throws: KeyError.invalidPoint) {
                try ECDSAP256PublicKey(x: x, y: y)
            }
        }
    }

    @Test("An RSA key has 2048 to 8192 bits, an odd exponent above one and no leading zeros")
    func boundsRSAKeys() {
        func modulus(bitCount: Int) -> [UInt8] {
            var bytes = [UInt8](repeating: 0xff, count: (bitCount + 7) / 8)
            if bitCount % 8 > 0 { bytes[0] = UInt8(1 << (bitCount % 8)) - 1 }
            return bytes
        }
        let exponent: [UInt8] = [1, 0, 1]
        for bitCount in [8, 1024, 2047, 8193] {
            #expect(throws: KeyError.invalidModulusLength(bitCount: bitCount)) {
                try RSAPublicKey(modulus: modulus(bitCount: bitCount), exponent: exponent)
            }
        }
        for modulus in [[], [0] + modulus(bitCount: 2048)] as [[UInt8]] {
            #expect(throws: KeyError.invalidModulusLength(bitCount: 0)) {
                try RSAPublicKey(modulus: modulus, exponent: exponent)
            }
        }
        for exponent in [[], [0], [1], [2], [1, 0], [0, 3], [UInt8](repeating: 1, count: 9)]
            as [[UInt8]]
        {
            #expect(throws: KeyError.invalidExponent) {
                try RSAPublicKey(modulus: modulus(bitCount: 2048), exponent: exponent)
            }
        }
    }
}
