/// A transaction under way: statements that happen together or not at all. Valid while the body
/// that got it runs; confined to its loop.
package final class PostgresTransaction {
    private let connection: PostgresConnection
    private let limits: PostgresLimits
    private let session: Int
    /// Whether the body still runs.
    var isOpen = true

    init(_ connection: PostgresConnection, limits: PostgresLimits) {
        self.connection = connection
        self.limits = limits
        session = connection.session
    }

    /// Runs one statement.
    ///
    /// - Parameters:
    ///   - statement: the text, with `$1`, `$2`, … for the parameters.
    ///   - parameters: the values, in order.
    /// - Returns: the answer.
    /// - Throws: `PostgresError`. After `refused` the transaction takes no further statement.
    @discardableResult
    package func query(
        _ statement: StaticString, _ parameters: PostgresValue...
    ) async throws(PostgresError) -> PostgresRows {
        try await perform(
            .statement(
                statement.description, try PostgresParameters(parameters, limits: limits)))
    }

    /// Runs one or several statements as they are, without parameters.
    ///
    /// - Parameter script: SQL of the operator or of this program.
    /// - Returns: the answer to the last statement.
    /// - Throws: `PostgresError`.
    @discardableResult
    package func run(script: String) async throws(PostgresError) -> PostgresRows {
        try await perform(try PostgresPool.request(script: script, limits: limits))
    }

    private func perform(_ request: PostgresRequest) async throws(PostgresError) -> PostgresRows {
        guard isOpen else { throw .closed }
        // After a loss the same connection may be up again, with another session.
        guard connection.session == session else { throw .lost(connection.failure) }
        return try await connection.perform(request)
    }
}
