import TestSupport
import Testing

@testable import GatewayServer

@Suite("Publication (Protocol/redis.md)") struct PublicationTests {
    /// What is read from a message, copied out of it.
    struct Parts: Equatable {
        var json: String
        var epoch: String
        var sequence: UInt64
    }

    static func parts(_ message: [UInt8]) -> Parts? {
        // Safety: the publication is used, and copied from, while the message lives.
        unsafe message.withUnsafeBytes { bytes in
            guard let publication = unsafe Publication(bytes) else { return nil }
            return unsafe Parts(
                json: String(decoding: publication.json, as: UTF8.self),
                epoch: String(decoding: publication.epoch, as: UTF8.self),
                sequence: publication.sequence)
        }
    }

    @Test(
        "reads both forms",
        arguments: [
            ("{\"a\":1}", "{\"a\":1}", "", 0),
            ("", "", "", 0),
            (" #a:1 2", " #a:1 2", "", 0),
            ("#a1:7 {\"a\":1}", "{\"a\":1}", "a1", 7),
            ("#e:1 ", "", "e", 1),
            ("#e:1  [1]", " [1]", "e", 1),
            ("#a.b-c_d:9223372036854775807 1", "1", "a.b-c_d", 9_223_372_036_854_775_807),
            ("#e:007 1", "1", "e", 7),
            ("#0123456789abcdef0123456789abcdef:1 1", "1", "0123456789abcdef0123456789abcdef", 1),
        ] as [(String, String, String, UInt64)])
    func golden(message: String, json: String, epoch: String, sequence: UInt64) {
        #expect(
            Self.parts(Array(message.utf8))
                == Parts(json: json, epoch: epoch, sequence: sequence))
    }

    @Test(
        "refuses a malformed prefix",
        arguments: [
            "#", "#a", "#a:", "#a:1", "#:1 {}", "#a: {}", "#a:0 {}", "#a:-1 {}", "#a:+1 {}",
            "#a:1x {}", "#a:1.0 {}", "#a b:1 {}", "#a\"b:1 {}", "#a\\b:1 {}", "#\u{7f}:1 {}",
            "#é:1 {}", "#a:18446744073709551616 {}", "#a:9223372036854775808 {}",
            "#a:00000000000000000000000000000000000000000000000000000000001 {}", "##a:1:2 {}",
            "#a/b:1 {}",
        ])
    func malformed(message: String) {
        #expect(Self.parts(Array(message.utf8)) == nil)
    }

    @Test func `no bytes trap it, and what it reads it would write`() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let golden = Array("#e5.a:1234567890 {\"quote\":\"1.5\"}".utf8)
        for round in 0..<20_000 {
            var message = golden
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let place = Int.random(in: message.indices, using: &generator)
                message[place] = UInt8.random(in: 0...255, using: &generator)
            }
            if round.isMultiple(of: 3) {
                message.removeLast(Int.random(in: 0...message.count, using: &generator))
            }
            guard let parts = Self.parts(message), parts.sequence > 0 else { continue }
            let again = Array("#\(parts.epoch):\(parts.sequence) \(parts.json)".utf8)
            #expect(Self.parts(again) == parts, "seed \(seed), message \(message)")
        }
    }
}
