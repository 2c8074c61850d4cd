/// What connections have done since they were made.
package struct PostgresCounters: Sendable, Equatable {
    /// Connections that were made.
    package internal(set) var connectCount = 0
    /// Connections that were lost or given up once they were there.
    package internal(set) var lossCount = 0
    /// Statements that were sent.
    package internal(set) var statementCount = 0
    /// Statements that PostgreSQL refused.
    package internal(set) var refusalCount = 0
    /// Statements whose connection was given up since they took too long.
    package internal(set) var timeoutCount = 0
    /// Statements that found no room among those that wait, or waited too long.
    package internal(set) var overloadCount = 0
    /// How long all answered statements took together, in nanoseconds.
    package internal(set) var answerNanoseconds: UInt64 = 0

    /// Nothing so far.
    package init() {}

    /// Adds what others have done.
    package mutating func add(_ other: PostgresCounters) {
        connectCount += other.connectCount
        lossCount += other.lossCount
        statementCount += other.statementCount
        refusalCount += other.refusalCount
        timeoutCount += other.timeoutCount
        overloadCount += other.overloadCount
        answerNanoseconds &+= other.answerNanoseconds
    }
}
