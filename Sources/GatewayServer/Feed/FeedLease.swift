import JSONRPC

/// The right to feed: one node has it, as Redis says (`tradermind_feed_hold`). Pure.
///
/// It counts from before the question went out, so this node takes its end before Redis does.
struct FeedLease {
    /// What Redis answers the node that has it.
    struct Holding: Equatable {
        /// Nodes that could feed, this one included.
        let candidateCount: Int
        /// Markets that clients of any node are subscribed to.
        let demandedMarkets: [String]
        /// Markets that live sessions allow.
        let sessionMarkets: [String]
    }

    private let durationNanoseconds: UInt64
    private var heldUntil: UInt64 = 0

    init(milliseconds: Int) {
        durationNanoseconds = UInt64(max(0, milliseconds)) * 1_000_000
    }

    /// Whether this node may feed now.
    func isHeld(now: UInt64) -> Bool { now < heldUntil }

    /// When the right ends without a renewal.
    var end: UInt64 { heldUntil }

    /// Redis gave or renewed it, to a question sent at this time.
    mutating func renew(askedAt time: UInt64) {
        heldUntil = time + durationNanoseconds
    }

    /// Another node has it, or this one gives it up.
    mutating func lose() {
        heldUntil = 0
    }

    /// Reads the answer of Redis; nil where another node feeds, or the answer is damaged.
    static func holding(_ json: [UInt8]) -> Holding? {
        var tape = JSONTape(limits: .payload)
        // Safety: the array lives as long as the views into it.
        let text = unsafe json.span.bytes
        guard (try? tape.read(text)) != nil else { return nil }
        let root = tape.root(in: text)
        guard root.member("is_feeder")?.bool == true else { return nil }
        return Holding(
            candidateCount: root.member("candidate_count")?.int64.flatMap { Int(exactly: $0) } ?? 1,
            demandedMarkets: texts(root.member("markets")),
            sessionMarkets: texts(root.member("session_markets")))
    }

    private static func texts(_ list: JSONValue?) -> [String] {
        guard var elements = list?.elements else { return [] }
        var texts: [String] = []
        while let element = elements.next() {
            if let text = element.string { texts.append(text) }
        }
        return texts
    }
}
