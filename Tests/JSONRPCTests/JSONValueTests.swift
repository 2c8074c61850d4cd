import Foundation
import JSONRPC
import Testing

@Suite("JSONValue")
struct JSONValueTests {
    @Test("Members are found by name, whatever the order and the escapes")
    func findsMembers() throws {
        try withValue(of: #" {"a":{"x":[1,{}]},"b\u0063":"v", "n":null,"t":true,"f":false} "#) {
            root in
            #expect(root.kind == .object)
            #expect(root.count == 5)
            #expect(root.member("bc")?.string == "v")
            #expect(root.member("n")?.isNull == true)
            #expect(root.member("t")?.bool == true)
            #expect(root.member("f")?.bool == false)
            #expect(root.member("a")?.bool == nil)
            let hasInnerMember = root.member("x") != nil
            #expect(!hasInnerMember, "a member of a member is none of the object")
            #expect(root.member("a")?.member("x")?.count == 2)
            let arrayHasMember = root.member("a")?.member("x")?.member("y") != nil
            #expect(!arrayHasMember)
            var names: [String?] = []
            var members = root.members
            while let member = members.next() { names.append(member.key.string) }
            #expect(names == ["a", "bc", "n", "t", "f"])
        }
    }

    @Test("Elements come in order, each with its raw bytes")
    func listsElements() throws {
        try withValue(of: #"[ 1 ,"two",[3, 3], {"four" : 4},null]"#) { root in
            var raw: [String] = []
            var elements = root.elements
            while let element = elements.next() { raw.append(String(copying: element.rawBytes)) }
            #expect(raw == ["1", #""two""#, "[3, 3]", #"{"four" : 4}"#, "null"])
            #expect(root.count == 5)
            #expect(root.byteRange == 0..<37)
            var members = root.members
            let hasMember = members.next() != nil
            #expect(!hasMember)
        }
    }

    @Test(
        "An integer is one that is written as one and fits 64 bits",
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("9223372036854775807", Int64.max),
            ("-9223372036854775808", Int64.min), ("9223372036854775808", nil),
            ("-9223372036854775809", nil), ("18446744073709551616", nil),
            ("99999999999999999999999", nil), ("1.0", nil), ("1e2", nil), ("\"1\"", nil),
            ("true", nil), ("[1]", nil),
        ] as [(String, Int64?)])
    func readsIntegers(text: String, expected: Int64?) throws {
        try withValue(of: text) { #expect($0.int64 == expected) }
    }

    @Test("A number keeps its digits; a double must be finite")
    func readsNumbers() throws {
        try withValue(of: "1234.50000000") { value in
            #expect(value.numberText == "1234.50000000")
            #expect(value.double == 1234.5)
        }
        try withValue(of: "-2.5e-3") { #expect($0.double == -0.0025) }
        try withValue(of: "1e999") { #expect($0.double == nil) }
        try withValue(of: "\"1\"") { value in
            #expect(value.double == nil)
            #expect(value.numberText == nil)
        }
    }

    @Test(
        "Strings are decoded as Foundation decodes them",
        // Foundation drops a byte order mark at the start of a string.
        arguments: JSONTexts.valid.filter { !$0.unicodeScalars.contains("\u{FEFF}") })
    func decodesStrings(text: String) throws {
        let expected =
            try JSONSerialization.jsonObject(
                with: Data(text.utf8), options: [.fragmentsAllowed]) as? String
        try withValue(of: text) { value in
            #expect(value.string == expected)
            if let raw = value.unescapedBytes { #expect(String(copying: raw) == expected) }
            #expect((value.unescapedBytes == nil) == (expected == nil || text.contains("\\")))
        }
    }

    @Test("Every escape is decoded")
    func decodesEscapes() throws {
        try withValue(of: #""\"\\\/\b\f\n\r\t\u0041\u00E9\u20ac\ud83d\ude00z""#) { value in
            #expect(value.string == "\"\\/\u{8}\u{C}\n\r\tAé€😀z")
        }
        try withValue(of: #""\u0061bc""#) { value in
            let answers = (value.equals("abc"), value.equals("abcd"), value.equals("ab"))
            #expect(answers == (true, false, false))
        }
    }
}
