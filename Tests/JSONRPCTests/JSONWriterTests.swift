import Foundation
import JSONRPC
import Testing

@Suite("JSONWriter")
struct JSONWriterTests {
    @Test("Commas and colons stand where they must")
    func writesStructure() {
        let text = written { writer in
            writer.beginObject()
            writer.member("a", 1)
            writer.key("b")
            writer.beginArray()
            writer.beginArray()
            writer.endArray()
            writer.beginObject()
            writer.endObject()
            writer.null()
            writer.integer(-5)
            writer.bool(true)
            writer.raw("[0]")
            writer.string("x" as StaticString)
            writer.double(0.5)
            writer.double(.infinity)
            writer.endArray()
            writer.key("c \"d\"" as String)
            writer.beginObject()
            writer.member("e", false)
            writer.member("f", "g" as String)
            writer.endObject()
            writer.endObject()
        }
        #expect(
            text
                == #"{"a":1,"b":[[],{},null,-5,true,[0],"x",0.5,null],"#
                + #""c \"d\"":{"e":false,"f":"g"}}"#
        )
    }

    @Test(
        "Integers of every length are written in full",
        arguments: [
            0, 1, 9, 10, 11, 99, 100, -1, -10, 999_999_999_999, .max, .max - 1, .min, .min + 1,
            1_000_000_000_000_000_000, 999_999_999_999_999_999,
        ] as [Int64])
    func writesIntegers(value: Int64) {
        #expect(written { $0.integer(value) } == "\(value)")
    }

    @Test("What is written as a string reads back the same", arguments: [11, 12])
    func roundTripsStrings(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        for scalar in (0..<0x120).compactMap(Unicode.Scalar.init) {
            let original = "<\(Character(scalar))>"
            try withValue(of: written { $0.string(original) }) { #expect($0.string == original) }
        }
        for _ in 0..<2000 {
            var original = ""
            for _ in 0..<Int(random.next() % 30) {
                let limit: UInt64 = random.next() % 2 == 0 ? 0x80 : 0x11_0000
                if let scalar = Unicode.Scalar(UInt32(random.next() % limit)) {
                    original.unicodeScalars.append(scalar)
                }
            }
            let text = written { $0.string(original) }
            #expect(validatorAccepts(Array(text.utf8)), "seed \(seed): \(original)")
            try withValue(of: text) { #expect($0.string == original, "seed \(seed)") }
            #expect(
                written { writer in
                    let utf8 = Array(original.utf8)
                    // Safety: the array outlives the span, which is used in this scope only.
                    writer.string(utf8: unsafe utf8.span.bytes)
                } == text)
        }
    }

    @Test("A writer starts anew and gives back what one long text took")
    func resets() {
        var writer = JSONWriter()
        writer.string(String(repeating: "long", count: 100_000))
        #expect(writer.byteCount == 400_002)
        writer.reset()
        #expect(writer.byteCount == 0)
        writer.integer(1)
        #expect(writer.byteArray == [0x31])
        #expect(String(copying: writer.bytes) == "1")
    }
}
