import Testing
import WebSocketProtocol

@Suite("RFC 6455 §5: what may not be there fails at its first byte")
struct MachineFailFastTests {
    /// Bytes, how many of them are fine, and what the next one is.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var before: [UInt8] = []
        var bytes: [UInt8]
        var violation: WebSocketViolation
        /// Where the failure must be; by default at the last byte.
        var deflate: DeflateParameters?
        var role = WebSocketRole.server
        var testDescription: String { name }
    }

    static let cases: [Case] =
        [
            Case(name: "RSV1 without deflate", bytes: [0xC1], violation: .frame(.reservedBit)),
            Case(name: "RSV2", bytes: [0xA1], violation: .frame(.reservedBit)),
            Case(name: "RSV3", bytes: [0x91], violation: .frame(.reservedBit)),
            Case(
                name: "RSV1 on a ping", bytes: [0xC9], violation: .frame(.reservedBit),
                deflate: DeflateParameters()),
            Case(
                name: "RSV1 on a continuation", before: textFrame("a", isFinal: false),
                bytes: [0xC0], violation: .frame(.reservedBit), deflate: DeflateParameters()),
            Case(
                name: "RSV2 with deflate", bytes: [0xE1], violation: .frame(.reservedBit),
                deflate: DeflateParameters()),
            Case(
                name: "fragmented ping", bytes: [0x09], violation: .frame(.fragmentedControlFrame)),
            Case(
                name: "fragmented close", bytes: [0x08],
                violation: .frame(.fragmentedControlFrame)),
            Case(
                name: "ping of 126 bytes", bytes: [0x89, 0xFE],
                violation: .frame(.oversizedControlFrame)),
            Case(
                name: "close of 64 KiB", bytes: [0x88, 0xFF],
                violation: .frame(.oversizedControlFrame)),
            Case(
                name: "no mask from a client", bytes: [0x81, 0x05], violation: .frame(.wrongMasking)
            ),
            Case(
                name: "mask from a server", bytes: [0x81, 0x85], violation: .frame(.wrongMasking),
                role: .client),
            Case(
                name: "long form of 125", bytes: [0x81, 0xFE, 0, 125],
                violation: .frame(.malformedLength)),
            Case(
                name: "longest form of 65535", bytes: [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF],
                violation: .frame(.malformedLength)),
            Case(
                name: "negative length", bytes: [0x81, 0xFF, 0x80],
                violation: .frame(.malformedLength)),
            Case(
                name: "continuation alone", bytes: [0x80],
                violation: .frame(.unexpectedContinuation)),
            Case(
                name: "continuation after a whole message", before: textFrame("a"), bytes: [0x00],
                violation: .frame(.unexpectedContinuation)),
            Case(
                name: "text inside a message", before: textFrame("a", isFinal: false),
                bytes: [0x81],
                violation: .frame(.interleavedMessage)),
            Case(
                name: "close with one byte", bytes: [0x88, 0x81, 0, 0, 0, 0, 3],
                violation: .invalidClosePayload),
            Case(
                name: "close with code 1005", bytes: [0x88, 0x8A, 0, 0, 0, 0, 3, 0xED],
                violation: .invalidClosePayload),
            Case(
                name: "close with a broken reason",
                bytes: [0x88, 0x8A, 0, 0, 0, 0, 3, 0xE8, 0x61, 0xC3, 0x28],
                violation: .invalidUTF8),
            Case(
                name: "close with an unfinished reason",
                bytes: [0x88, 0x84, 0, 0, 0, 0, 3, 0xE8, 0x61, 0xC3], violation: .invalidUTF8),
            Case(
                name: "invalid UTF-8 in the middle of a frame",
                bytes: [0x81, 0x94, 0, 0, 0, 0, 0xCE, 0xBA, 0xF4, 0x90], violation: .invalidUTF8),
            Case(
                name: "surrogate in the middle of a frame",
                bytes: [0x81, 0x94, 0, 0, 0, 0, 0x61, 0xED, 0xA0], violation: .invalidUTF8),
            Case(
                name: "invalid UTF-8 across fragments",
                before: frame(.text, [0xE2, 0x82], isFinal: false),
                bytes: [0x80, 0x85, 0, 0, 0, 0, 0x41], violation: .invalidUTF8),
            Case(
                name: "text that ends in a scalar", bytes: [0x81, 0x82, 0, 0, 0, 0, 0xE2, 0x82],
                violation: .invalidUTF8),
        ]
        + (UInt8(0)...15).filter { (3...7).contains($0) || $0 > 10 }.map { opcode in
            Case(
                name: "opcode \(opcode)", bytes: [0x80 | opcode], violation: .frame(.reservedOpcode)
            )
        }

    @Test(arguments: cases)
    func `The last byte fails and none before it`(_ given: Case) {
        let harness = MachineHarness(role: given.role, deflate: given.deflate)
        _ = harness.feed(given.before)
        for byte in given.bytes.dropLast() {
            #expect(harness.feed([byte]) == [])
        }
        #expect(
            harness.feed(Array(given.bytes.suffix(1)))
                == [.violation(given.violation, mustSendClose: true)])
        #expect(harness.isFinished)
        #expect(harness.feed(textFrame("ignored")) == [])
        #expect(harness.deadline == nil)
    }

    @Test(arguments: cases)
    func `All at once it fails the same way`(_ given: Case) {
        let harness = MachineHarness(role: given.role, deflate: given.deflate)
        let seen = harness.feed(given.before + given.bytes + textFrame("ignored"))
        #expect(seen.last == .violation(given.violation, mustSendClose: true))
        #expect(!given.violation.reason.isEmpty && given.violation.reason.utf8.count <= 123)
        #expect(given.violation.closeCode.isValidOnWire)
    }
}
