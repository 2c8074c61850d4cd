import COpenSSL

/// What OpenSSL refused, with every entry of its error queue.
package struct TLSError: Error, Equatable, CustomStringConvertible {
    /// What was attempted.
    package let operation: StaticString
    /// OpenSSL's entries, the deepest cause first; empty where it gave none.
    package let causes: [String]

    init(operation: StaticString, causes: [String]) {
        self.operation = operation
        self.causes = causes
    }

    /// Takes the error queue of this thread, which it leaves empty.
    static func taking(_ operation: StaticString) -> TLSError {
        var causes: [String] = []
        while true {
            let code = ERR_get_error()
            guard code != 0 else { break }
            var text = [CChar](repeating: 0, count: 256)
            // Safety: ERR_error_string_n writes at most the count that is passed, with its NUL.
            unsafe ERR_error_string_n(code, &text, text.count)
            let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            causes.append(String(decoding: bytes, as: UTF8.self))
        }
        return TLSError(operation: operation, causes: causes)
    }

    package static func == (left: TLSError, right: TLSError) -> Bool {
        left.operation.description == right.operation.description && left.causes == right.causes
    }

    /// The operation and its causes; holds no data of a peer beside alert names.
    package var description: String {
        causes.isEmpty ? "\(operation)" : "\(operation): \(causes.joined(separator: "; "))"
    }
}
