/// The header fields of one HTTP message, in the order in which they came (RFC 9110 §5).
package struct HTTPFields: Sendable {
    /// Where one field lies in the head.
    private struct Field {
        /// Of the name without case, so that most lookups compare numbers.
        var hash: UInt32
        var name: Range<Int>
        var value: Range<Int>
    }

    /// The head's own bytes; names and values are ranges of it.
    private let bytes: [UInt8]
    private var fields: [Field] = []

    /// Parses the lines of a head behind its start line.
    ///
    /// - Parameters:
    ///   - bytes: a whole head, ended by an empty line, that the scanner let pass.
    ///   - start: where the first field line begins.
    /// - Throws: ``HTTPHeadError``
    init(parsing bytes: [UInt8], from start: Int) throws(HTTPHeadError) {
        self.bytes = bytes
        var lineStart = start
        while lineStart < bytes.count,
            let lineEnd = bytes[lineStart...].firstIndex(of: HTTPSyntax.carriageReturn),
            lineEnd > lineStart
        {
            fields.append(try Self.field(in: bytes[lineStart..<lineEnd]))
            lineStart = lineEnd + 2
        }
    }

    /// Parses one field line (RFC 9112 §5).
    private static func field(in line: ArraySlice<UInt8>) throws(HTTPHeadError) -> Field {
        if line.first == HTTPSyntax.space || line.first == HTTPSyntax.tab {
            throw .obsoleteLineFolding
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
            HTTPSyntax.isToken(line[..<colon])
        else { throw .malformedField }
        let value = HTTPSyntax.trimmed(line[(colon + 1)...])
        return Field(
            hash: Self.hash(line[..<colon]), name: line.startIndex..<colon,
            value: value.startIndex..<value.endIndex)
    }

    /// How many field lines there are.
    package var count: Int { fields.count }

    /// The raw values of every field line of a name, in order; names are compared without case.
    package func rawValues(of name: String) -> [ArraySlice<UInt8>] {
        var values: [ArraySlice<UInt8>] = []
        forEach(name) { values.append(bytes[$0.value]) }
        return values
    }

    /// Calls `body` with every field of a name.
    private func forEach(_ name: String, _ body: (Field) -> Void) {
        let hash = Self.hash(name.utf8)
        for field in fields where field.hash == hash {
            guard HTTPSyntax.isEqualIgnoringCase(bytes[field.name], name.utf8) else { continue }
            body(field)
        }
    }

    /// FNV-1a of a name without case.
    private static func hash(_ name: some Sequence<UInt8>) -> UInt32 {
        name.reduce(0x811C_9DC5) { ($0 ^ UInt32(HTTPSyntax.lowercased($1))) &* 0x0100_0193 }
    }

    /// The values of every field line of a name, in order.
    package func values(of name: String) -> [String] {
        rawValues(of: name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The value of a name's first field line; nil if there is none.
    package func value(of name: String) -> String? {
        rawValues(of: name).first.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The members of a comma-separated list that may be spread over field lines
    /// (RFC 9110 §5.6.1); empty members are left out.
    package func tokens(of name: String) -> [String] {
        rawValues(of: name)
            .flatMap { $0.split(separator: UInt8(ascii: ",")) }
            .map(HTTPSyntax.trimmed)
            .filter { !$0.isEmpty }
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether a comma-separated list has a member, compared without case.
    package func hasToken(_ token: String, in name: String) -> Bool {
        tokens(of: name).contains { HTTPSyntax.isEqualIgnoringCase($0.utf8, token.utf8) }
    }

    /// Refuses fields that stand more than once though only one value makes sense.
    func requireSingle(_ names: [String]) throws(HTTPHeadError) {
        for name in names {
            var count = 0
            forEach(name) { _ in count += 1 }
            if count > 1 { throw .duplicateField(name: name) }
        }
    }

    /// The checked Content-Length (RFC 9110 §8.6); nil without one.
    func contentLength() throws(HTTPHeadError) -> Int? {
        guard let value = rawValues(of: "Content-Length").first else { return nil }
        let isDecimal = value.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
        guard isDecimal, !value.isEmpty, let length = Int(String(decoding: value, as: UTF8.self))
        else { throw .malformedContentLength }
        return length
    }
}
