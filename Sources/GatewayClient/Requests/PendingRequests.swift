import EventLoop
import GatewayAPI

/// What a request comes to: the result's JSON, or why there is none.
typealias RequestOutcome = Result<RawJSON, GatewayClientError>

/// The requests whose answers are awaited, by their ids. Bounded; each is completed exactly once.
struct PendingRequests {
    /// One request.
    struct Entry {
        /// Gets the outcome.
        let completion: (RequestOutcome) -> Void
        /// Ends the wait.
        var timer: TimerID?
    }

    private var entries: [Int64: Entry] = [:]
    private var lastID: Int64 = 0
    private let countMax: Int

    init(countMax: Int) {
        self.countMax = max(1, countMax)
    }

    /// How many answers are awaited.
    var count: Int { entries.count }

    /// Takes a request.
    ///
    /// - Returns: its id, or nil where too many wait; the completion is not called then.
    mutating func add(_ completion: @escaping (RequestOutcome) -> Void) -> Int64? {
        guard entries.count < countMax else { return nil }
        lastID += 1
        entries[lastID] = Entry(completion: completion)
        return lastID
    }

    /// Notes the timer that ends the wait for an answer.
    mutating func setTimer(_ timer: TimerID, of id: Int64) {
        entries[id]?.timer = timer
    }

    /// Takes a request out, to complete it; nil where that has happened already.
    mutating func remove(_ id: Int64) -> Entry? {
        entries.removeValue(forKey: id)
    }

    /// Takes all requests out, the oldest first, to complete them.
    mutating func removeAll() -> [Entry] {
        let all = entries.sorted { $0.key < $1.key }.map(\.value)
        entries = [:]
        return all
    }
}
