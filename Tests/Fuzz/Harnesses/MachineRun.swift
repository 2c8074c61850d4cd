import WebSocketProtocol

/// What a machine found, copied so that runs can be compared.
enum FoundEvent: Equatable {
    case message(MessageKind, [UInt8])
    case ping([UInt8])
    case pong([UInt8])
    case close(CloseCode?, [UInt8], mustReply: Bool)
    case violation(WebSocketViolation, mustSendClose: Bool)
}

/// One machine that is fed with pieces, and the properties of every event.
final class MachineRun {
    private var machine: WebSocketMachine
    private let context: WebSocketContext
    private var events: [FoundEvent] = []

    init(role: WebSocketRole, limits: WebSocketLimits, deflate: DeflateParameters?) {
        machine = WebSocketMachine(deflate: deflate)
        context = WebSocketContext(role: role, limits: limits)
    }

    /// Our side closes before anything came.
    func beginClose() {
        _ = machine.beginClose(now: 0, context: context)
    }

    /// Feeds all pieces, and ends.
    func feed(_ pieces: [[UInt8]]) throws(PropertyFailure) -> [FoundEvent] {
        for piece in pieces {
            try feed(piece)
        }
        let mayHoldInflater = !machine.isFinished
        try require(
            context.leasedInflaterCount == 0 || mayHoldInflater,
            "a finished machine keeps an inflater")
        _ = machine.inputEnded()
        try require(context.leasedInflaterCount == 0, "an inflater is lost")
        return events
    }

    private func feed(_ piece: [UInt8]) throws(PropertyFailure) {
        var piece = piece
        var failure: PropertyFailure?
        // Safety: the array outlives the call, and nobody else touches it meanwhile.
        unsafe piece.withUnsafeMutableBytes { bytes in
            var input = unsafe InputBuffer(bytes)
            do throws(PropertyFailure) {
                while try takeEvent(&input) {}
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Takes the next event; false if more input is needed.
    private func takeEvent(_ input: inout InputBuffer) throws(PropertyFailure) -> Bool {
        let limits = context.limits
        let wasFinished = machine.isFinished
        let event: FoundEvent
        switch machine.next(&input, now: 0, context: context) {
        case .needsMoreInput:
            try require(input.isEmpty, "input is left over")
            return false
        case .message(let kind, let bytes):
            try require(
                bytes.byteCount <= limits.messageByteCountMax,
                "a message of \(bytes.byteCount) bytes")
            let copy = Array(copying: bytes)
            try require(kind == .binary || isUTF8(copy), "a text that is not UTF-8")
            event = .message(kind, copy)
        case .ping(let payload):
            try require(payload.byteCount <= 125, "a ping of \(payload.byteCount) bytes")
            event = .ping(Array(copying: payload))
        case .pong(let payload):
            try require(payload.byteCount <= 125, "a pong of \(payload.byteCount) bytes")
            event = .pong(Array(copying: payload))
        case .close(let close):
            try require(close.code?.isValidOnWire ?? true, "an invalid close code")
            let reason = Array(copying: close.reason)
            try require(reason.count <= 123 && isUTF8(reason), "an invalid reason")
            try require(machine.isFinished, "open after a close")
            event = .close(close.code, reason, mustReply: close.mustReply)
        case .violation(let violation, let mustSendClose):
            try require(machine.isFinished, "open after a violation")
            try require(violation.closeCode.isValidOnWire, "a violation that cannot be told")
            try require(violation.reason.utf8.count <= 123, "a reason that does not fit")
            event = .violation(violation, mustSendClose: mustSendClose)
        }
        try require(!wasFinished, "an event after the end: \(event)")
        events.append(event)
        return true
    }

    private func isUTF8(_ bytes: [UInt8]) -> Bool {
        String(validating: bytes, as: UTF8.self) != nil
    }
}
