/// Why a statement has no answer.
package enum PostgresError: Error, Equatable, Sendable {
    /// There is no connection now; nothing was sent.
    case unavailable(PostgresFailure)
    /// Every connection is busy and too many wait, or waited too long; nothing was sent.
    case overloaded
    /// PostgreSQL refused the statement, which had no effect.
    case refused(PostgresServerError)
    /// It took too long. Where the server did not break it off, whether it had an effect is
    /// unknown.
    case timedOut
    /// The connection went before the answer came: whether there was an effect is unknown.
    case lost(PostgresFailure)
    /// The answer exceeds the limits; whether there was an effect is unknown.
    case resultTooLarge
    /// A parameter cannot be sent: a text with NUL, too many, or too long. Nothing was sent.
    case invalidStatement
    /// The transaction, the connection or the pool has ended; nothing was sent.
    case closed
}

/// Why a link to PostgreSQL went, or did not come up.
package enum PostgresFailure: Error, Equatable, Sendable {
    /// It was not tried yet.
    case notConnected
    /// The host name has no address.
    case unknownHost
    /// An attempt, a sign of life or a statement took too long.
    case timedOut
    /// libpq's words, which name hosts, users and databases but never a password.
    case connection(String)
    /// It was closed on purpose.
    case closed
}

/// An error of PostgreSQL. Its detail, which can hold values of rows, is left out.
package struct PostgresServerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The five letters of the condition (PostgreSQL manual, appendix A).
    package let sqlState: String
    /// The primary message.
    package let message: String
    /// The constraint that was violated, empty where none was.
    package let constraint: String

    /// Notes what PostgreSQL said.
    ///
    /// - Parameters:
    ///   - sqlState: five letters.
    ///   - message: the primary message.
    ///   - constraint: the name of the violated constraint, or empty.
    package init(sqlState: String, message: String, constraint: String = "") {
        self.sqlState = sqlState
        self.message = message
        self.constraint = constraint
    }

    /// Condition, message and constraint in one line.
    package var description: String {
        "\(sqlState): \(message)" + (constraint.isEmpty ? "" : " (constraint \(constraint))")
    }

    /// A statement that ran longer than `statement_timeout`, or that an operator broke off.
    package static let queryCanceled = "57014"
    /// A prepared statement that the server does not know: a pooler handed out another one.
    static let invalidStatementName = "26000"
    /// Something unsupported, such as a plan whose result type has changed meanwhile.
    static let featureNotSupported = "0A000"
    /// A name of a prepared statement that is taken already: a pooler handed out another server.
    static let duplicateStatement = "42P05"
}

extension PostgresFailure: CustomStringConvertible {
    /// One line for an operator.
    package var description: String {
        switch self {
        case .notConnected: "not connected yet"
        case .unknownHost: "the host name has no address"
        case .timedOut: "no answer in time"
        case .connection(let message): message
        case .closed: "closed"
        }
    }
}

extension PostgresError: CustomStringConvertible {
    /// One line for an operator.
    package var description: String {
        switch self {
        case .unavailable(let failure): "PostgreSQL cannot be reached: \(failure)"
        case .overloaded: "every connection to PostgreSQL is busy"
        case .refused(let error): "PostgreSQL refused: \(error)"
        case .timedOut: "PostgreSQL took too long"
        case .lost(let failure): "the connection to PostgreSQL was lost: \(failure)"
        case .resultTooLarge: "the answer of PostgreSQL is too large"
        case .invalidStatement: "the statement cannot be sent"
        case .closed: "the connection to PostgreSQL has ended"
        }
    }
}
