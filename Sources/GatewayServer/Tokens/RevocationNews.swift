import GatewayAPI
import JSONRPC
import RedisProtocol
import Security

/// What one answer of `tradermind_revocations` says (Protocol/redis.md).
struct RevocationNews: Sendable {
    /// Entries in a whole answer; fewer means that these were the last.
    static let entryCountMax = 1000

    /// The newest sequence in Redis.
    let newest: Int64
    /// The sequence of the last entry of this answer; nil without entries.
    private(set) var last: Int64?
    /// How many entries there are.
    let entryCount: Int
    /// What is revoked.
    private(set) var list = RevocationList()
    /// Users whose connections end, with the sequence of that order.
    private(set) var disconnected: [(user: SubjectID, sequence: Int64)] = []
    /// Entries that this build does not understand.
    private(set) var unknownCount = 0

    /// Nil where the reply has another form.
    init?(_ reply: RESPValue) {
        guard let elements = reply.elements, elements.count >= 2, elements.count % 4 == 2,
            elements[0].text == "OK", let newest = Self.integer(elements[1])
        else { return nil }
        self.newest = newest
        entryCount = (elements.count - 2) / 4
        for start in stride(from: 2, to: elements.count, by: 4) {
            guard let entry = elements[start].text,
                let sequence = Self.integer(elements[start + 1]),
                let before = Self.integer(elements[start + 2]),
                let until = Self.integer(elements[start + 3])
            else { return nil }
            last = sequence
            read(entry, sequence: sequence, before: before, until: until)
        }
    }

    private mutating func read(_ entry: String, sequence: Int64, before: Int64, until: Int64) {
        if entry == "everyone" {
            list.add(.everyone(issuedBefore: before), until: until)
            return
        }
        let parts = entry.split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { return unknownCount += 1 }
        if parts[0] == "token" {
            list.add(.token(id: String(parts[1])), until: until)
        } else if parts[0] == "user", let user = SubjectID(String(parts[1])) {
            list.add(.user(user, issuedBefore: before), until: until)
        } else if parts[0] == "disconnect", let user = SubjectID(String(parts[1])) {
            disconnected.append((user, sequence))
        } else {
            unknownCount += 1
        }
    }

    private static func integer(_ value: RESPValue) -> Int64? {
        value.integer ?? value.text.flatMap { Int64($0) }
    }
}
