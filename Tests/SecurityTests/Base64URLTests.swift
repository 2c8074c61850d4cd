import Testing

@testable import Security

@Suite("Base64url without padding (RFC 4648 §5)")
struct Base64URLTests {
    private func decode(_ text: String) -> [UInt8]? {
        Base64URL.decode(Array(text.utf8))
    }

    @Test(
        "reads and writes the examples of RFC 4648 §10 without padding",
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
        ])
    func readsExamples(value: String, text: String) {
        #expect(Base64URL.encode(Array(value.utf8)) == text)
        #expect(decode(text) == Array(value.utf8))
    }

    @Test("uses the letters - and _")
    func usesURLLetters() {
        #expect(Base64URL.encode([0xfb, 0xef, 0xff]) == "--__")
        #expect(decode("--__") == [0xfb, 0xef, 0xff])
    }

    @Test(
        "refuses padding, white space, other alphabets and impossible lengths",
        arguments: [
            "Zg==", "Zm8=", "Zm9v=", "Zg=", "=", "Zm9v\n", " Zm9v", "Zm 9v", "Zm9v\r\n", "++//",
            "Zm+v", "Zm/v", "Z", "Zm9vZ", "Zm9\u{0}", "Zmé", "Zm.v", "????",
        ])
    func refuses(text: String) {
        #expect(decode(text) == nil)
    }

    @Test("refuses unused bits that are not zero: one text for one value")
    func refusesNonCanonicalBits() {
        // Of the 64 last letters, 4 leave no bit over behind one byte, and 16 behind two.
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        #expect(letters.filter { decode("Z\($0)") != nil } == "AQgw")
        #expect(letters.filter { decode("Zm\($0)") != nil }.count == 16)
    }

    @Test("refuses each byte that is no letter, at each place of a group")
    func refusesEachOtherByte() {
        let letters = Set(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        for byte in UInt8.min...UInt8.max where !letters.contains(byte) {
            for place in 0..<4 {
                var text = Array("AAAA".utf8)
                text[place] = byte
                #expect(Base64URL.decode(text) == nil, "\(byte) at \(place)")
            }
        }
    }

    @Test("gives back random bytes of every length")
    func roundTrips() {
        for byteCount in 0...100 {
            let bytes = RandomBytes.make(byteCount: byteCount)
            let text = Array(Base64URL.encode(bytes).utf8)
            #expect(Base64URL.decodedByteCount(text.count) == byteCount)
            #expect(Base64URL.decode(text) == bytes)
            #expect(Base64URL.decodeSecret(text)?.copy == bytes)
        }
    }
}
