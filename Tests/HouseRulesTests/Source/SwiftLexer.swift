/// Splits a Swift file into code, comments and the contents of string literals.
///
/// `code` has the length of the text: what is not code is replaced by spaces, line ends stay. The
/// code inside an interpolation is code; the name between backticks is not.
struct SwiftLexer {
    private enum Context {
        /// Code; inside an interpolation, with the parentheses that are open in it.
        case code(openParentheses: Int)
        /// A literal that began at `start` and ends with as many number signs as it began with.
        case literal(start: Int, numberSigns: Int, isMultiline: Bool, contentStart: Int)
    }

    private(set) var code: [UInt8]
    private(set) var comments: [SwiftText.Comment] = []
    private(set) var literals: [Int: String] = [:]
    private let bytes: [UInt8]
    private var contexts: [Context] = []
    private var offset = 0
    private var line = 1

    init(text: String) {
        bytes = Array(text.utf8)
        code = bytes
    }

    /// Reads the whole text.
    mutating func run() {
        while offset < bytes.count {
            switch contexts.last {
            case .literal(let start, let numberSigns, let isMultiline, let contentStart):
                readLiteral(
                    start: start, numberSigns: numberSigns, isMultiline: isMultiline,
                    contentStart: contentStart)
            case .code(let openParentheses):
                readInterpolation(openParentheses: openParentheses)
            case nil:
                readCode()
            }
        }
    }

    private mutating func readInterpolation(openParentheses: Int) {
        switch bytes[offset] {
        case UInt8(ascii: "("):
            contexts[contexts.count - 1] = .code(openParentheses: openParentheses + 1)
            offset += 1
        case UInt8(ascii: ")") where openParentheses == 0:
            contexts.removeLast()
            blank(1)
        case UInt8(ascii: ")"):
            contexts[contexts.count - 1] = .code(openParentheses: openParentheses - 1)
            offset += 1
        default:
            readCode()
        }
    }

    private mutating func readCode() {
        if has("//") {
            readLineComment()
        } else if has("/*") {
            readBlockComment()
        } else if bytes[offset] == UInt8(ascii: "`") {
            readQuotedName()
        } else if let numberSigns = numberSignsBeforeQuote() {
            beginLiteral(numberSigns: numberSigns)
        } else {
            advance()
        }
    }

    private mutating func readLineComment() {
        let start = offset
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { blank(1) }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        comments.append(
            SwiftText.Comment(
                line: line, text: String(text.drop { $0 == "/" }).trimmingBlanks(), isBlock: false))
    }

    private mutating func readBlockComment() {
        let start = offset
        let firstLine = line
        var depth = 0
        repeat {
            if has("/*") {
                depth += 1
                blank(2)
            } else if has("*/") {
                depth -= 1
                blank(2)
            } else {
                blank(1)
            }
        } while depth > 0 && offset < bytes.count
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        comments.append(SwiftText.Comment(line: firstLine, text: text, isBlock: true))
    }

    private mutating func readQuotedName() {
        advance()
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "`"),
            bytes[offset] != UInt8(ascii: "\n")
        { blank(1) }
        if offset < bytes.count { advance() }
    }

    private mutating func beginLiteral(numberSigns: Int) {
        let start = offset
        blank(numberSigns)
        let isMultiline = has("\"\"\"")
        // One quote stays in the code, so that a rule sees that a literal is here.
        offset += 1
        if isMultiline { blank(2) }
        contexts.append(
            .literal(
                start: start + numberSigns, numberSigns: numberSigns, isMultiline: isMultiline,
                contentStart: offset))
    }

    private mutating func readLiteral(
        start: Int, numberSigns: Int, isMultiline: Bool, contentStart: Int
    ) {
        let signs = String(repeating: "#", count: numberSigns)
        let end = (isMultiline ? "\"\"\"" : "\"") + signs
        if has("\\" + signs + "(") {
            blank(numberSigns + 2)
            contexts.append(.code(openParentheses: 0))
        } else if has("\\" + signs) {
            blank(numberSigns + 2)
        } else if has(end) || (!isMultiline && bytes[offset] == UInt8(ascii: "\n")) {
            literals[start] = String(decoding: bytes[contentStart..<offset], as: UTF8.self)
            contexts.removeLast()
            if bytes[offset] == UInt8(ascii: "\n") {
                advance()
            } else {
                blank(end.utf8.count)
            }
        } else {
            blank(1)
        }
    }

    private func numberSignsBeforeQuote() -> Int? {
        var end = offset
        while end < bytes.count, bytes[end] == UInt8(ascii: "#") { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "\"") else { return nil }
        return end - offset
    }

    private func has(_ text: String) -> Bool {
        let expected = text.utf8
        return offset + expected.count <= bytes.count
            && bytes[offset..<(offset + expected.count)].elementsEqual(expected)
    }

    private mutating func advance() {
        if bytes[offset] == UInt8(ascii: "\n") { line += 1 }
        offset += 1
    }

    private mutating func blank(_ count: Int) {
        for _ in 0..<count where offset < bytes.count {
            if bytes[offset] != UInt8(ascii: "\n") { code[offset] = UInt8(ascii: " ") }
            advance()
        }
    }
}
