import Streams
import Testing

@Suite("The home of a loop's fan-out")
struct LoopFanOutTests {
    // Safety: as in `Bench`, a span's `bytes` counts as unsafe because of padding, which UInt8 has
    // not.

    /// What a driver does: one function that works on the fan-out in place.
    private func countDirty(_ fanOut: inout FanOut) -> Int {
        var count = 0
        while fanOut.nextDirty() != nil { count += 1 }
        return count
    }

    @Test("All who hold the home use one fan-out")
    func shares() throws {
        let home = LoopFanOut(FanOut(encodingCount: 1, hashSeed: 1))
        let other = home
        let connection = try home.fanOut.addConnection(encoding: 0)
        unsafe try other.fanOut.enqueue("x".bytes.span.bytes, to: connection)
        #expect(home.fanOut.gauges.queuedFrameCount == 1)
        #expect(countDirty(&home.fanOut) == 1)
        other.fanOut.removeConnection(connection)
        #expect(home.fanOut.gauges.frameCount == 0)
    }

    @Test("A fan-out that goes with everything queued frees it all")
    func releasesAll() throws {
        let home = LoopFanOut(FanOut(encodingCount: 2, hashSeed: 1))
        let channel = try unsafe home.fanOut.openChannel(
            "c".bytes.span.bytes, epoch: "e".bytes.span.bytes)
        for encoding in [0, 1] {
            let connection = try home.fanOut.addConnection(encoding: encoding)
            _ = try home.fanOut.subscribe(
                connection, to: channel, options: SubscriptionOptions(policy: .merge))
        }
        try unsafe home.fanOut.publish("1".bytes.span.bytes, to: channel, now: 0)
        // The address sanitizer's leak check is what would find anything left behind.
        #expect(home.fanOut.gauges.queuedFrameCount == 2)
    }
}
