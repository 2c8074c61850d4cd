import Foundation
import JSONRPC
import Testing

@Suite("Damaged texts")
struct JSONDamageTests {
    @Test("Every truncation of a golden message is refused", arguments: JSONTexts.golden)
    func refusesTruncations(text: String) {
        let bytes = Array(text.utf8)
        #expect(validatorAccepts(bytes))
        for count in 0..<bytes.count {
            let head = Array(bytes[..<count])
            #expect(!validatorAccepts(head), "the first \(count) bytes")
            #expect(tapeFault(head) != nil, "the first \(count) bytes")
        }
    }

    @Test("Every replaced byte has validator and tape agree", arguments: JSONTexts.golden)
    func agreesOnReplacedBytes(text: String) {
        let bytes = Array(text.utf8)
        var disagreements: [String] = []
        for offset in bytes.indices {
            for mask in 1...UInt8.max {
                var damaged = bytes
                damaged[offset] ^= mask
                let accepts = validatorAccepts(damaged)
                if accepts != (tapeFault(damaged) == nil) {
                    disagreements.append("\(offset) ^ \(mask)")
                }
            }
        }
        #expect(disagreements.isEmpty)
    }

    @Test("Flipped bits have us agree with Foundation", arguments: JSONTexts.golden)
    func agreesWithFoundation(text: String) {
        let bytes = Array(text.utf8)
        var disagreements: [String] = []
        for offset in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[offset] ^= 1 << UInt8(bit)
                if validatorAccepts(damaged) != foundationAccepts(damaged) {
                    disagreements.append(String(decoding: damaged, as: UTF8.self))
                }
            }
        }
        #expect(disagreements.isEmpty)
    }

    @Test("Texts made at random have us agree with Foundation", arguments: [1, 2, 3, 20_261_125])
    func agreesOnRandomTexts(seed: UInt64) {
        var random = SplitMix(state: seed)
        let pieces = [
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\\n\"", "1", "-2.5e3 ", "true", "null", " ",
            "\"\\ud83d\\ude00\"", "0", "false", "\"é\"",
        ]
        var acceptedCount = 0
        for _ in 0..<20_000 {
            var text = ""
            for _ in 0...Int(random.next() % 7) {
                text += pieces[Int(random.next() % UInt64(pieces.count))]
            }
            let bytes = Array(text.utf8)
            let accepts = validatorAccepts(bytes)
            acceptedCount += accepts ? 1 : 0
            #expect(accepts == (tapeFault(bytes) == nil), "seed \(seed): \(text)")
            // Foundation lets one comma before a closing bracket pass.
            guard accepts || !text.contains(",]") else { continue }
            #expect(accepts == foundationAccepts(bytes), "seed \(seed): \(text)")
        }
        #expect(acceptedCount > 100, "seed \(seed) has made too few valid texts")
    }

    @Test("Random bytes never trap", arguments: [7, 8])
    func survivesRandomBytes(seed: UInt64) {
        var random = SplitMix(state: seed)
        for _ in 0..<20_000 {
            let bytes = (0..<Int(random.next() % 40)).map { _ in
                UInt8(truncatingIfNeeded: random.next())
            }
            #expect(validatorAccepts(bytes) == (tapeFault(bytes) == nil), "seed \(seed): \(bytes)")
        }
    }

    private func foundationAccepts(_ bytes: [UInt8]) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])) != nil
    }
}

/// A small generator whose sequence a printed seed reproduces.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
