/// Every bound of the fan-out of one event loop.
///
/// All of them are enforced by ``FanOut`` itself; none can be switched off. The memory that one
/// loop can hold in queues is at most `connections × queuedByteCountPerConnection`, counted as if
/// no two connections shared a frame, which in practice nearly all of them do.
package struct StreamLimits: Sendable, Equatable {
    /// Connections of one loop. Default 1 000 000: beyond what one core can serve, but finite.
    package var connectionCount = 1_000_000

    /// Channels of one loop, those without subscribers included. Default 100 000: every market,
    /// session and user of a large node, at about 250 bytes each.
    package var channelCount = 100_000

    /// Subscriptions of one connection. Default 128: a dashboard with every market of one kind.
    package var subscriptionsPerConnection = 128

    /// Bytes of a channel name. Default 128: `session:` and a UUID take 44.
    package var channelNameByteCount = 128

    /// Bytes of one publication's JSON value. Default 64 KiB: a tick takes about 100 bytes, a
    /// session record with its configuration about 4 KiB.
    package var payloadByteCount = 65_536

    /// Bytes of one private or shared message. Default 1 MiB, the same as the queue's bound:
    /// a message that does not fit into an empty queue could never be sent.
    package var messageByteCount = 1_048_576

    /// Bytes queued for one connection, counted uncompressed with frame headers. Default 1 MiB:
    /// about 8 700 ticks, some ten seconds of everything for a client that stopped reading.
    package var queuedByteCountPerConnection = 1_048_576

    /// Frames queued for one connection. Default 8 192: the entries take 192 KiB at most.
    package var queuedFrameCountPerConnection = 8_192

    /// Events of one `drop_oldest` subscription that wait on a backlogged connection before the
    /// oldest gives way. Default 64.
    package var pendingEventsUnderDropOldest = 64

    /// Events of one `buffer` subscription that wait on a backlogged connection before the
    /// connection is closed. Default 1 024.
    package var pendingEventsUnderBuffer = 1_024

    /// Events of one `close` subscription that may wait on a backlogged connection. Default 8: a
    /// socket that was full for a moment is forgiven, a client that stopped reading is not.
    package var pendingEventsUnderClose = 8

    /// Bytes of released frame buffers that are kept for the next publications. Default 4 MiB.
    package var recycledByteCount = 4_194_304

    /// The default bounds.
    package init() {}
}

/// Bounds that are fixed because memory layouts rely on them.
enum FixedLimits {
    /// Bytes of an epoch: room for a UUID in hexadecimal.
    static let epochByteCount = 32

    /// Encodings, plain included: a frame keeps one table row for each. Fewer than this many
    /// parameter sets are ever negotiated, since window sizes are clamped to a few values.
    static let encodingCount = 8
}
