import Testing

@testable import WebSocketProtocol

@Suite("RFC 3629: UTF-8")
struct UTF8ValidatorTests {
    /// Where the first impossible byte is; nil if the text is valid and complete, and -1 if it is
    /// valid so far.
    static let table: [(bytes: [UInt8], failsAt: Int?)] = [
        ([], nil), (Array("plain ASCII, longer than one word".utf8), nil),
        (Array("κόσμε €uro 🙂 end".utf8), nil), ([0x7F, 0x00], nil), ([0xC2, 0x80], nil),
        ([0xDF, 0xBF], nil), ([0xE0, 0xA0, 0x80], nil), ([0xED, 0x9F, 0xBF], nil),
        ([0xEE, 0x80, 0x80], nil), ([0xEF, 0xBF, 0xBF], nil), ([0xF0, 0x90, 0x80, 0x80], nil),
        ([0xF4, 0x8F, 0xBF, 0xBF], nil), ([0x80], 0), ([0xBF], 0), ([0xC0, 0x80], 0),
        ([0xC1, 0xBF], 0), ([0xC3, 0x28], 1), ([0xE0, 0x9F, 0xBF], 1), ([0xE2, 0x82, 0x41], 2),
        ([0xED, 0xA0, 0x80], 1), ([0xF0, 0x8F, 0xBF, 0xBF], 1), ([0xF4, 0x90, 0x80, 0x80], 1),
        ([0xF5, 0x80, 0x80, 0x80], 0), ([0xFE], 0), ([0xFF], 0), ([0xF1, 0x80, 0x80, 0xC0], 3),
        ([0xC2], -1), ([0xE0], -1), ([0xE1, 0x80], -1), ([0xF4, 0x8F, 0xBF], -1),
        (Array("12345678".utf8) + [0xFF], 8), (Array("1234567".utf8) + [0xC3, 0xC3], 8),
    ]

    @Test(arguments: table.indices)
    func `The first impossible byte fails, however the bytes come`(index: Int) {
        let (bytes, failsAt) = Self.table[index]
        var validator = UTF8Validator()
        var failed: Int?
        for (index, byte) in bytes.enumerated() {
            let piece = [byte]
            // Safety: the span does not outlive the array.
            guard unsafe validator.validate(piece.span.bytes) else {
                failed = index
                break
            }
        }
        #expect(failed == (failsAt == -1 ? nil : failsAt))
        if failed == nil { #expect(validator.isComplete == (failsAt == nil)) }
        for split in 0...bytes.count {
            var validator = UTF8Validator()
            let (first, second) = (Array(bytes[..<split]), Array(bytes[split...]))
            // Safety: the spans do not outlive the arrays.
            let isValid =
                unsafe validator.validate(first.span.bytes)
                && validator.validate(second.span.bytes)
            #expect(isValid == (failed == nil), "split at \(split)")
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `It agrees with the standard library on random bytes`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        // Bytes near the boundaries of the table, so that valid sequences are not rare.
        let alphabet: [UInt8] = [
            0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xE0, 0xE2, 0xED, 0xF0,
            0xF1, 0xF4, 0xF5,
        ]
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            var validator = UTF8Validator()
            // Safety: the span does not outlive the array.
            let isValid = unsafe validator.validate(bytes.span.bytes) && validator.isComplete
            #expect(isValid == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
        }
    }
}

@Suite("RFC 3174 and RFC 4648: SHA-1 and Base64")
struct DigestTests {
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
        (String(repeating: "a", count: 1_000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
        (
            String(repeating: "01234567", count: 8 * 10),
            "dea356a2cddd90c7a7ecedc5ebb563934f460452"
        ),
    ])
    func `SHA-1 gives the published digests`(message: String, expected: String) {
        #expect(hexadecimal(SHA1.digest(of: Array(message.utf8))) == expected)
    }

    @Test(arguments: 0..<130)
    func `SHA-1 pads every length to whole blocks`(byteCount: Int) {
        let message = [UInt8](repeating: 0x61, count: byteCount)
        let digest = SHA1.digest(of: message)
        #expect(digest.count == 20)
        #expect(digest != SHA1.digest(of: message + [0x61]))
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func `Base64 gives the RFC's examples`(bytes: String, expected: String) {
        #expect(String(decoding: Base64.encode(Array(bytes.utf8)), as: UTF8.self) == expected)
    }

    @Test(arguments: [
        ("dGhlIHNhbXBsZSBub25jZQ==", true), ("dGhlIHNhbXBsZSBub25jZQ=", false),
        ("dGhlIHNhbXBsZSBub25jZQ", false), ("dGhlIHNhbXBsZSBub25jZQQ=", false),
        ("dGhlIHNhbXBsZSBub25jZQ==AAAA", false), ("dGhlIHNhbXBsZSBub25-ZQ==", false),
        ("", false), ("========================", false), ("dGhlIHNhbXBsZSBub25j===Q==", false),
    ])
    func `A key is 16 bytes in Base64`(key: String, isValid: Bool) {
        #expect(Base64.isSixteenBytes(key.utf8) == isValid)
    }
}

@Suite("ByteStorage")
struct ByteStorageTests {
    @Test
    func `It grows, truncates and keeps at most the wanted memory`() {
        var storage = ByteStorage()
        #expect(storage.capacity == 0 && storage.byteCount == 0)
        var expected: [UInt8] = []
        for index in 0..<500 {
            let byte = UInt8(truncatingIfNeeded: index)
            storage.append(byte)
            expected.append(byte)
        }
        #expect(array(of: storage) == expected)
        storage.truncate(to: 3)
        #expect(array(of: storage) == [0, 1, 2])
        let capacity = storage.capacity
        storage.removeAll(keepingCapacityUpTo: capacity)
        #expect(storage.capacity == capacity && storage.byteCount == 0)
        storage.removeAll(keepingCapacityUpTo: capacity - 1)
        #expect(storage.capacity == 0)
    }
}
