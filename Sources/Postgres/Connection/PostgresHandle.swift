import CPostgres
import Glibc

/// What `PostgresHandle.advance` waits for.
enum PostgresConnectStep {
    case readable, writable, connected, failed
}

/// One libpq connection that never blocks. Confined to its loop.
///
/// libpq owns the socket and closes it when this goes; nothing here waits for it.
@safe final class PostgresHandle {
    // Safety: the pointer is valid from `init` to `deinit`, where it is freed once, and never
    // leaves this class; the class is not Sendable, so one loop uses it.
    private let connection: OpaquePointer

    /// Begins to connect.
    ///
    /// - Returns: nil where there is no memory.
    init?(_ parameters: [(String, String)]) {
        // Safety: libpq copies both lists of strings during the call; they are duplicates that
        // end with a null pointer and are freed right behind it, overwritten before, since one of
        // them is the password.
        let names = unsafe parameters.map { unsafe strdup($0.0) } + [nil]
        let values = unsafe parameters.map { unsafe strdup($0.1) } + [nil]
        let connection = unsafe PQconnectStartParams(
            names.map { unsafe UnsafePointer($0) }, values.map { unsafe UnsafePointer($0) }, 0)
        unsafe (names + values).forEach { text in
            guard let text = unsafe text else { return }
            unsafe explicit_bzero(text, strlen(text))
            unsafe free(text)
        }
        guard let connection = unsafe connection else { return nil }
        unsafe self.connection = connection
        // Without this, notices go to standard error.
        unsafe PQsetNoticeProcessor(connection, { _, _ in }, nil)
    }

    deinit {
        // Safety: nobody uses the pointer any longer. Sends a farewell where the socket takes it
        // and closes; the socket does not block.
        unsafe PQfinish(connection)
    }

    // Safety: in every method below libpq gets the live connection of this object, keeps no
    // pointer of its caller beyond the call, and returns memory that is copied before the next
    // call or freed where it was received.

    /// The descriptor to watch; another one may follow after each `advance`. Negative for none.
    var socket: Int32 { unsafe PQsocket(connection) }

    /// Whether the connection is dead.
    var isBad: Bool { unsafe PQstatus(connection) == CONNECTION_BAD }

    /// Whether no transaction is open.
    var isOutsideTransaction: Bool { unsafe PQtransactionStatus(connection) == PQTRANS_IDLE }

    /// Whether the link is encrypted.
    var isEncrypted: Bool { unsafe PQsslInUse(connection) != 0 }

    /// libpq's words for what went wrong, in one line and bounded.
    func message(byteCountMax: Int) -> String {
        guard let text = unsafe PQerrorMessage(connection) else { return "unknown" }
        return Self.line(unsafe String(cString: text), byteCountMax: byteCountMax)
    }

    /// Goes on connecting.
    func advance() -> PostgresConnectStep {
        switch unsafe PQconnectPoll(connection) {
        case PGRES_POLLING_READING: return .readable
        case PGRES_POLLING_WRITING: return .writable
        case PGRES_POLLING_OK:
            return unsafe PQsetnonblocking(connection, 1) == 0 ? .connected : .failed
        default: return .failed
        }
    }

    // MARK: - Out

    /// Sends one or several statements as they are.
    func send(script: String) -> Bool {
        unsafe PQsendQuery(connection, script) == 1
    }

    /// Sends a statement to prepare under a name.
    func send(preparing statement: String, name: String, types: [UInt32]) -> Bool {
        unsafe PQsendPrepare(connection, name, statement, Int32(types.count), types) == 1
    }

    /// Sends a statement with its parameters: a prepared one by its name, any other whole.
    func send(
        _ statement: String, preparedAs name: String?, _ parameters: PostgresParameters
    )
        -> Bool
    {
        let count = Int32(parameters.offsets.count)
        // Safety: the pointers lead into the block that the closure borrows, at offsets that were
        // made with it; the text values in it end with NUL.
        let isSent = unsafe parameters.storage.withUnsafeBytes { block -> Int32 in
            let values = unsafe parameters.offsets.map { offset -> UnsafePointer<CChar>? in
                unsafe offset.flatMap { offset in
                    unsafe block.baseAddress.map {
                        unsafe ($0 + offset).assumingMemoryBound(to: CChar.self)
                    }
                }
            }
            if let name {
                return unsafe PQsendQueryPrepared(
                    connection, name, count, values, parameters.lengths, parameters.formats, 0)
            }
            return unsafe PQsendQueryParams(
                connection, statement, count, parameters.types, values, parameters.lengths,
                parameters.formats, 0)
        }
        // Rows come one at a time, so that a huge answer is noticed before it fills the memory.
        guard isSent == 1 else { return false }
        return unsafe PQsetSingleRowMode(connection) == 1
    }

