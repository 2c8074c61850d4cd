import JSONRPC
import Testing

@Suite("JSON-RPC 2.0, the envelope")
struct RPCEnvelopeTests {
    private func fault(_ text: String, limits: RPCLimits = RPCLimits()) throws -> RPCEnvelopeError?
    {
        try withValue(of: text) { root in
            do throws(RPCEnvelopeError) {
                _ = try RPCMessage(root, limits: limits)
                return nil
            } catch {
                return error
            }
        }
    }

    @Test(
        "§4 and §5: each kind of message is told by its members",
        arguments: [
            (#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, RPCMessage.Kind.request),
            (#"{"method":"ping","params":[],"id":"x","jsonrpc":"2.0"}"#, .request),
            (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, .request),
            (#"{"jsonrpc":"2.0","method":"event","params":{}}"#, .notification),
            (#"{"jsonrpc":"2.0","id":1,"result":null}"#, .success),
            (#"{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"m"}}"#, .failure),
        ])
    func tellsKinds(text: String, kind: RPCMessage.Kind) throws {
        try withValue(of: text) { root in
            let message = try RPCMessage(root, limits: RPCLimits())
            #expect(message.kind == kind)
            let hasParts = (message.id != nil, message.method != nil, message.outcome != nil)
            let isCall = kind == .request || kind == .notification
            #expect(hasParts == (kind != .notification, isCall, !isCall))
        }
    }

    @Test(
        "What is no message is refused with its reason",
        arguments: [
            ("1", RPCEnvelopeError.notAnObject), ("[]", .notAnObject), ("{}", .wrongVersion),
            (#"{"jsonrpc":2.0,"method":"a"}"#, .wrongVersion),
            (#"{"jsonrpc":"1.0","method":"a"}"#, .wrongVersion),
            (#"{"jsonrpc":"2.0"}"#, .ambiguousMessage),
            (#"{"jsonrpc":"2.0","id":1}"#, .ambiguousMessage),
            (#"{"jsonrpc":"2.0","id":1.5,"method":"a"}"#, .invalidIdentifier),
            (#"{"jsonrpc":"2.0","id":1e2,"method":"a"}"#, .invalidIdentifier),
            (#"{"jsonrpc":"2.0","id":{},"method":"a"}"#, .invalidIdentifier),
            (#"{"jsonrpc":"2.0","id":true,"method":"a"}"#, .invalidIdentifier),
            (#"{"jsonrpc":"2.0","method":1}"#, .invalidMethod),
            (#"{"jsonrpc":"2.0","method":null,"id":1}"#, .invalidMethod),
            (#"{"jsonrpc":"2.0","method":"a","params":1}"#, .invalidParameters),
            (#"{"jsonrpc":"2.0","method":"a","params":null}"#, .invalidParameters),
            (#"{"jsonrpc":"2.0","method":"a","extra":1}"#, .unknownMember),
            (#"{"jsonrpc":"2.0","method":"a","Id":1}"#, .unknownMember),
            (#"{"jsonrpc":"2.0","method":"a","result":1,"id":1}"#, .ambiguousMessage),
            (
                #"{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":""}}"#,
                .ambiguousMessage
            ),
            (#"{"jsonrpc":"2.0","id":1,"result":1,"params":[]}"#, .ambiguousMessage),
            (#"{"jsonrpc":"2.0","result":1}"#, .ambiguousMessage),
            (#"{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":""}}"#, .invalidErrorObject),
            (#"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#, .invalidErrorObject),
            (#"{"jsonrpc":"2.0","id":1,"error":null}"#, .invalidErrorObject),
        ])
    func refusesOthers(text: String, reason: RPCEnvelopeError) throws {
        #expect(try fault(text) == reason)
    }

    @Test("An id and a method hold their limits at max and max + 1")
    func holdsLimits() throws {
        let limits = RPCLimits(identifierByteCountMax: 8, methodByteCountMax: 4)
        #expect(
            try fault(#"{"jsonrpc":"2.0","id":"123456","method":"abcd"}"#, limits: limits) == nil)
        #expect(
            try fault(#"{"jsonrpc":"2.0","id":"1234567","method":"a"}"#, limits: limits)
                == .identifierTooLong)
        #expect(
            try fault(#"{"jsonrpc":"2.0","id":123456789,"method":"a"}"#, limits: limits)
                == .identifierTooLong)
        #expect(
            try fault(#"{"jsonrpc":"2.0","method":"abcde"}"#, limits: limits) == .methodTooLong)
    }

    @Test(
        "An id comes back byte for byte",
        arguments: [
            "0", "-0", "1", "-17", "9223372036854775807", "123456789012345678901234567890", "null",
            #""""#, #""a""#, #""\u0061\/\"""#, #""ключ""#, #""1""#,
        ])
    func echoesIdentifiers(id: String) throws {
        try withValue(of: #"{"jsonrpc":"2.0","id":\#(id),"method":"a"}"#) { root in
            let message = try RPCMessage(root, limits: RPCLimits())
            #expect(message.id?.rawText == id)
            let kept = RPCMessage.identifier(in: root, limits: RPCLimits())
            #expect(written { kept.write(to: &$0) } == id)
        }
    }

    @Test("The answer to a faulty message has its id where that could be read (§5)")
    func findsIdentifiersOfFaultyMessages() throws {
        for (text, id) in [
            (#"{"jsonrpc":"2.0","method":1,"id":7}"#, "7"), (#"{"id":"x"}"#, #""x""#),
            (#"{"id":{}}"#, "null"), (#"{"id":1.5}"#, "null"), (#"{"a":1}"#, "null"), ("7", "null"),
        ] {
            try withValue(of: text) { root in
                let kept = RPCMessage.identifier(in: root, limits: RPCLimits())
                #expect(written { kept.write(to: &$0) } == id)
            }
        }
    }

    @Test("§6: a batch gives its messages one by one, within its limit")
    func readsBatches() throws {
        func count(_ text: String) throws -> Int {
            try withValue(of: text) { root in
                var batch = try RPCBatch(root, limits: RPCLimits(batchCountMax: 3))
                var count = 0
                while batch.next() != nil { count += 1 }
                #expect(batch.count == count)
                #expect(batch.isBatch == (root.kind == .array))
                return count
            }
        }
        #expect(try count("{}") == 1)
        #expect(try count("[1]") == 1)
        #expect(try count("[1,{},[]]") == 3)
        #expect(throws: RPCEnvelopeError.batchTooLarge) { try count("[1,2,3,4]") }
        #expect(throws: RPCEnvelopeError.emptyBatch) { try count("[]") }
        #expect(throws: RPCEnvelopeError.notAnObject) { try count("1") }
    }

    @Test("Answers, requests and notifications are written in their usual order")
    func writesMessages() throws {
        let result = try withValue(of: #"{"id":"x\n"}"#) { root in
            let id = Array((root.member("id")?.rawText ?? "").utf8)
            return written { writer in
                // Safety: the array outlives the span, which is used in this scope only.
                writer.beginResult(id: unsafe id.span.bytes)
                writer.bool(true)
                writer.endMessage()
            }
        }
        #expect(result == #"{"jsonrpc":"2.0","id":"x\n","result":true}"#)
        let failure = written { writer in
            writer.beginError(id: .null, code: RPCReservedCode.parseError, message: "no \"JSON\"")
            writer.member("reason", "unexpected_end" as String)
            writer.endError()
        }
        #expect(
            failure == #"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"#
                + #""message":"no \"JSON\"","data":{"reason":"unexpected_end"}}}"#)
        let request = written { writer in
            writer.beginRequest(id: 9, method: "ping")
            writer.endMessage()
        }
        #expect(request == #"{"jsonrpc":"2.0","id":9,"method":"ping"}"#)
        let notification = written { writer in
            writer.beginNotification(method: "event")
            writer.beginObject()
            writer.endObject()
            writer.endMessage()
        }
        #expect(notification == #"{"jsonrpc":"2.0","method":"event","params":{}}"#)
        #expect(RPCIdentifier(9).number == 9)
        #expect(RPCIdentifier.null.number == nil)
        let answered = written { writer in
            writer.beginResult(id: RPCIdentifier(9))
            writer.null()
            writer.endMessage()
        }
        #expect(answered == #"{"jsonrpc":"2.0","id":9,"result":null}"#)
    }
}
