import JSONRPC
import Testing

@Suite("RFC 8259, the grammar")
struct JSONGrammarTests {
    @Test("Valid texts are accepted by validator and tape", arguments: JSONTexts.valid)
    func acceptsValid(text: String) {
        #expect(validatorAccepts(Array(text.utf8)))
        #expect(tapeFault(Array(text.utf8)) == nil)
    }

    @Test("Invalid texts are refused by validator and tape", arguments: JSONTexts.invalid)
    func refusesInvalid(text: String) {
        #expect(!validatorAccepts(Array(text.utf8)))
        #expect(tapeFault(Array(text.utf8)) != nil)
    }

    @Test("Half a surrogate pair is refused (§8.2)", arguments: JSONTexts.loneSurrogates)
    func refusesLoneSurrogates(text: String) {
        #expect(tapeFault(Array(text.utf8))?.reason == .loneSurrogate)
    }

    @Test("A string that is not UTF-8 is refused at every offset", arguments: JSONTexts.invalidUTF8)
    func refusesInvalidUTF8(sequence: [UInt8]) {
        for padding in 0..<17 {
            let content = [UInt8](repeating: 0x61, count: padding) + sequence
            let bytes = [0x22] + content + [0x22]
            let fault = tapeFault(bytes)
            #expect(fault?.reason == .invalidUTF8, "behind \(padding) letters")
            #expect(fault?.byteOffset == padding + 1)
        }
    }

    @Test("Every special byte is found at every offset of a word")
    func findsSpecialBytes() {
        for padding in 0..<20 {
            for special in UInt8.min...UInt8.max {
                let bytes = [0x22] + [UInt8](repeating: 0x7A, count: padding) + [special, 0x22]
                let isPlain = special >= 0x20 && special < 0x80
                let isAccepted = isPlain && special != 0x22 && special != 0x5C
                #expect(validatorAccepts(bytes) == isAccepted, "\(special) at \(padding)")
            }
        }
    }

    @Test(
        "The fault and its offset are named",
        arguments: [
            ("", JSONError.Reason.emptyText, 0), ("  ", .emptyText, 2), ("[1,", .unexpectedEnd, 3),
            ("[1,]", .unexpectedByte, 3), ("1 2", .trailingBytes, 2), ("01", .invalidNumber, 1),
            ("-x", .invalidNumber, 1), ("-", .unexpectedEnd, 1), ("\"\n\"", .controlCharacter, 1),
            ("\"a\\x\"", .invalidEscape, 2), ("\"\\u12z4\"", .invalidEscape, 5),
            ("{\"a\":1,\"\\u0061\":2}", .duplicateKey, 7), ("trux", .unexpectedByte, 3),
        ])
    func namesFaults(text: String, reason: JSONError.Reason, offset: Int) {
        let fault = tapeFault(Array(text.utf8), limits: JSONLimits())
        #expect(fault?.reason == reason)
        #expect(fault?.byteOffset == offset)
    }

    @Test("Keys that are equal once decoded are duplicates; others are not")
    func refusesDuplicateKeys() {
        let limits = JSONLimits()
        let duplicates = [
            #"{"a":1,"a":1}"#, #"{"a":1,"b":{"c":1,"c":2}}"#, #"[{"\n":1,"\u000a":2}]"#,
            #"{"":1,"":2}"#, #"{"/":1,"\/":2}"#, #"{"😀":1,"\ud83d\uDE00":2}"#,
            #"{"a":1,"b":2,"c":3,"b":4}"#, #"{"12345678a":1,"12345678a":2}"#,
        ]
        for text in duplicates {
            #expect(tapeFault(Array(text.utf8), limits: limits)?.reason == .duplicateKey)
            #expect(tapeFault(Array(text.utf8)) == nil, "refused although not asked for")
        }
        let distinct = [
            #"{"a":{"a":1},"b":{"a":1}}"#, #"{"a":1,"A":2}"#, #"{"\u0061b":1,"a":2,"ab\u0000":3}"#,
            #"{"12345678a":1,"12345678b":2}"#, #"{"a":1,"aa":2,"aaa":3}"#,
        ]
        for text in distinct { #expect(tapeFault(Array(text.utf8), limits: limits) == nil) }
    }

    @Test("Duplicates are found in objects of every size, wherever they stand", arguments: 2...40)
    func findsDuplicatesInLargeObjects(count: Int) {
        let limits = JSONLimits()
        func object(_ keys: [String]) -> [UInt8] {
            Array(("{" + keys.map { "\"\($0)\":[0]" }.joined(separator: ",") + "}").utf8)
        }
        let keys = (0..<count).map { "key\($0)" }
        #expect(tapeFault(object(keys), limits: limits) == nil)
        for (first, second) in [(0, count - 1), (0, 1), (count - 2, count - 1), (count / 2, 0)]
        where first != second {
            var damaged = keys
            // The same name, once plain and once with an escape.
            damaged[second] = "\\u006bey\(first)"
            #expect(tapeFault(object(damaged), limits: limits)?.reason == .duplicateKey)
        }
    }
}
