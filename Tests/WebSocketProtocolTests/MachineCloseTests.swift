import Testing
import WebSocketProtocol

@Suite("RFC 6455 §7: closing, and deadlines")
struct MachineCloseTests {
    @Test
    func `The peer closes first`() {
        let harness = MachineHarness()
        #expect(
            harness.feed(frame(.close, [0x0F, 0xA0, 0x78]))
                == [.close(CloseCode(rawValue: 4000), "x", mustReply: true)])
        #expect(harness.isFinished)
        #expect(!harness.beginClose())
        #expect(harness.inputEnded() == CloseCode(rawValue: 4000))
    }

    @Test
    func `We close first, and what still comes is not looked at`() {
        let harness = MachineHarness()
        #expect(harness.feed(textFrame("part", isFinal: false)) == [])
        #expect(harness.beginClose())
        #expect(!harness.beginClose())
        #expect(harness.isClosing && !harness.isFinished)
        let late =
            frame(.continuation, [0xFF, 0xFF], isFinal: false) + frame(.ping, [1])
            + frame(.continuation, [0xFF]) + textFrame("late")
        #expect(harness.feed(late, splitAt: Array(1..<late.count)) == [])
        #expect(harness.deadline == harness.now + harness.context.limits.closeDurationMax)
        let close = frame(.close, [3, 0xE8])
        #expect(
            harness.feed(close, splitAt: Array(1..<close.count))
                == [.close(.normalClosure, "", mustReply: false)])
        #expect(harness.isFinished)
        #expect(harness.deadline == nil)
    }

    @Test
    func `A broken frame after our close needs no second close`() {
        let harness = MachineHarness()
        #expect(harness.beginClose())
        #expect(
            harness.feed([0x83]) == [.violation(.frame(.reservedOpcode), mustSendClose: false)])
    }

    @Test
    func `The end of input without a close is 1006, and after one without a code 1005`() {
        let abrupt = MachineHarness()
        #expect(abrupt.feed(Array(textFrame("cut")[..<4])) == [])
        #expect(abrupt.inputEnded() == .abnormalClosure)
        #expect(abrupt.deadline == nil)
        let orderly = MachineHarness()
        #expect(orderly.feed(frame(.close, [])) == [.close(nil, "", mustReply: true)])
        #expect(orderly.inputEnded() == .noStatusReceived)
    }

    @Test(arguments: [
        Array(textFrame("text")[..<1]), Array(textFrame("text")[..<7]),
        textFrame("text", isFinal: false), Array(frame(.ping, [1, 2])[..<7]),
    ])
    func `What stays incomplete is given up at its deadline`(bytes: [UInt8]) {
        let harness = MachineHarness(limits: WebSocketLimits(messageDurationMax: 500))
        #expect(harness.deadline == nil)
        #expect(harness.feed(bytes) == [])
        #expect(harness.deadline == 1_500)
        harness.now = 1_499
        #expect(harness.feed(frame(.pong, []).prefix(0).map { $0 }) == [])
        #expect(harness.deadline == 1_500)
        #expect(harness.deadlinePassed(now: 1_499) == .notPassed)
        #expect(harness.deadlinePassed(now: 1_500) == .violation(.messageTimedOut))
        #expect(harness.isFinished)
    }

    @Test
    func `A message that becomes complete has no deadline any more`() {
        let harness = MachineHarness()
        let bytes = textFrame("text")
        #expect(harness.feed(Array(bytes[..<5])) == [])
        #expect(harness.deadline != nil)
        #expect(harness.feed(Array(bytes[5...])) == [.text("text")])
        #expect(harness.deadline == nil)
    }

    @Test
    func `A close that is not answered is given up`() {
        let harness = MachineHarness(limits: WebSocketLimits(closeDurationMax: 50))
        harness.now = 100
        #expect(harness.beginClose())
        #expect(harness.deadlinePassed(now: 149) == .notPassed)
        #expect(harness.deadlinePassed(now: 150) == .closeTimedOut)
        #expect(harness.isFinished)
    }
}