    /// Writes what waits.
    ///
    /// - Returns: whether everything is written, nil where the connection failed.
    func flush() -> Bool? {
        switch unsafe PQflush(connection) {
        case 0: true
        case 1: false
        default: nil
        }
    }

    // MARK: - In

    /// Reads what is there.
    ///
    /// - Returns: false where the connection failed.
    func consumeInput() -> Bool { unsafe PQconsumeInput(connection) == 1 }

    /// Whether `nextResult` would wait.
    var isBusy: Bool { unsafe PQisBusy(connection) == 1 }

    /// Takes the next result and hands it to the collector.
    ///
    /// - Returns: false at the end of the statement.
    func nextResult(into collector: inout PostgresCollector) -> Bool {
        guard let result = unsafe PQgetResult(connection) else { return false }
        defer { unsafe PQclear(result) }
        switch unsafe PQresultStatus(result) {
        case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK:
            unsafe Self.collect(result, into: &collector)
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            unsafe collector.endAnswer(affectedCount: Self.affectedCount(result))
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE, PGRES_NONFATAL_ERROR:
            unsafe collector.fail(Self.error(result, collector.limits))
        default:
            // COPY and pipelines, which nothing here begins.
            collector.isUnusable = true
            return false
        }
        return true
    }

    // Safety: `@unsafe` since a result could be gone; `nextResult` passes a live one, and clears it
    // only behind this call.
    @unsafe private static func collect(
        _ result: OpaquePointer, into collector: inout PostgresCollector
    ) {
        // Safety: `result` is alive, and rows and columns are within what it says it has; each
        // value is copied with the length that libpq tells.
        let isWhole = unsafe PQresultStatus(result) == PGRES_TUPLES_OK
        let rowCount = unsafe PQntuples(result)
        let columnCount = unsafe PQnfields(result)
        for row in 0..<rowCount {
            guard collector.beginRow(columnCount: Int(columnCount)) else { break }
            for column in 0..<columnCount {
                if unsafe PQgetisnull(result, row, column) == 1 {
                    collector.append(nil)
                } else if let value = unsafe PQgetvalue(result, row, column) {
                    let count = unsafe Int(PQgetlength(result, row, column))
                    let bytes = unsafe UnsafeRawBufferPointer(start: value, count: count)
                    collector.append(unsafe bytes.bindMemory(to: UInt8.self).span)
                }
            }
        }
        if isWhole { unsafe collector.endAnswer(affectedCount: affectedCount(result)) }
    }

    // Safety: `@unsafe` as above; libpq's text lives as long as the result and is copied here.
    @unsafe private static func affectedCount(_ result: OpaquePointer) -> Int {
        guard let text = unsafe PQcmdTuples(result) else { return 0 }
        return unsafe Int(String(cString: text)) ?? 0
    }

    // Safety: `@unsafe` as above.
    @unsafe private static func error(
        _ result: OpaquePointer, _ limits: PostgresLimits
    ) -> PostgresServerError? {
        // Safety: libpq's fields live as long as `result` and are copied here.
        func field(_ code: Int32) -> String? {
            unsafe PQresultErrorField(result, code).map {
                unsafe line(String(cString: $0), byteCountMax: limits.messageByteCountMax)
            }
        }
        // Only an error that the server sent has a condition.
        guard let sqlState = field(gw_pg_sqlstate) else { return nil }
        return PostgresServerError(
            sqlState: sqlState, message: field(gw_pg_message_primary) ?? "",
            constraint: field(gw_pg_constraint_name) ?? "")
    }

    /// A text without control characters, cut to a bound.
    private static func line(_ text: String, byteCountMax: Int) -> String {
        let bytes = text.utf8.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: " ") : $0 }
        let trimmed = bytes.prefix(byteCountMax).reversed().drop { $0 == UInt8(ascii: " ") }
        return String(decoding: trimmed.reversed(), as: UTF8.self)
    }
}
