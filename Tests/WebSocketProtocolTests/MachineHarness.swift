import WebSocketProtocol

/// An event with its bytes copied, so that tests can compare it.
enum Seen: Equatable {
    case text(String)
    case binary([UInt8])
    case ping([UInt8])
    case pong([UInt8])
    case close(CloseCode?, String, mustReply: Bool)
    case violation(WebSocketViolation, mustSendClose: Bool)

    init?(_ event: WebSocketEvent) {
        switch event {
        case .needsMoreInput: return nil
        case .message(.text, let bytes): self = .text(String(copying: bytes))
        case .message(.binary, let bytes): self = .binary(Array(copying: bytes))
        case .ping(let payload): self = .ping(Array(copying: payload))
        case .pong(let payload): self = .pong(Array(copying: payload))
        case .close(let close):
            self = .close(
                close.code, String(copying: close.reason), mustReply: close.mustReply)
        case .violation(let violation, let mustSendClose):
            self = .violation(violation, mustSendClose: mustSendClose)
        }
    }
}

/// A machine with its context, fed with arrays.
final class MachineHarness {
    private var machine: WebSocketMachine
    let context: WebSocketContext
    var now: UInt64 = 1_000

    init(
        role: WebSocketRole = .server, limits: WebSocketLimits = WebSocketLimits(),
        deflate: DeflateParameters? = nil
    ) {
        machine = WebSocketMachine(deflate: deflate)
        context = WebSocketContext(role: role, limits: limits)
    }

    init(sharing context: WebSocketContext, deflate: DeflateParameters?) {
        machine = WebSocketMachine(deflate: deflate)
        self.context = context
    }

    var isFinished: Bool { machine.isFinished }
    var isClosing: Bool { machine.isClosing }
    var deadline: UInt64? { machine.deadline }

    func beginClose() -> Bool { machine.beginClose(now: now, context: context) }
    func inputEnded() -> CloseCode { machine.inputEnded() }
    func deadlinePassed(now: UInt64) -> DeadlineOutcome { machine.deadlinePassed(now: now) }

    /// Feeds one read's bytes and returns what was found in them.
    func feed(_ bytes: [UInt8]) -> [Seen] {
        var bytes = bytes
        var seen: [Seen] = []
        // Safety: the array lives longer than the input buffer and the events, which are copied.
        unsafe bytes.withUnsafeMutableBytes { buffer in
            var input = unsafe InputBuffer(buffer)
            while let event = Seen(machine.next(&input, now: now, context: context)) {
                seen.append(event)
            }
        }
        return seen
    }

    /// Feeds the bytes in pieces that end at the given places.
    func feed(_ bytes: [UInt8], splitAt places: [Int]) -> [Seen] {
        var seen: [Seen] = []
        var start = 0
        for end in places + [bytes.count] {
            seen += feed(Array(bytes[start..<end]))
            start = end
        }
        return seen
    }
}

/// Copies what is stored.
func array(of storage: borrowing ByteStorage) -> [UInt8] {
    // Safety: the bytes are copied within the closure.
    storage.withBytes { unsafe $0.withUnsafeBytes { unsafe Array($0) } }
}

/// Writes a frame; masked with a key that is not symmetric unless told otherwise.
func frame(
    _ opcode: Opcode, _ payload: [UInt8], isFinal: Bool = true, isCompressed: Bool = false,
    maskingKey: UInt32? = 0x1234_ABCD
) -> [UInt8] {
    var bytes: [UInt8] = []
    // Safety: the span does not outlive the array.
    unsafe FrameWriter.append(
        opcode, payload: payload.span.bytes, isFinal: isFinal, isCompressed: isCompressed,
        maskingKey: maskingKey, to: &bytes)
    return bytes
}

/// Writes a text frame.
func textFrame(_ text: String, isFinal: Bool = true, maskingKey: UInt32? = 0x1234_ABCD) -> [UInt8] {
    frame(.text, Array(text.utf8), isFinal: isFinal, maskingKey: maskingKey)
}

/// A repeatable source of random numbers (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}
