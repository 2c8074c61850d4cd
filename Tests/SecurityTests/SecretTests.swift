import Testing

@testable import Security

@Suite("Secrets and random bytes")
struct SecretTests {
    @Test("A secret holds what was written to it and nothing more")
    func holdsWhatWasWritten() {
        let secret = SecretBytes(capacity: 8) { output in
            output.append(1)
            output.append(2)
        }
        #expect(secret.byteCount == 2)
        #expect(secret.copy == [1, 2])
        #expect(SecretBytes(capacity: 0) { _ in }.copy.isEmpty)
    }

    @Test("A secret shows none of its bytes when printed")
    func isNotPrinted() {
        let secret = SecretBytes("correct horse battery staple")
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped] {
            #expect(!text.contains("horse"))
            // The code of one of its letters, as an element: an address may have these digits too.
            #expect(!text.contains("- 104\n") && !text.contains("104, "))
        }
    }

    @Test("Comparison finds each differing bit and each differing length")
    func compares() {
        let value = RandomBytes.make(byteCount: 40)
        #expect(ConstantTime.areEqual(value, Array(value)))
        #expect(ConstantTime.areEqual([UInt8](), [UInt8]()))
        #expect(!ConstantTime.areEqual(value, Array(value.dropLast())))
        for bit in 0..<320 {
            var other = value
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!ConstantTime.areEqual(value, other))
            #expect(!SecretBytes(value).isEqual(to: SecretBytes(other)))
        }
        #expect(SecretBytes(value).isEqual(to: SecretBytes(value)))
    }

    @Test("Random bytes have the length asked for and do not repeat")
    func drawsRandomBytes() {
        #expect(RandomBytes.make(byteCount: 0).isEmpty)
        let draws = (0..<100).map { _ in RandomBytes.make(byteCount: 16) }
        #expect(Set(draws).count == 100)
        #expect(draws.allSatisfy { $0.count == 16 })
        #expect(RandomBytes.makeSecret(byteCount: 33).byteCount == 33)
    }
}
