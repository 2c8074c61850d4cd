import LoadTesting

/// Makes payloads as large as a session's events are, with members like theirs: names that repeat,
/// and identifiers and amounts that do not, so that they deflate as such events do.
struct FillingText: Sendable {
    /// What the stamp of a payload takes at most, in bytes.
    private static let stampByteCount = 40

    private let byteCount: Int
    private var random = LoadRandom(seed: 7)

    /// - Parameter byteCount: how large a payload is to be with its stamp, in bytes; 0 for as it
    ///   comes.
    init(byteCount: Int) {
        self.byteCount = byteCount
    }

    /// Extends a JSON object of at least one member to about the size.
    mutating func extend(_ object: inout [UInt8]) {
        let wanted = byteCount - Self.stampByteCount
        guard object.count < wanted, object.popLast() == UInt8(ascii: "}") else { return }
        var number = 0
        while true {
            let member = participant(number)
            guard object.count + member.utf8.count < wanted else { break }
            object += member.utf8
            number += 1
        }
        let missing = wanted - object.count - #","x":"""#.utf8.count - 1
        if missing > 0 { object += #","x":"\#(String(repeating: "x", count: missing))""#.utf8 }
        object.append(UInt8(ascii: "}"))
    }

    private mutating func participant(_ number: Int) -> String {
        let identifier = String(random.next(), radix: 16)
        let amount = Int(random.next() % 100_000)
        return #","participant_\#(number)":{"user_id":"\#(identifier)","status":"ACTIVE","#
            + #""pnl":"\#(amount / 100).\#(amount % 100)","trades":\#(amount % 97)}"#
    }
}
