/// What a node's walk through everything that is stored came to.
public struct RebuildWalk: Sendable, Equatable, APIObject {
    /// The node.
    public var node = ""
    /// When it ended, in milliseconds since the Unix epoch.
    public var finishedAt: Int64 = 0
    /// Whether it came to its end; else it is tried again.
    public var complete = false
    /// Entries that were looked at.
    public var checked: Int64 = 0
    /// Entries that were put right from others.
    public var repaired: Int64 = 0
    /// Entries that could not be read and were moved away.
    public var quarantined: Int64 = 0

    /// What it is, in one sentence.
    package static let schemaSummary = "What a node's rebuild from Redis came to."

    /// An object with the defaults of its fields.
    package init() {}

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required("node", &node, .text(1...64), "The node.")
        try coder.required(
            "finished_at", &finishedAt, Time.range,
            "When it ended, in milliseconds since the Unix epoch.")
        try coder.required(
            "complete", &complete, .any, "Whether it came to its end; else it is tried again.")
        try coder.required("checked", &checked, 0...Int64.max, "Entries that were looked at.")
        try coder.required(
            "repaired", &repaired, 0...Int64.max, "Entries that were put right from others.")
        try coder.required(
            "quarantined", &quarantined, 0...Int64.max,
            "Entries that could not be read and were moved away.")
    }
}

/// A stored entry that could not be read and lies in quarantine.
public struct QuarantinedEntry: Sendable, Equatable, APIObject {
    /// Where it was.
    public var key = ""
    /// What is wrong with it.
    public var problem = ""
    /// When it was moved, in milliseconds since the Unix epoch.
    public var at: Int64 = 0

    /// What it is, in one sentence.
    package static let schemaSummary = "A stored entry that lies in quarantine."

    /// An object with the defaults of its fields.
    package init() {}

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required("key", &key, .text(1...512), "The key where it was.")
        try coder.required("problem", &problem, .text(1...512), "What is wrong with it.")
        try coder.required(
            "at", &at, Time.range, "When it was moved, in milliseconds since the Unix epoch.")
    }
}

/// How the rebuilds of all nodes went, and what lies in quarantine.
public struct RebuildReportResult: Sendable, Equatable, APIObject {
    /// The last rebuild of each node.
    public var rebuilds: [RebuildWalk] = []
    /// What lies in quarantine, up to a hundred entries.
    public var quarantined: [QuarantinedEntry] = []
    /// How many entries lie there in all.
    public var quarantinedCount: Int64 = 0

    /// What it is, in one sentence.
    package static let schemaSummary = "How rebuilds went, and what lies in quarantine."

    /// An object with the defaults of its fields.
    package init() {}

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "rebuilds", &rebuilds, .list(0...100, of: .any), "The last rebuild of each node.")
        try coder.required(
            "quarantined", &quarantined, .list(0...100, of: .any),
            "What lies in quarantine until an operator removes it, up to a hundred entries.")
        try coder.required(
            "quarantined_count", &quarantinedCount, 0...Int64.max,
            "How many entries lie there in all.")
    }
}
