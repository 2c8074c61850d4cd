/// The answer to a statement: rows of values in PostgreSQL's text form.
package struct PostgresRows: Sendable {
    private var storage: [UInt8] = []
    private var cells: [Range<Int>?] = []

    /// Values of each row.
    package private(set) var columnCount = 0
    /// Rows.
    package private(set) var count = 0
    /// Rows that the statement inserted, changed or deleted.
    package internal(set) var affectedCount = 0

    init() {}

    /// Bytes of all values.
    var byteCount: Int { storage.count }

    /// Begins a row of an answer.
    mutating func beginRow(columnCount: Int) {
        self.columnCount = columnCount
        count += 1
    }

    mutating func append(_ bytes: Span<UInt8>?) {
        guard let bytes else {
            cells.append(nil)
            return
        }
        let start = storage.count
        for index in bytes.indices { storage.append(bytes[index]) }
        cells.append(start..<storage.count)
    }

    /// A value's bytes in text form.
    private func cell(_ row: Int, _ column: Int) -> ArraySlice<UInt8>? {
        precondition((0..<count).contains(row) && (0..<columnCount).contains(column))
        return cells[row * columnCount + column].map { storage[$0] }
    }

    /// A value as text; nil for none.
    ///
    /// - Parameters:
    ///   - row: from 0 to below `count`.
    ///   - column: from 0 to below `columnCount`.
    /// - Returns: the text, or nil.
    package func text(_ row: Int, _ column: Int) -> String? {
        cell(row, column).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A whole number; nil for none or for anything else.
    ///
    /// - Parameters:
    ///   - row: from 0 to below `count`.
    ///   - column: from 0 to below `columnCount`.
    /// - Returns: the number, or nil.
    package func integer(_ row: Int, _ column: Int) -> Int64? {
        text(row, column).flatMap { Int64($0) }
    }

    /// A truth value; nil for none or for anything else.
    ///
    /// - Parameters:
    ///   - row: from 0 to below `count`.
    ///   - column: from 0 to below `columnCount`.
    /// - Returns: the truth value, or nil.
    package func boolean(_ row: Int, _ column: Int) -> Bool? {
        switch text(row, column) {
        case "t": true
        case "f": false
        default: nil
        }
    }

    /// A `bytea` in its hexadecimal text form (`\x…`); nil for none or for anything else.
    ///
    /// - Parameters:
    ///   - row: from 0 to below `count`.
    ///   - column: from 0 to below `columnCount`.
    /// - Returns: the bytes, or nil.
    package func bytes(_ row: Int, _ column: Int) -> [UInt8]? {
        guard let cell = cell(row, column), cell.starts(with: Array("\\x".utf8)),
            cell.count % 2 == 0
        else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(cell.count / 2 - 1)
        var digits = cell.dropFirst(2)
        while let high = digits.popFirst(), let low = digits.popFirst() {
            guard let high = Self.digit(high), let low = Self.digit(low) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
