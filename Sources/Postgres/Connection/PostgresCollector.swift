/// Gathers the answer to one statement within the limits.
struct PostgresCollector {
    let limits: PostgresLimits
    private(set) var rows = PostgresRows()
    private(set) var error: PostgresServerError?
    /// Whether the connection failed without a word of the server.
    private(set) var isBroken = false
    /// Whether the answer exceeds the limits.
    private(set) var isTooLarge = false
    /// Whether the connection is in a mode that nothing here knows.
    var isUnusable = false
    private var isAnswerComplete = false

    init(limits: PostgresLimits) {
        self.limits = limits
    }

    /// Begins a row.
    ///
    /// - Returns: false where the answer is too large already.
    mutating func beginRow(columnCount: Int) -> Bool {
        // A script has several answers, of which the last one is kept.
        if isAnswerComplete {
            rows = PostgresRows()
            isAnswerComplete = false
        }
        guard rows.count < limits.rowCountMax, rows.byteCount <= limits.resultByteCountMax else {
            isTooLarge = true
            return false
        }
        rows.beginRow(columnCount: columnCount)
        return true
    }

    mutating func append(_ bytes: Span<UInt8>?) {
        if let bytes, rows.byteCount + bytes.count > limits.resultByteCountMax {
            isTooLarge = true
            rows.append(nil)
        } else {
            rows.append(bytes)
        }
    }

    mutating func endAnswer(affectedCount: Int) {
        if isAnswerComplete { rows = PostgresRows() }
        rows.affectedCount = affectedCount
        isAnswerComplete = true
    }

    mutating func fail(_ error: PostgresServerError?) {
        // The first one says why; a second one tells that the connection ends.
        if self.error == nil { self.error = error }
        if error == nil { isBroken = true }
    }
}
