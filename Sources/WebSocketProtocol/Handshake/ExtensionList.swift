/// One extension of a Sec-WebSocket-Extensions field with its parameters (RFC 6455 §9.1).
struct ExtensionEntry: Equatable {
    /// A parameter, with a value where it has one; quotes are removed from it.
    struct Parameter: Equatable {
        var name: String
        var value: String?
    }

    var name: String
    var parameters: [Parameter] = []
}

/// Parses the grammar of Sec-WebSocket-Extensions (RFC 6455 §9.1).
struct ExtensionListParser {
    /// The field does not have the form of the grammar, which fails the handshake (§9.1).
    struct Malformed: Error {}

    private var rest: ArraySlice<UInt8>

    /// Parses the extensions of all field lines, in order.
    ///
    /// - Parameter values: the values of every field line.
    /// - Returns: the extensions; the first is the one that the peer likes best.
    /// - Throws: ``Malformed``
    static func parse(_ values: [ArraySlice<UInt8>]) throws(Malformed) -> [ExtensionEntry] {
        var entries: [ExtensionEntry] = []
        for value in values {
            var parser = ExtensionListParser(rest: value)
            try parser.parseList(into: &entries)
        }
        return entries
    }

    private mutating func parseList(into entries: inout [ExtensionEntry]) throws(Malformed) {
        repeat {
            // RFC 9110 §5.6.1: a list may have empty members, which mean nothing.
            skipBlanks()
            if rest.isEmpty || rest.first == UInt8(ascii: ",") { continue }
            var entry = ExtensionEntry(name: try takeToken())
            while takeSeparator(";") { entry.parameters.append(try takeParameter()) }
            entries.append(entry)
        } while takeSeparator(",")
        guard rest.isEmpty else { throw Malformed() }
    }

    private mutating func takeParameter() throws(Malformed) -> ExtensionEntry.Parameter {
        skipBlanks()
        let name = try takeToken()
        guard takeSeparator("=") else { return .init(name: name) }
        skipBlanks()
        return .init(
            name: name,
            value: rest.first == UInt8(ascii: "\"") ? try takeQuoted() : try takeToken())
    }

    private mutating func takeToken() throws(Malformed) -> String {
        let token = rest.prefix(while: HTTPSyntax.isTokenCharacter)
        guard !token.isEmpty else { throw Malformed() }
        rest = rest.dropFirst(token.count)
        return String(decoding: token, as: UTF8.self)
    }

    /// A quoted string, whose content must be a token after its escapes are undone (§9.1).
    private mutating func takeQuoted() throws(Malformed) -> String {
        rest = rest.dropFirst()
        var content: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                guard HTTPSyntax.isToken(content) else { throw Malformed() }
                return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { throw Malformed() }
                content.append(escaped)
            default:
                content.append(byte)
            }
        }
        throw Malformed()
    }

    private mutating func takeSeparator(_ separator: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard rest.first == UInt8(ascii: separator) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private mutating func skipBlanks() {
        rest = rest.drop { $0 == HTTPSyntax.space || $0 == HTTPSyntax.tab }
    }
}
