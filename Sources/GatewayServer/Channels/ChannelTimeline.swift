import EventLoop
import GatewayAPI
import JSONRPC

/// What a loop knows of a channel's newest events while requests to subscribe wait for them: read
/// once from Redis for all that ask at the same time, and continued with what arrives meanwhile.
/// Confined to its loop.
///
/// The entries are always without a gap, so what follows a place is whole or not known.
final class ChannelTimeline {
    /// Events that one answer holds at most: as many as the functions keep of a channel.
    static let entryCountMax = 100
    /// Bytes of events that one answer holds at most: as much as a client may leave unread.
    static let byteCountMax = 256 * 1024
    /// How long after its reading a timeline is taken for another request. Default 20 ms: a crowd
    /// that comes back at once costs one reading for each channel, and nobody waits for it.
    static let sharedNanoseconds: UInt64 = 20_000_000

    private struct Entry {
        let sequence: UInt64
        let data: [UInt8]
    }

    /// How many events were asked for: 1 for the newest alone.
    let depth: Int
    /// Requests that wait for it or have not answered yet.
    var userCount = 0
    private let startedAt: UInt64
    private var entries: [Entry] = []
    private var epoch = ""
    /// Where the reading says the channel is, which the loop has to reach.
    private var target: (epoch: String, sequence: UInt64)?
    private var waiters: [() -> Void] = []

    /// - Parameters:
    ///   - depth: how many events are asked for.
    ///   - now: nanoseconds of the loop's clock.
    init(depth: Int, now: UInt64) {
        self.depth = depth
        startedAt = now
    }

    /// Whether a request that asks now for so many events can share it.
    func serves(depth: Int, now: UInt64) -> Bool {
        self.depth >= depth && now < startedAt + Self.sharedNanoseconds
    }

    /// Whether the loop has everything that the reading knows of.
    private(set) var isReady = false

    /// Calls back once it is ready.
    func whenReady(_ body: @escaping () -> Void) {
        waiters.append(body)
    }

    // MARK: - What comes in

    /// An event was delivered on this loop.
    func record(_ json: RawSpan, sequence: UInt64, epoch: String) {
        if epoch != self.epoch {
            self.epoch = epoch
            entries = []
        }
        if let last = entries.last {
            guard sequence > last.sequence else { return }
            if sequence != last.sequence + 1 { entries = [] }
        }
        // Safety: the bytes are copied during the call.
        unsafe append(Entry(sequence: sequence, data: json.withUnsafeBytes { unsafe Array($0) }))
        checkReadiness((epoch, sequence))
    }

    /// The reading has come, or has failed.
    ///
    /// - Parameters:
    ///   - messages: as they were published, oldest first.
    ///   - position: the channel's place by the functions' count; nil where it has none.
    ///   - present: where the channel is on this loop.
    func read(
        _ messages: [[UInt8]], position: ChannelPosition?,
        present: (epoch: String, sequence: UInt64)?
    ) {
        guard let position else { return becomeReady() }
        let recorded = epoch == position.epoch ? entries : []
        epoch = position.epoch
        entries = []
        for message in messages { take(message, position) }
        if entries.last?.sequence != position.sequence { entries = [] }
        for entry in recorded where entry.sequence > position.sequence {
            if let last = entries.last, entry.sequence != last.sequence + 1 { entries = [] }
            append(entry)
        }
        target = (position.epoch, position.sequence)
        if let present { checkReadiness(present) }
    }

    /// The feed was lost or the loop ends: nothing more will come.
    func abandon() {
        entries = []
        becomeReady()
    }

    private func take(_ message: [UInt8], _ position: ChannelPosition) {
        // Safety: the array outlives the publication, whose parts are copied.
        let entry: Entry? = unsafe message.withUnsafeBytes { bytes in
            guard let publication = unsafe Publication(bytes),
                unsafe publication.epoch.elementsEqual(position.epoch.utf8),
                unsafe JSONValidator.isValid(publication.json.bytes)
            else { return nil }
            return unsafe Entry(sequence: publication.sequence, data: Array(publication.json))
        }
        guard let entry else { return entries = [] }
        if let last = entries.last, entry.sequence != last.sequence + 1 { entries = [] }
        append(entry)
    }

    private func append(_ entry: Entry) {
        entries.append(entry)
        // Twice as many are kept as one answer takes, so that dropping is rare.
        if entries.count > 2 * Self.entryCountMax {
            entries.removeFirst(entries.count - Self.entryCountMax)
        }
    }

    private func checkReadiness(_ present: (epoch: String, sequence: UInt64)) {
        guard let target, target.epoch == present.epoch, present.sequence >= target.sequence
        else { return }
        becomeReady()
    }

    private func becomeReady() {
        guard !isReady else { return }
        isReady = true
        let waiters = waiters
        self.waiters = []
        for waiter in waiters { waiter() }
    }

    // MARK: - What it tells

    /// Everything that followed a place, oldest first, up to where the channel is now.
    ///
    /// - Parameters:
    ///   - known: the place.
    ///   - present: where the channel is on this loop.
    /// - Returns: nil where something of it is not known any more, or it is too much.
    func events(
        after known: UInt64, until present: (epoch: String, sequence: UInt64)
    ) -> [RawJSON]? {
        guard known <= present.sequence else { return nil }
        if known == present.sequence { return [] }
        let count = present.sequence - known
        guard entries.last?.sequence == present.sequence, count <= UInt64(Self.entryCountMax),
            count <= UInt64(entries.count), epoch == present.epoch
        else { return nil }
        let missed = entries.suffix(Int(count))
        guard missed.reduce(0, { $0 + $1.data.count }) <= Self.byteCountMax else { return nil }
        return missed.map { RawJSON(unchecked: $0.data) }
    }

    /// The newest event, where it is known.
    func newest(at present: (epoch: String, sequence: UInt64)) -> RawJSON? {
        guard present.sequence > 0 else { return nil }
        return events(after: present.sequence - 1, until: present)?.first
    }
}
