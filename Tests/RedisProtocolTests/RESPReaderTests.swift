import RedisProtocol
import Testing

@Suite("RESP2 replies")
struct RESPReaderTests {
    /// Replies as they are on the wire, with their meaning.
    static let goldenReplies: [(wire: String, value: RESPValue)] = [
        ("+OK\r\n", .simpleString("OK")),
        ("+\r\n", .simpleString("")),
        (
            "-WRONGTYPE Operation against a key\r\n",
            .error(RedisReplyError(line: "WRONGTYPE Operation against a key"))
        ),
        ("-ERR\r\n", .error(RedisReplyError(line: "ERR"))),
        (":0\r\n", .integer(0)),
        (":-1\r\n", .integer(-1)),
        (":9223372036854775807\r\n", .integer(.max)),
        (":-9223372036854775808\r\n", .integer(.min)),
        ("$0\r\n\r\n", .bulk([])),
        ("$5\r\nhello\r\n", .bulk(Array("hello".utf8))),
        ("$4\r\n\r\n\r\n\r\n", .bulk([13, 10, 13, 10])),
        ("$-1\r\n", .null),
        ("*-1\r\n", .null),
        ("*0\r\n", .array([])),
        ("*2\r\n*0\r\n*1\r\n:7\r\n", .array([.array([]), .array([.integer(7)])])),
        (
            "*5\r\n$1\r\na\r\n:1\r\n$-1\r\n-ERR no\r\n*2\r\n+x\r\n*1\r\n$1\r\nb\r\n",
            .array([
                .bulk([0x61]), .integer(1), .null, .error(RedisReplyError(line: "ERR no")),
                .array([.simpleString("x"), .array([.bulk([0x62])])]),
            ])
        ),
    ]

    @Test("Each golden reply means its value, split at any two places")
    func goldenRepliesAtEverySplit() throws {
        for (wire, value) in Self.goldenReplies {
            let bytes = Array(wire.utf8)
            for first in 0...bytes.count {
                for second in first...bytes.count {
                    let pieces = [
                        bytes[..<first], bytes[first..<second], bytes[second...],
                    ].map(Array.init)
                    #expect(try read(pieces) == [value], "\(wire) split at \(first), \(second)")
                }
            }
        }
    }

    @Test("Replies that come together are handed out one by one, in order")
    func repliesInOrder() throws {
        let wire = Self.goldenReplies.map(\.wire).joined()
        let values = Self.goldenReplies.map(\.value)
        #expect(try read([Array(wire.utf8)]) == values)
        #expect(try read(wire.utf8.map { [$0] }) == values)
    }

    @Test("A stream longer than one feed keeps its order and its bytes")
    func longStream() throws {
        let values = (0..<4000).map { RESPValue.bulk(Array("value \($0)".utf8)) }
        let wire = values.flatMap { value in
            let bytes = value.bytes ?? []
            return Array("$\(bytes.count)\r\n".utf8) + bytes + [13, 10]
        }
        #expect(try read([wire]) == values)
    }

    @Test("The receiver can end the reading, and nothing is handed out after that")
    func receiverEndsReading() throws {
        let reader = RESPReader()
        var count = 0
        try consume(Array(":1\r\n:2\r\n:3\r\n".utf8), with: reader) { _ in
            count += 1
            return count < 2
        }
        #expect(count == 2)
    }

