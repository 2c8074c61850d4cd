/// What a prepared frame is, which decides how it may be encoded and merged.
enum FrameKind: UInt8, BitwiseCopyable {
    /// An event of a channel, the same for every subscriber.
    case event
    /// A notification about a channel: shared, and never overtaken by that channel's events.
    case notice
    /// A message for one connection: never enters a shared compression context.
    case exclusive
    /// A ping, pong or close frame: never compressed (RFC 7692 §5.1).
    case control
    /// A close frame, after which nothing is queued.
    case close
    /// An event for one subscriber that tells what was merged or dropped before it.
    case annotated
}

/// The facts about one prepared frame; its bytes are in the store's ``FrameBytes`` rows.
struct FrameRecord: SlabRecord {
    /// Entries and holders that refer to the frame. Not atomic: confined to one loop.
    var referenceCount: Int32 = 0
    var kind = FrameKind.exclusive
    /// Whether a row other than the plain one was made.
    var hasEncodedRows = false
    var headerByteCount: UInt8 = 0

    /// Bytes of the plain frame with its header: what a queue is charged for it.
    var byteCount: UInt32 = 0
    /// Where in the plain frame the digits of `seq` start.
    var sequenceOffset: UInt32 = 0
    /// Where in the plain frame the value of `data` starts.
    var valueOffset: UInt32 = 0

    /// The channel's restart count when the event was published; events of different eras are
    /// never merged.
    var era: UInt32 = 0
    /// `seq` of an event.
    var sequence: UInt64 = 0
    /// `seq` of the event before this one: in the channel, or for this subscriber if annotated.
    var previousSequence: UInt64 = 0

    /// The shared event that an annotated one repeats.
    var source = noIndex
    /// Events that this annotated one stands for besides its own.
    var mergedCount: UInt32 = 0
    /// Events before this annotated one that were dropped.
    var droppedCount: UInt32 = 0

    static let vacant = FrameRecord()

    var nextFree: UInt32 {
        get { source }
        set { source = newValue }
    }
}

/// Where the bytes of a frame in one encoding are.
//
// Safety: `base` is nil or a buffer of `1 << shift` bytes with `offset + byteCount` of them
// initialised; the store that holds the row frees the buffer if `isOwned`.
@safe
struct FrameBytes: BitwiseCopyable {
    var base: UnsafeMutableRawPointer?
    var byteCount: UInt32 = 0
    /// Where the frame starts: a compressed frame's header is written after its payload, in front.
    var offset: UInt8 = 0
    var shift: UInt8 = 0
    /// False in a row that repeats the plain one.
    var isOwned = false
}
