/// Bounds on what a peer may send; what lies beyond is refused before it is stored.
package struct WebSocketLimits: Sendable {
    /// A message's bytes, inflated ones where it is compressed; beyond it 1009.
    package var messageByteCountMax: Int

    /// A frame's payload as it is on the wire, in bytes; beyond it 1009.
    package var frameByteCountMax: Int

    /// How many frames a message may come in; each costs work even if it is empty. Beyond it 1008.
    package var fragmentCountMax: Int

    /// How many times larger than the frames that have begun of it a message may be once it is
    /// above ``inflationFreeByteCount``; beyond it 1009. DEFLATE itself ends at 1032.
    package var inflationFactorMax: Int

    /// The inflated bytes up to which no factor counts: small repetitive messages are welcome.
    package var inflationFreeByteCount: Int

    /// How long a message, or a part of one, may stay incomplete, in nanoseconds; beyond it 1008.
    package var messageDurationMax: UInt64

    /// How long the peer may take to answer a Close frame, in nanoseconds.
    package var closeDurationMax: UInt64

    /// How many pings and pongs may come at once; beyond it 1008.
    package var controlFrameBurstMax: Int

    /// How far pings and pongs have to be apart in the long run, in nanoseconds; 0 for no bound.
    package var controlFrameInterval: UInt64

    /// How many buffers for incomplete messages a loop keeps for the next one.
    package var idleAssemblyCountMax: Int

    /// The largest such buffer that is kept, in bytes; larger ones are freed.
    package var idleAssemblyByteCountMax: Int

    /// How many compressed messages may be incomplete at once in a loop; each holds about 40 KiB.
    /// Beyond it 1013.
    package var leasedInflaterCountMax: Int

    /// How many inflaters a loop keeps for the next message.
    package var idleInflaterCountMax: Int

    /// Limits; the defaults are the gateway's, whose requests are small.
    package init(
        messageByteCountMax: Int = 64 * 1024, frameByteCountMax: Int = 64 * 1024,
        fragmentCountMax: Int = 128, inflationFactorMax: Int = 200,
        inflationFreeByteCount: Int = 16 * 1024, messageDurationMax: UInt64 = 30_000_000_000,
        closeDurationMax: UInt64 = 5_000_000_000, controlFrameBurstMax: Int = 32,
        controlFrameInterval: UInt64 = 100_000_000, idleAssemblyCountMax: Int = 16,
        idleAssemblyByteCountMax: Int = 64 * 1024, leasedInflaterCountMax: Int = 256,
        idleInflaterCountMax: Int = 4
    ) {
        precondition(messageByteCountMax > 0 && frameByteCountMax > 0 && fragmentCountMax > 0)
        precondition(inflationFactorMax > 0 && inflationFreeByteCount >= 0)
        precondition(controlFrameBurstMax > 0 && idleAssemblyCountMax >= 0)
        precondition(leasedInflaterCountMax > 0 && idleInflaterCountMax >= 0)
        // Sums and products of these must not overflow.
        precondition(messageByteCountMax <= 1 << 40 && inflationFactorMax <= 1 << 20)
        self.messageByteCountMax = messageByteCountMax
        self.frameByteCountMax = frameByteCountMax
        self.fragmentCountMax = fragmentCountMax
        self.inflationFactorMax = inflationFactorMax
        self.inflationFreeByteCount = inflationFreeByteCount
        self.messageDurationMax = messageDurationMax
        self.closeDurationMax = closeDurationMax
        self.controlFrameBurstMax = controlFrameBurstMax
        self.controlFrameInterval = controlFrameInterval
        self.idleAssemblyCountMax = idleAssemblyCountMax
        self.idleAssemblyByteCountMax = idleAssemblyByteCountMax
        self.leasedInflaterCountMax = leasedInflaterCountMax
        self.idleInflaterCountMax = idleInflaterCountMax
    }

    /// The compressed bytes of one message that are taken: what the largest message takes if
    /// nothing can be saved, so that endless empty blocks end.
    var compressedByteCountMax: Int { messageByteCountMax + messageByteCountMax / 8 + 64 }

    /// How many bytes may be inflated from as many compressed ones.
    func inflatedByteCountMax(compressedByteCount: Int) -> Int {
        min(
            messageByteCountMax,
            max(inflationFreeByteCount, compressedByteCount * inflationFactorMax))
    }
}