    @Test(
        "Bytes that are no RESP2 are refused with the rule they break, and the reader stays shut",
        arguments: [
            "x\r\n", ":12a\r\n", ":\r\n", ":9223372036854775808\r\n", "$-2\r\n", "$abc\r\n",
            "*-2\r\n", "*99999999999\r\n", "$3\r\nabcde\r\n", "*1\r\n$1\r\nabc",
            "HTTP/1.1 400 Bad Request\r\n", "%1\r\n+a\r\n+b\r\n", "$9223372036854775808\r\n",
        ])
    func malformedReplies(wire: String) {
        let reader = RESPReader()
        var error: RESPError?
        for bytes in [Array(wire.utf8), Array("+OK\r\n".utf8)] {
            do throws(RESPError) {
                try consume(bytes, with: reader) { _ in
                    Issue.record("\(wire) gave a reply")
                    return true
                }
                Issue.record("\(wire) was taken")
            } catch let thrown {
                if let error { #expect(error == thrown) }
                error = thrown
            }
        }
        switch error {
        case .malformed(let text): #expect(!text.isEmpty)
        case .tooManyElements: #expect(wire.hasPrefix("*9"))
        default: Issue.record("\(wire) failed as \(String(describing: error))")
        }
    }

    @Test("Random bytes end in replies or in an error, never in a trap")
    func randomBytes() {
        var generator = SplitMix64(seed: .random(in: 0 ... .max))
        let seed = generator.state
        let alphabet = Array("+-:$*0123456789\r\n\r\n\r\nab".utf8)
        let limits = RESPLimits(replyByteCountMax: 256, elementCountMax: 16, depthMax: 3)
        var replyCount = 0
        for round in 0..<4000 {
            let reader = RESPReader(limits: limits)
            let isText = round % 4 != 0
            do throws(RESPError) {
                for _ in 0..<8 {
                    let bytes = (0..<Int(generator.next() % 48)).map { _ in
                        isText
                            ? alphabet[Int(generator.next() % UInt64(alphabet.count))]
                            : UInt8(truncatingIfNeeded: generator.next())
                    }
                    try consume(bytes, with: reader) { reply in
                        _ = reply.value()
                        replyCount += 1
                        return true
                    }
                }
            } catch {
                #expect(!error.description.isEmpty, "seed \(seed)")
            }
        }
        #expect(replyCount > 0, "seed \(seed)")
    }

    @Test("An error reply is taken apart into code and message, and only the code is described")
    func errorReply() {
        let error = RedisReplyError(line: "WRONGPASS invalid secret")
        #expect(error.code == "WRONGPASS")
        #expect(error.message == "invalid secret")
        #expect(error.description == "Redis refused with WRONGPASS")
        #expect(RedisReplyError(line: "").code.isEmpty)
    }

    @Test("The accessors of a value answer for its own kind only")
    func accessors() {
        #expect(RESPValue.bulk([0x61]).text == "a")
        #expect(RESPValue.bulk([0xff]).text == nil)
        #expect(RESPValue.simpleString("OK").bytes == [0x4f, 0x4b])
        #expect(RESPValue.integer(4).integer == 4)
        #expect(RESPValue.integer(4).text == nil)
        #expect(RESPValue.array([.null]).elements == [.null])
        #expect(RESPValue.null.elements == nil)
        #expect(RESPValue.null.bytes == nil)
        #expect(RESPValue.null.integer == nil)
    }
}

@Suite("Bounds of a reply")
struct RESPLimitsTests {
    @Test("The bytes of a reply are bounded: one less and just so pass, one more does not")
    func byteCount() throws {
        let limits = RESPLimits(replyByteCountMax: 100)
        for count in [99, 100] {
            let wire = Array("$\(count)\r\n".utf8) + [UInt8](repeating: 1, count: count) + [13, 10]
            #expect(try read([wire], limits: limits).count == 1)
        }
        let wire = Array("$101\r\n".utf8) + [UInt8](repeating: 1, count: 101) + [13, 10]
        #expect(throws: RESPError.replyTooLarge(byteCountMax: 100)) {
            try read([wire], limits: limits)
        }
        let parts = Array("*2\r\n$60\r\n".utf8) + [UInt8](repeating: 1, count: 60)
        let more = Array("\r\n$41\r\n".utf8) + [UInt8](repeating: 1, count: 41) + [13, 10]
        #expect(throws: RESPError.replyTooLarge(byteCountMax: 100)) {
            try read([parts, more], limits: limits)
        }
    }

    @Test("An unfinished reply is refused once more is buffered than a reply may have")
    func unfinishedByteCount() {
        let limits = RESPLimits(replyByteCountMax: 1000)
        let reader = RESPReader(limits: limits)
        var takenByteCount = 0
        do throws(RESPError) {
            try consume(Array("$1000000\r\n".utf8), with: reader) { _ in true }
            while takenByteCount < 10_000 {
                try consume([UInt8](repeating: 7, count: 10), with: reader) { _ in true }
                takenByteCount += 10
            }
            Issue.record("the reader took ten times its bound")
        } catch {
            #expect(error == .replyTooLarge(byteCountMax: 1000))
            #expect((980...1000).contains(takenByteCount))
        }
    }

    @Test("The elements of a reply are bounded on all levels together, the arrays included")
    func elementCount() throws {
        let limits = RESPLimits(elementCountMax: 6)
        #expect(try read(["*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n"], limits: limits).count == 1)
        #expect(try read(["*5\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n"], limits: limits).count == 1)
        for wire in ["*6\r\n", "*2\r\n*2\r\n:1\r\n:2\r\n*2\r\n:3\r\n:4\r\n", "*2147483647\r\n"] {
            #expect(throws: RESPError.tooManyElements(elementCountMax: 6)) {
                try read([wire], limits: limits)
            }
        }
    }

    @Test("Nesting is bounded at any depth up to what hiredis can hold", arguments: 1...7)
    func depth(depthMax: Int) throws {
        let limits = RESPLimits(depthMax: depthMax)
        for depth in [depthMax - 1, depthMax] {
            let wire = String(repeating: "*1\r\n", count: depth) + ":1\r\n"
            #expect(try read([wire], limits: limits).count == 1)
        }
        let wire = String(repeating: "*1\r\n", count: depthMax + 1) + ":1\r\n"
        #expect(throws: RESPError.tooDeep(depthMax: depthMax)) {
            try read([wire], limits: limits)
        }
    }
}
