import Testing

@testable import Security

@Suite(
    "Wycheproof: the primitives", .enabled(if: Wycheproof.isThere, "no vectors beside the package"))
struct PrimitiveVectorTests {
    private struct MACGroup: Decodable {
        struct Test: Decodable {
            let tcId: Int
            let key, msg, tag, result: String
        }
        let tagSize: Int
        let tests: [Test]
    }

    @Test("HMAC-SHA256: valid codes match, and truncated or changed ones do not")
    func authenticates() throws {
        var testCount = 0
        for group in try Wycheproof.groups(MACGroup.self, of: "hmac_sha256_test.json") {
            for test in group.tests {
                let key = try HMACSHA256Key(
                    secretOfAnyLength: SecretBytes([UInt8](hexadecimal: test.key)))
                let isValid = key.isValid(
                    [UInt8](hexadecimal: test.tag),
                    for: [UInt8](hexadecimal: test.msg))
                // A truncated code, valid for HMAC in general, is never one for HS256.
                #expect(
                    isValid == (test.result == "valid" && group.tagSize == 256), "\(test.tcId)")
                testCount += 1
            }
        }
        #expect(testCount == 174)
    }

    private struct AEADGroup: Decodable {
        struct Test: Decodable {
            let tcId: Int
            let key, iv, aad, msg, ct, tag, result: String
        }
        let ivSize, keySize, tagSize: Int
        let tests: [Test]
    }

    @Test("AES-256-GCM: seals to the given bytes and opens the valid ones alone")
    func seals() throws {
        var testCount = 0
        for group in try Wycheproof.groups(AEADGroup.self, of: "aes_gcm_test.json")
        where (group.keySize, group.ivSize, group.tagSize) == (256, 96, 128) {
            for test in group.tests {
                let key = try AES256GCMKey(secret: SecretBytes([UInt8](hexadecimal: test.key)))
                let nonce = [UInt8](hexadecimal: test.iv)
                let additionalData = [UInt8](hexadecimal: test.aad)
                let message = [UInt8](hexadecimal: test.msg)
                let sealed = [UInt8](hexadecimal: test.ct + test.tag)
                let opened = key.open(
                    sealed, nonce: nonce, additionalData: additionalData)
                if test.result == "valid" {
                    #expect(opened?.copy == message, "\(test.tcId)")
                    var output: [UInt8] = []
                    let isSealed = key.seal(
                        message.span, nonce: nonce.span, additionalData: additionalData.span,
                        appendingTo: &output)
                    #expect(isSealed && output == sealed, "\(test.tcId)")
                } else {
                    #expect(opened == nil, "\(test.tcId)")
                }
                testCount += 1
            }
        }
        #expect(testCount == 66)
    }

    private struct ECDSAGroup: Decodable {
        struct Key: Decodable { let wx, wy: String }
        struct Test: Decodable {
            let tcId: Int
            let msg, sig, result: String
        }
        let publicKey: Key
        let tests: [Test]
    }

    @Test("ECDSA P-256 with SHA-256 in IEEE P1363 form: every label holds")
    func verifiesECDSA() throws {
        var testCount = 0
        let name = "ecdsa_secp256r1_sha256_p1363_test.json"
        for group in try Wycheproof.groups(ECDSAGroup.self, of: name) {
            let key = try ECDSAP256PublicKey(
                x: coordinate(group.publicKey.wx), y: coordinate(group.publicKey.wy))
            for test in group.tests {
                let isValid = key.isValid(
                    [UInt8](hexadecimal: test.sig),
                    for: [UInt8](hexadecimal: test.msg))
                #expect(isValid == (test.result == "valid"), "\(test.tcId)")
                testCount += 1
            }
        }
        #expect(testCount == 262)
    }

    private struct RSAGroup: Decodable {
        struct Key: Decodable { let modulus, publicExponent: String }
        struct Test: Decodable {
            let tcId: Int
            let msg, sig, result: String
        }
        let publicKey: Key
        let tests: [Test]
    }

    @Test("RSA PKCS #1 v1.5 with SHA-256: what is not plainly valid is refused")
    func verifiesRSA() throws {
        var testCount = 0
        let name = "rsa_signature_2048_sha256_test.json"
        for group in try Wycheproof.groups(RSAGroup.self, of: name) {
            let key = try RSAPublicKey(
                modulus: Array([UInt8](hexadecimal: group.publicKey.modulus).drop { $0 == 0 }),
                exponent: Array(
                    [UInt8](hexadecimal: group.publicKey.publicExponent).drop { $0 == 0 }
                ))
            for test in group.tests {
                let isValid = key.isValid(
                    [UInt8](hexadecimal: test.sig),
                    for: [UInt8](hexadecimal: test.msg))
                #expect(isValid == (test.result == "valid"), "\(test.tcId)")
                testCount += 1
            }
        }
        #expect(testCount == 259)
    }

    /// 32 bytes; the vectors write numbers with a leading zero byte, or without leading zeros.
    private func coordinate(_ text: String) -> [UInt8] {
        let digits = String(repeating: "0", count: 64) + text
        return [UInt8](hexadecimal: String(digits.suffix(64)))
    }
}
