/// The channels that are wanted, and how far Redis knows of it.
///
/// Pure: wishes and confirmations in, channels to subscribe and unsubscribe out. What is wished
/// twice in one turn costs nothing; each channel has at most one entry.
struct SubscriptionTable: ~Copyable {
    /// What to write next.
    struct Batch {
        var subscribe: [[UInt8]] = []
        var unsubscribe: [[UInt8]] = []
    }

    private struct Entry {
        /// Somebody wants the channel.
        var isWanted = true
        /// The last thing written for it was SUBSCRIBE, on this connection.
        var isRequested = false
        /// Written and not confirmed yet.
        var unconfirmedCount = 0
        /// In the list of what is to be looked at.
        var isListed = false
    }

    private let channelCountMax: Int
    private let unconfirmedCountMax: Int
    private var entries: [[UInt8]: Entry] = [:]
    private var listed: [[UInt8]] = []
    private var listedPosition = 0
    /// Channels written and not confirmed, unsubscribed ones included.
    private(set) var unconfirmedCount = 0
    /// Channels that are wanted.
    private(set) var wantedCount = 0
    /// Channels that are wanted, and whose messages arrive.
    private(set) var liveCount = 0

    init(channelCountMax: Int, unconfirmedCountMax: Int) {
        self.channelCountMax = channelCountMax
        self.unconfirmedCountMax = unconfirmedCountMax
    }

    /// Whether there is something to write that the bound on unconfirmed channels allows.
    var hasWork: Bool {
        listedPosition < listed.count && unconfirmedCount < unconfirmedCountMax
    }

    /// Whether the channel is wanted and its messages arrive.
    func isLive(_ channel: [UInt8]) -> Bool {
        entries[channel].map { $0.isWanted && $0.isRequested && $0.unconfirmedCount == 0 } ?? false
    }

    /// Notes that a channel is wanted.
    ///
    /// - Returns: false where the table is full.
    mutating func want(_ channel: [UInt8]) -> Bool {
        guard let isWanted = entries[channel]?.isWanted else {
            guard entries.count < channelCountMax else { return false }
            entries[channel] = Entry()
            wantedCount += 1
            list(channel)
            return true
        }
        guard !isWanted else { return true }
        entries[channel]?.isWanted = true
        wantedCount += 1
        if isLive(channel) { liveCount += 1 }
        list(channel)
        return true
    }

    /// Notes that a channel is no longer wanted.
    mutating func unwant(_ channel: [UInt8]) {
        guard entries[channel]?.isWanted == true else { return }
        if isLive(channel) { liveCount -= 1 }
        entries[channel]?.isWanted = false
        wantedCount -= 1
        list(channel)
    }

    private mutating func list(_ channel: [UInt8]) {
        guard entries[channel]?.isListed == false else { return }
        entries[channel]?.isListed = true
        listed.append(channel)
    }

    /// Takes the next channels to write.
    ///
    /// - Parameter countMax: how many to take at most, of each kind.
    /// - Returns: the channels, which count as written from here on.
    mutating func nextBatch(countMax: Int) -> Batch {
        var batch = Batch()
        while hasWork, batch.subscribe.count < countMax, batch.unsubscribe.count < countMax {
            let channel = listed[listedPosition]
            listedPosition += 1
            guard var entry = entries[channel] else { continue }
            entry.isListed = false
            if entry.isWanted != entry.isRequested {
                entry.isRequested = entry.isWanted
                entry.unconfirmedCount += 1
                unconfirmedCount += 1
                if entry.isWanted {
                    batch.subscribe.append(channel)
                } else {
                    batch.unsubscribe.append(channel)
                }
            }
            let isOver = !entry.isWanted && entry.unconfirmedCount == 0
            entries[channel] = isOver ? nil : entry
        }
        if listedPosition == listed.count {
            listed.removeAll(keepingCapacity: listed.count <= unconfirmedCountMax)
            listedPosition = 0
        }
        return batch
    }

    /// What a confirmation of SUBSCRIBE or UNSUBSCRIBE came to.
    enum Confirmation {
        /// The channel is live from here on.
        case live
        /// Nothing that anybody waits for.
        case noted
        /// Nothing was written that this could confirm.
        case unexpected
    }

    /// Redis confirmed the oldest unconfirmed request for a channel.
    mutating func confirmed(_ channel: [UInt8]) -> Confirmation {
        guard var entry = entries[channel], entry.unconfirmedCount > 0 else { return .unexpected }
        entry.unconfirmedCount -= 1
        unconfirmedCount -= 1
        let isSettled = entry.unconfirmedCount == 0
        let isOver = isSettled && !entry.isWanted && !entry.isRequested
        entries[channel] = isOver ? nil : entry
        guard isSettled, entry.isWanted, entry.isRequested else { return .noted }
        liveCount += 1
        return .live
    }

    /// The connection went: everything that is wanted has to be subscribed anew.
    mutating func connectionLost() {
        listed.removeAll()
        listedPosition = 0
        unconfirmedCount = 0
        liveCount = 0
        entries = entries.filter(\.value.isWanted)
        for channel in entries.keys {
            entries[channel] = Entry(isListed: true)
            listed.append(channel)
        }
    }
}
