/// A parameter of a statement.
package enum PostgresValue: Sendable, Equatable {
    /// No value.
    case null
    /// Text in UTF-8 without NUL; PostgreSQL takes it for the type that stands at its place.
    case text(String)
    /// A `bigint`.
    case integer(Int64)
    /// A `boolean`.
    case boolean(Bool)
    /// A `bytea`.
    case bytes([UInt8])
    /// A `uuid`, by its 36 characters.
    case uuid(String)

    /// The type's number in `pg_type`; 0 leaves it to the place.
    var typeID: UInt32 {
        switch self {
        case .null, .text: 0
        case .integer: 20
        case .boolean: 16
        case .bytes: 17
        case .uuid: 2950
        }
    }

    /// Whether it is sent in PostgreSQL's binary form.
    var isBinary: Bool {
        if case .bytes = self { true } else { false }
    }

    /// What is sent, without a NUL at the end; nil for no value.
    var encoded: [UInt8]? {
        switch self {
        case .null: nil
        case .text(let text), .uuid(let text): Array(text.utf8)
        case .integer(let number): Array(String(number).utf8)
        case .boolean(let flag): [UInt8(ascii: flag ? "t" : "f")]
        case .bytes(let bytes): bytes
        }
    }
}

/// The parameters of a statement as libpq wants them: one block, with a NUL behind each value.
struct PostgresParameters {
    private(set) var storage: [UInt8] = []
    /// Where each value begins in the storage; nil for no value.
    private(set) var offsets: [Int?] = []
    private(set) var lengths: [Int32] = []
    private(set) var formats: [Int32] = []
    private(set) var types: [UInt32] = []

    /// Encodes values.
    ///
    /// - Throws: `PostgresError.invalidStatement` for a text with NUL, or beyond the limits.
    init(_ values: [PostgresValue], limits: PostgresLimits) throws(PostgresError) {
        guard values.count <= limits.parameterCountMax else { throw .invalidStatement }
        for value in values {
            types.append(value.typeID)
            formats.append(value.isBinary ? 1 : 0)
            guard let bytes = value.encoded else {
                offsets.append(nil)
                lengths.append(0)
                continue
            }
            guard value.isBinary || !bytes.contains(0),
                bytes.count + storage.count < limits.statementByteCountMax
            else { throw .invalidStatement }
            offsets.append(storage.count)
            lengths.append(Int32(clamping: bytes.count))
            storage.append(contentsOf: bytes)
            storage.append(0)
        }
    }
}
