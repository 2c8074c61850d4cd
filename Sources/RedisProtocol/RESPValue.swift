/// A reply of Redis to a command (RESP2).
package enum RESPValue: Equatable, Sendable {
    /// `+OK`: a short text without line breaks.
    case simpleString(String)
    /// `-ERR …`: Redis refused the command, or an element of a transaction failed.
    case error(RedisReplyError)
    /// `:42`
    case integer(Int64)
    /// `$5`: any bytes.
    case bulk([UInt8])
    /// `*2`: replies in order.
    case array([RESPValue])
    /// `$-1` or `*-1`: no value.
    case null

    /// The bytes of a bulk or of a simple string, nil for everything else.
    package var bytes: [UInt8]? {
        switch self {
        case .bulk(let bytes): bytes
        case .simpleString(let text): Array(text.utf8)
        default: nil
        }
    }

    /// The text of a bulk that is UTF-8, or of a simple string; nil for everything else.
    package var text: String? {
        switch self {
        case .bulk(let bytes): String(validating: bytes, as: UTF8.self)
        case .simpleString(let text): text
        default: nil
        }
    }

    /// The number of an integer reply, nil for everything else.
    package var integer: Int64? {
        if case .integer(let number) = self { return number }
        return nil
    }

    /// The elements of an array, nil for everything else.
    package var elements: [RESPValue]? {
        if case .array(let elements) = self { return elements }
        return nil
    }
}

/// An error reply: a code by which programs tell errors apart, and a text for people.
package struct RedisReplyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The first word, by custom in capitals: `ERR`, `WRONGTYPE`, `NOAUTH`, `LOADING`, …
    package let code: String
    /// What follows the first word. It may quote arguments of the command, so it is not for logs
    /// without thought.
    package let message: String

    /// Takes the line of an error reply apart (without its `-`).
    package init(line: String) {
        let space = line.firstIndex(of: " ") ?? line.endIndex
        code = String(line[..<space])
        message = String(line[space...].dropFirst())
    }

    /// The code alone, safe to log.
    package var description: String {
        "Redis refused with \(code)"
    }
}
