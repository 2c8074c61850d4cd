import Streams

/// How a channel's feed from Redis stands on this loop.
struct ChannelFeed {
    /// Whether Redis has confirmed the subscription and told where the channel is: every event
    /// published now arrives, and follows that place.
    var isLive = false
    /// Whether a subscriber was told that it is not live: because it was lost, or in an answer.
    /// They are to be told when it is, with the new epoch.
    var wasToldStale = false
    /// Whether an event has set the loop's count since Redis confirmed the subscription and before
    /// it told where the channel is: what follows comes in order, so the answer brings nothing new.
    var isCounted = false
    /// Whether it is not live only because nothing is known to arrive at present: the subscription
    /// stands, and nothing is lost where the link goes on.
    var isSuspended = false
    /// Requests that wait for it to become live.
    var waiters: [PendingSubscribe] = []
}

/// The names of channels on Redis.
enum RedisChannel {
    /// What stands before a channel's own name.
    static let prefix = Array("tradermind:events:".utf8)

    /// The name on Redis.
    static func name(of channel: String) -> [UInt8] {
        prefix + Array(channel.utf8)
    }

    /// The channel's own name, nil where the prefix is another.
    @inline(__always)
    static func channel(of name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        // Safety: the comparison stays inside both, whose counts are compared first.
        guard name.count > prefix.count,
            unsafe UnsafeRawBufferPointer(rebasing: name[..<prefix.count]).elementsEqual(prefix)
        else { return nil }
        return unsafe UnsafeRawBufferPointer(rebasing: name[prefix.count...])
    }
}

/// Makes the names of a loop's runs of sequence numbers: a random part for this start of the node
/// and loop, so that no run of another one has the same name, and a count.
struct EpochSource {
    private let prefix: String
    private var count: UInt64 = 0

    /// - Parameter seed: random bits.
    init(seed: UInt64) {
        prefix = String(seed & 0xffff_ffff_ffff, radix: 36)
    }

    mutating func next() -> String {
        count += 1
        return "\(prefix).\(String(count, radix: 36))"
    }

    /// Whether a name is one of this source: no publisher's own epoch begins with its random part.
    func owns(_ epoch: String) -> Bool {
        epoch.utf8.starts(with: prefix.utf8)
            && epoch.utf8.dropFirst(prefix.utf8.count).first == UInt8(ascii: ".")
    }
}
