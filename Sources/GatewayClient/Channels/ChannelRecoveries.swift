/// The channels in which a loss was found and the answer that mends it is awaited, with what has
/// come behind the loss.
///
/// Pure and bounded: where too much comes behind a loss nothing of its channel is kept, since the
/// answer has it too; how far that went is noted, for where there is no such answer.
struct ChannelRecoveries {
    /// What has come behind a loss.
    struct Held {
        /// Tells this recovery from an earlier one of the same channel.
        fileprivate let id: UInt64
        /// The events, in the order in which they came.
        fileprivate(set) var events: [ServerMessage.EventMessage] = []
        /// The newest of the events that found no room; none is kept then.
        fileprivate(set) var passedOver: UInt64?
    }

    private var recoveries: [String: Held] = [:]
    private var heldCount = 0
    private var lastID: UInt64 = 0
    private let heldCountMax: Int

    init(heldCountMax: Int = ClientLimits.heldEventCountMax) {
        self.heldCountMax = heldCountMax
    }

    /// Whether no answer is awaited.
    var isEmpty: Bool { recoveries.isEmpty }

    /// Whether a channel's answer is awaited.
    func contains(_ channel: String) -> Bool { recoveries[channel] != nil }

    /// Whether a channel's answer is awaited for this very recovery.
    func contains(_ channel: String, id: UInt64) -> Bool { recoveries[channel]?.id == id }

    /// Begins to keep what comes of a channel.
    ///
    /// - Returns: names the recovery.
    mutating func begin(_ channel: String) -> UInt64 {
        lastID += 1
        remove(channel)
        recoveries[channel] = Held(id: lastID)
        return lastID
    }

    /// Takes an event that came behind a loss.
    ///
    /// - Returns: false where its channel is not being recovered, or it has no number and so no
    ///   place to wait for.
    @discardableResult
    mutating func hold(_ event: ServerMessage.EventMessage) -> Bool {
        guard let sequence = event.sequence, let held = recoveries[event.channel] else {
            return false
        }
        if held.passedOver != nil || heldCount >= heldCountMax {
            heldCount -= held.events.count
            recoveries[event.channel]?.events = []
            recoveries[event.channel]?.passedOver = max(held.passedOver ?? 0, sequence)
        } else {
            heldCount += 1
            recoveries[event.channel]?.events.append(event)
        }
        return true
    }

    /// Ends a recovery; nil where there is none.
    @discardableResult
    mutating func remove(_ channel: String) -> Held? {
        let held = recoveries.removeValue(forKey: channel)
        heldCount -= held?.events.count ?? 0
        return held
    }

    /// Ends every recovery: the connection is gone, and the next one recovers from the same places.
    mutating func removeAll() {
        recoveries = [:]
        heldCount = 0
    }
}
