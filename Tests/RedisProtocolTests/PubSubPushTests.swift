import RedisProtocol
import Testing

@Suite("Pub/sub pushes (RESP2)")
struct PubSubPushTests {
    /// A push as text, so that it can be compared after its bytes are gone.
    private func describe(_ pieces: [[UInt8]]) throws -> [String] {
        let reader = RESPReader()
        var texts: [String] = []
        for piece in pieces {
            try consume(piece, with: reader) { reply in
                // Safety: the bytes are copied into text while the push is valid.
                unsafe reply.withPubSubPush { push in
                    unsafe texts.append(text(of: push))
                }
                return true
            }
        }
        return texts
    }

    private func text(of push: PubSubPush?) -> String {
        func text(_ bytes: UnsafeRawBufferPointer) -> String {
            // Safety: copied while the push is valid.
            unsafe String(decoding: bytes, as: UTF8.self)
        }
        // Safety: called while the push is valid.
        return switch unsafe push {
        case .message(let channel, let payload):
            unsafe "message \(text(channel)) \(text(payload))"
        case .patternMessage(let pattern, let channel, let payload):
            unsafe "pmessage \(text(pattern)) \(text(channel)) \(text(payload))"
        case .subscribed(let channel, let count): unsafe "subscribe \(text(channel)) \(count)"
        case .unsubscribed(let channel, let count): unsafe "unsubscribe \(text(channel)) \(count)"
        case .pong(let payload): unsafe "pong \(text(payload))"
        case nil: "nothing"
        }
    }

    static let goldenPushes: [(wire: String, text: String)] = [
        ("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$7\r\npayload\r\n", "message c payload"),
        ("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$0\r\n\r\n", "message c "),
        ("*3\r\n$9\r\nsubscribe\r\n$2\r\nab\r\n:3\r\n", "subscribe ab 3"),
        ("*3\r\n$11\r\nunsubscribe\r\n$2\r\nab\r\n:0\r\n", "unsubscribe ab 0"),
        ("*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n", "unsubscribe  0"),
        ("*2\r\n$4\r\npong\r\n$0\r\n\r\n", "pong "),
        ("*2\r\n$4\r\npong\r\n$2\r\nhi\r\n", "pong hi"),
        ("*4\r\n$8\r\npmessage\r\n$2\r\nt*\r\n$2\r\ntx\r\n$1\r\np\r\n", "pmessage t* tx p"),
    ]

    @Test("Each golden push is recognised, split at any place")
    func goldenPushesAtEverySplit() throws {
        for (wire, text) in Self.goldenPushes {
            let bytes = Array(wire.utf8)
            for split in 0...bytes.count {
                let pieces = [Array(bytes[..<split]), Array(bytes[split...])]
                #expect(try describe(pieces) == [text], "split at \(split)")
            }
        }
    }

    @Test(
        "A reply of another form is no push",
        arguments: [
            "+PONG\r\n", "-ERR unknown command\r\n", "*0\r\n", "*2\r\n$4\r\npong\r\n*0\r\n*0\r\n",
            "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n:1\r\n",
            "*3\r\n$7\r\nmexsage\r\n$1\r\nc\r\n$0\r\n\r\n",
            "*2\r\n$7\r\nmessage\r\n*1\r\n$1\r\nc\r\n",
            "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n$1\r\n1\r\n",
            "*3\r\n$11\r\nunsubscribe\r\n$1\r\nc\r\n$1\r\n1\r\n", "*3\r\n:7\r\n:1\r\n:2\r\n",
        ])
    func otherReplies(wire: String) throws {
        let pushes = try describe([Array(wire.utf8)])
        #expect(pushes.first == "nothing")
    }

    @Test("Many messages in one read arrive whole and in order, over every border of a feed")
    func manyMessages() throws {
        var wire: [UInt8] = []
        var expected: [String] = []
        for index in 0..<2000 {
            let payload = String(repeating: "x", count: index % 97) + "\(index)"
            wire += Array(
                "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$\(payload.utf8.count)\r\n\(payload)\r\n".utf8)
            expected.append("message c \(payload)")
        }
        #expect(try describe([wire]) == expected)
    }
}
