/// The `id` of a request, kept beyond the life of its text to be echoed byte for byte.
///
/// A plain integer is kept without memory of its own.
package struct RPCIdentifier: Sendable, Hashable {
    private enum Storage: Sendable, Hashable {
        case null
        case integer(Int64)
        /// A string with its quotes, or an integer with an unusual spelling (`-0`, 30 digits).
        case text([UInt8])
    }

    private let storage: Storage

    /// The identifier of an answer to a message whose `id` could not be read.
    package static let null = RPCIdentifier(storage: .null)

    /// The identifier that a client gives its own request.
    package init(_ number: Int64) { storage = .integer(number) }

    /// Copies the identifier of a message.
    ///
    /// - Parameter value: A string, integer or `null`, as ``RPCMessage/id`` gives it.
    package init(_ value: JSONValue) {
        if value.isNull {
            storage = .null
        } else if let number = value.int64, number != 0 || value.byteRange.count == 1 {
            storage = .integer(number)
        } else {
            // Safety: copied inside the closure.
            storage = .text(unsafe value.rawBytes.withUnsafeBytes { unsafe [UInt8]($0) })
        }
    }

    private init(storage: Storage) { self.storage = storage }

    /// The number of an identifier that is an integer, by which a client finds its request.
    package var number: Int64? {
        if case .integer(let number) = storage { number } else { nil }
    }

    /// Writes the identifier as it came.
    package func write(to writer: inout JSONWriter) {
        switch storage {
        case .null: writer.null()
        case .integer(let number): writer.integer(number)
        case .text(let bytes): writer.raw(bytes)
        }
    }
}
