/// The bounds and times of the links of one loop to PostgreSQL.
package struct PostgresLimits: Sendable, Equatable {
    /// Connections that a pool may have at most: PostgreSQL has 100 for everybody by default.
    package static let connectionCountMaximum = 64

    /// Connections of one loop, 1 to `connectionCountMaximum`.
    ///
    /// Default 2: a short statement takes less than a millisecond, so two carry more sign-ins than
    /// a node gets, and a slow one does not hold up all others.
    package var connectionCountMax = 2
    /// Statements that wait for a connection; one more is refused as overloaded. Default 1024:
    /// with two connections about a quarter of a second of work.
    package var waiterCountMax = 1024
    /// How long a statement may wait for a connection. Default 2 s: who signs in waits no longer.
    package var waitDuration: Duration = .seconds(2)

    /// How long one attempt to connect may take, from the look-up of the name to the last reply of
    /// the sign-in. Default 5 s: a TLS connection through a pooler on another continent makes it.
    package var connectDuration: Duration = .seconds(5)
    /// How long a statement may run before the server breaks it off. Default 5 s: every statement
    /// of the gateway touches a few rows by their keys.
    package var statementDuration: Duration = .seconds(5)
    /// How much longer the answer may take before the connection is given up. Default 1 s.
    package var answerDuration: Duration = .seconds(1)
    /// How long a connection may be idle before it is asked for a sign of life. Default 10 s.
    package var idleDuration: Duration = .seconds(10)
    /// How long the sign of life may take. Default 3 s.
    package var pingDuration: Duration = .seconds(3)

    /// The pause before the first new attempt; doubled with each attempt that fails, and shortened
    /// by up to a half at random. Default 100 ms.
    package var backoffDurationMin: Duration = .milliseconds(100)
    /// The longest pause between attempts. Default 5 s: an outage's end is noticed soon, and a
    /// server that starts is not stormed.
    package var backoffDurationMax: Duration = .seconds(5)

    /// Named statements of a connection; others are sent whole. Default 64: all of the gateway's.
    package var preparedStatementCountMax = 64
    /// Parameters of a statement. Default 32.
    package var parameterCountMax = 32
    /// Bytes of a statement with its parameters. Default 1 MiB: a migration is smaller.
    package var statementByteCountMax = 1 << 20
    /// Rows of an answer; one with more fails. Default 10 000.
    package var rowCountMax = 10_000
    /// Bytes of an answer's values; one with more fails. Default 4 MiB.
    package var resultByteCountMax = 4 << 20
    /// Bytes of a message of PostgreSQL that are kept. Default 512.
    package var messageByteCountMax = 512

    /// The defaults that stand at each bound.
    package init() {}
}
