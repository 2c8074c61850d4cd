import Foundation
import Testing

@testable import Security

@Suite(
    "Wycheproof: signed tokens and key sets",
    .enabled(if: Wycheproof.isThere, "no vectors beside the package"))
struct TokenVectorTests {
    private struct Vector {
        let id: Int
        let token: [UInt8]
        let isValid: Bool
        /// Whether we verify the algorithms of the keys; a valid token of another one is refused.
        let isOurs: Bool
        let keys: TokenKeySet
    }

    private func vectors(of name: String) throws -> [Vector] {
        let data = try Data(contentsOf: Wycheproof.folder.appendingPathComponent(name))
        let file = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        let groups = try #require(file["testGroups"] as? [[String: Any]])
        return try groups.flatMap { group in
            let key = try #require((group["public"] ?? group["private"]) as? [String: Any])
            let keys = key["keys"] as? [[String: Any]] ?? [key]
            let isOurs = keys.allSatisfy { key in
                (key["alg"] as? String).map { ["HS256", "ES256", "RS256"].contains($0) } ?? true
            }
            // Read as the kind of document that such keys would come in.
            let document = try JSONSerialization.data(withJSONObject: ["keys": keys])
            let isShared = keys.allSatisfy { $0["kty"] as? String == "oct" }
            let keySet = try JSONWebKeySet(
                [UInt8](document), contents: isShared ? .sharedSecrets : .publicKeys)
            let tests = try #require(group["tests"] as? [[String: Any]])
            return try tests.compactMap { test -> Vector? in
                // Encrypted tokens and the JSON form of signed ones are not for us to read.
                guard let token = test["jws"] as? String else { return nil }
                return Vector(
                    id: try #require(test["tcId"] as? Int), token: Array(token.utf8),
                    isValid: test["result"] as? String == "valid", isOurs: isOurs,
                    keys: keySet.keys)
            }
        }
    }

    private func isAccepted(_ vector: Vector) -> Bool {
        let issuer = TrustedIssuer(
            name: "wycheproof", audiences: [], kind: .gateway, keys: vector.keys)
        var verifier = TokenVerifier(issuers: [issuer])
        do {
            _ = try verifier.verifySignature(vector.token.span, now: 0)
            return true
        } catch {
            return false
        }
    }

    @Test("json_web_signature_test: every label holds but the four that are wrong")
    func verifiesSignatures() throws {
        // 367 and 370 are byte for byte the valid 357, and 372 and 373 hold a question mark.
        let mislabelled: Set = [367, 370, 372, 373]
        var counts = (ours: 0, others: 0)
        for vector in try vectors(of: "json_web_signature_test.json") {
            let isExpected = vector.isValid && vector.isOurs
            #expect(
                isAccepted(vector)
                    == (mislabelled.contains(vector.id) ? !isExpected : isExpected),
                "\(vector.id)")
            if vector.isOurs { counts.ours += 1 } else { counts.others += 1 }
        }
        #expect(counts.ours + counts.others == 401)
        #expect(counts.ours > 300)
    }

    @Test("json_web_key_test: unusable, ambiguous and mixed keys verify nothing")
    func judgesKeys() throws {
        var testCount = 0
        for vector in try vectors(of: "json_web_key_test.json") {
            #expect(
                isAccepted(vector) == (vector.isValid && vector.isOurs), "\(vector.id)")
            testCount += 1
        }
        #expect(testCount == 26)
    }

    @Test("json_web_crypto_test: the signed tokens hold their labels")
    func verifiesTheOldFile() throws {
        var testCount = 0
        for vector in try vectors(of: "json_web_crypto_test.json") {
            #expect(
                isAccepted(vector) == (vector.isValid && vector.isOurs), "\(vector.id)")
            testCount += 1
        }
        #expect(testCount == 48)
    }
}
