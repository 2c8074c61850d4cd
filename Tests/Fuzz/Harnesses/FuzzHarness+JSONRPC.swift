import JSONRPC

extension FuzzHarness {
    /// JSON texts and JSON-RPC messages.
    ///
    /// A text that is read can be walked to its last value, is valid for the validator too, and
    /// what is written from it reads the same.
    static let jsonRPC = FuzzHarness(name: "jsonrpc", byteCountMax: 2048) {
        bytes throws(PropertyFailure) in
        // Safety: the span does not outlive the array.
        let text = unsafe bytes.span.bytes
        var tape = JSONTape(limits: jsonLimits)
        let fault = JSONValidator.fault(in: text, limits: jsonLimits)
        do throws(JSONError) {
            try tape.read(text)
        } catch {
            let isOfTapeOnly = [.duplicateKey, .tooManyValues, .tooManyMembers].contains(
                error.reason)
            try require(
                error.byteOffset <= bytes.count && (fault == error || isOfTapeOnly),
                "the reader says \(error), the validator \(String(describing: fault))")
            return
        }
        try require(fault == nil, "the validator says \(String(describing: fault))")
        let root = tape.root(in: text)
        let written = try rewritten(root, byteCount: bytes.count)
        try readMessages(root)

        var secondTape = JSONTape(limits: writtenLimits)
        // Safety: as above.
        let secondText = unsafe written.span.bytes
        do throws(JSONError) {
            try secondTape.read(secondText)
        } catch {
            throw PropertyFailure("what was written is refused: \(error)")
        }
        let again = try rewritten(secondTape.root(in: secondText), byteCount: written.count)
        try require(again == written, "what was written reads differently")
    }

    private static let jsonLimits = JSONLimits(
        byteCountMax: 1900, depthMax: 12, tokenCountMax: 200, memberCountMax: 40,
        keyByteCountMax: 64, stringByteCountMax: 400, numberByteCountMax: 40)

    /// A character may take more bytes when it is written.
    private static let writtenLimits = JSONLimits(
        byteCountMax: 1 << 20, depthMax: 12, tokenCountMax: 200, memberCountMax: 40,
        keyByteCountMax: 1 << 10, stringByteCountMax: 1 << 12, numberByteCountMax: 40)

    private static func rewritten(
        _ root: JSONValue, byteCount: Int
    ) throws(PropertyFailure) -> [UInt8] {
        var writer = JSONWriter()
        try write(root, to: &writer, byteCount: byteCount)
        return writer.byteArray
    }

    private static func write(
        _ value: JSONValue, to writer: inout JSONWriter, byteCount: Int
    ) throws(PropertyFailure) {
        try require(
            value.byteRange.lowerBound >= 0 && value.byteRange.upperBound <= byteCount,
            "a value outside of the text")
        switch value.kind {
        case .object:
            writer.beginObject()
            var members = value.members
            while let member = members.next() {
                guard let name = member.key.string else { throw PropertyFailure("no name") }
                writer.key(name)
                try write(member.value, to: &writer, byteCount: byteCount)
            }
            writer.endObject()
        case .array:
            writer.beginArray()
            var elements = value.elements
            while let element = elements.next() {
                try write(element, to: &writer, byteCount: byteCount)
            }
            writer.endArray()
        case .string:
            guard let string = value.string else { throw PropertyFailure("no string") }
            writer.string(string)
        case .number:
            try writeNumber(value, to: &writer)
        case .true, .false:
            guard let bool = value.bool else { throw PropertyFailure("no bool") }
            writer.bool(bool)
        case .null:
            writer.null()
        case .key:
            throw PropertyFailure("a name where a value should be")
        }
    }

    private static func writeNumber(
        _ value: JSONValue, to writer: inout JSONWriter
    ) throws(PropertyFailure) {
        if let integer = value.int64 {
            writer.integer(integer)
        } else if let double = value.double {
            writer.double(double)
        } else {
            guard let text = value.numberText else { throw PropertyFailure("no number") }
            writer.raw(Array(text.utf8))
        }
    }

    private static func readMessages(_ root: JSONValue) throws(PropertyFailure) {
        let limits = RPCLimits()
        var count = 0
        var expectedCount = 0
        do throws(RPCEnvelopeError) {
            var batch = try RPCBatch(root, limits: limits)
            expectedCount = batch.count
            while let value = batch.next() {
                count += 1
                readMessage(value, limits: limits)
            }
        } catch {
            return
        }
        try require(count == expectedCount, "a batch of \(expectedCount) has \(count)")
    }

    private static func readMessage(_ value: JSONValue, limits: RPCLimits) {
        do throws(RPCEnvelopeError) {
            let message = try RPCMessage(value, limits: limits)
            if let id = message.id { _ = RPCIdentifier(id) }
            _ = message.method?.string
        } catch {
            var writer = JSONWriter()
            RPCMessage.identifier(in: value, limits: limits).write(to: &writer)
        }
    }
}
