import JSONRPC

/// Lays out compact JSON for people: two spaces per level, a line feed at the end.
enum JSONText {
    /// Indents `compact`.
    ///
    /// - Parameter compact: Valid JSON without white space between values.
    /// - Returns: The same values, one per line; short containers stay on one line.
    static func indented(_ compact: [UInt8]) -> [UInt8] {
        var layout = Layout(source: compact)
        layout.writeValue(level: 0)
        return layout.output + [UInt8(ascii: "\n")]
    }

    private struct Layout {
        let source: [UInt8]
        var position = 0
        var output: [UInt8] = []

        /// Containers that fit into so many bytes and hold no other container stay on one line.
        private static let inlineByteCountMax = 72

        init(source: [UInt8]) { self.source = source }

        mutating func writeValue(level: Int) {
            let end = Self.end(of: source, from: position)
            let opening = source[position]
            let isContainer = opening == UInt8(ascii: "{") || opening == UInt8(ascii: "[")
            guard isContainer, end - position > 2 else {
                output += source[position..<end]
                position = end
                return
            }
            let isInline =
                end - position <= Self.inlineByteCountMax
                && !source[(position + 1)..<end].contains {
                    $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[")
                }
            writeContainer(level: level, isInline: isInline)
        }

        private mutating func writeContainer(level: Int, isInline: Bool) {
            let isObject = source[position] == UInt8(ascii: "{")
            output.append(source[position])
            repeat {
                position += 1
                breakLine(level: level + 1, isInline: isInline)
                if isObject {
                    let end = Self.end(of: source, from: position)
                    output += source[position..<end]
                    output += Array(": ".utf8)
                    position = end + 1
                }
                writeValue(level: level + 1)
                if source[position] == UInt8(ascii: ",") { output.append(source[position]) }
            } while source[position] == UInt8(ascii: ",")
            if isInline, isObject {
                output.append(UInt8(ascii: " "))
            } else if !isInline {
                breakLine(level: level, isInline: false)
            }
            output.append(source[position])
            position += 1
        }

        private mutating func breakLine(level: Int, isInline: Bool) {
            if isInline {
                let isArrayStart = output.last == UInt8(ascii: "[")
                if !isArrayStart { output.append(UInt8(ascii: " ")) }
            } else {
                output.append(UInt8(ascii: "\n"))
                output += [UInt8](repeating: UInt8(ascii: " "), count: level * 2)
            }
        }

        /// The offset behind the value that starts at `start`.
        private static func end(of source: [UInt8], from start: Int) -> Int {
            var position = start
            var depth = 0
            var isInString = false
            while position < source.count {
                let byte = source[position]
                if isInString {
                    if byte == UInt8(ascii: "\\") {
                        position += 1
                    } else if byte == UInt8(ascii: "\"") {
                        isInString = false
                        if depth == 0 { return position + 1 }
                    }
                } else {
                    switch byte {
                    case UInt8(ascii: "\""): isInString = true
                    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                    case UInt8(ascii: "}"), UInt8(ascii: "]"):
                        if depth == 0 { return position }
                        depth -= 1
                        if depth == 0 { return position + 1 }
                    case UInt8(ascii: ","), UInt8(ascii: ":"):
                        if depth == 0 { return position }
                    default: break
                    }
                }
                position += 1
            }
            return position
        }
    }
}
