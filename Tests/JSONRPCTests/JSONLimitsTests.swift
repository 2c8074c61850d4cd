import JSONRPC
import Testing

@Suite("Limits of a text")
struct JSONLimitsTests {
    @Test("Each limit holds at max − 1, max and max + 1")
    func holdsLimits() {
        func check(
            _ limits: JSONLimits, _ reason: JSONError.Reason, max: Int,
            validatorToo: Bool = true, make: (Int) -> String
        ) {
            for size in [max - 1, max] {
                #expect(tapeFault(Array(make(size).utf8), limits: limits) == nil, "\(reason)")
            }
            let beyond = Array(make(max + 1).utf8)
            let fault = tapeFault(beyond, limits: limits)
            #expect(fault?.reason == reason)
            #expect(fault?.isLimit == true)
            if validatorToo { #expect(!validatorAccepts(beyond, limits: limits)) }
        }
        check(JSONLimits(byteCountMax: 10), .textTooLong, max: 10) {
            "\"" + String(repeating: "a", count: $0 - 2) + "\""
        }
        check(JSONLimits(depthMax: 5), .tooDeep, max: 5) {
            String(repeating: "[", count: $0) + String(repeating: "]", count: $0)
        }
        check(JSONLimits(depthMax: 64), .tooDeep, max: 64) {
            String(repeating: "{\"a\":", count: $0 - 1) + "{}"
                + String(repeating: "}", count: $0 - 1)
        }
        check(JSONLimits(tokenCountMax: 100), .tooManyValues, max: 100, validatorToo: false) {
            "[" + Array(repeating: "1", count: $0 - 1).joined(separator: ",") + "]"
        }
        check(JSONLimits(memberCountMax: 9), .tooManyMembers, max: 9, validatorToo: false) {
            "{" + (0..<$0).map { "\"k\($0)\":0" }.joined(separator: ",") + "}"
        }
        check(JSONLimits(keyByteCountMax: 4), .keyTooLong, max: 4) {
            "{\"" + String(repeating: "k", count: $0) + "\":1}"
        }
        check(JSONLimits(stringByteCountMax: 20), .stringTooLong, max: 20) {
            "[\"" + String(repeating: "s", count: $0) + "\"]"
        }
        check(JSONLimits(numberByteCountMax: 30), .numberTooLong, max: 30) {
            "[" + String(repeating: "7", count: $0) + "]"
        }
    }

    @Test("A depth beyond what the scanner can follow is cut to it")
    func cutsDepth() {
        let limits = JSONLimits(depthMax: 1000)
        #expect(limits.depthMax == JSONLimits.depthCeiling)
        let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        #expect(tapeFault(Array(deep.utf8), limits: limits)?.reason == .tooDeep)
        #expect(JSONLimits(depthMax: 0).depthMax == 1)
    }

    @Test("A tape reads on after a fault and after growing")
    func readsOn() throws {
        var tape = JSONTape()
        let long = "[" + (0..<1000).map(String.init).joined(separator: ",") + "]"
        for text in [long, "{\"a\":1}", "[", "[[2]]", "nope", long] {
            let bytes = Array(text.utf8)
            do throws(JSONError) {
                // Safety: the array outlives the span, which is used in this scope only.
                try tape.read(unsafe bytes.span.bytes)
                let root = tape.root(in: unsafe bytes.span.bytes)
                #expect(String(copying: root.rawBytes) == text)
            } catch {
                #expect(text == "[" || text == "nope")
            }
        }
    }
}
