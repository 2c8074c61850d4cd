/// What a connection is asked to run.
enum PostgresRequest {
    /// One statement with parameters.
    case statement(String, PostgresParameters)
    /// One or several statements as they are.
    case script(String)
}

/// The statements that a server keeps under a name.
struct PreparedStatements {
    private let countMax: Int
    private var names: [String: String] = [:]
    private var lastNumber = 0

    /// Keeps at most `countMax`; with 0 nothing is prepared.
    init(countMax: Int) {
        self.countMax = countMax
    }

    func name(of statement: String) -> String? { names[statement] }

    /// A name for one more, nil where there is no room.
    mutating func newName() -> String? {
        guard names.count < countMax else { return nil }
        lastNumber += 1
        return "tradermind_\(lastNumber)"
    }

    mutating func add(_ request: PostgresRequest, name: String) {
        if case .statement(let text, _) = request { names[text] = name }
    }

    /// The connection is another one, or its server is.
    mutating func removeAll() { names.removeAll() }

    /// Whether an error says that what was prepared cannot be used any longer.
    func isStale(_ error: PostgresServerError) -> Bool {
        guard countMax > 0 else { return false }
        return [
            PostgresServerError.invalidStatementName, PostgresServerError.featureNotSupported,
            PostgresServerError.duplicateStatement,
        ].contains(error.sqlState)
    }
}
