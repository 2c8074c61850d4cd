/// A Swift file with its comments and the contents of its string literals set apart, so that a rule
/// about code cannot be fooled by text.
///
/// A lexer of our own rather than a parser: the rules need words, braces and comments only. Bare
/// regular expression literals (`/…/`) are not known to it; the project has none.
struct SwiftText: Sendable {
    /// A comment: `text` is without its slashes, `line` counts from 1.
    struct Comment: Sendable {
        let line: Int
        let text: String
        let isBlock: Bool
    }

    /// A word, or one byte of anything else that is neither blank nor part of a comment or a
    /// literal's contents. The quotes of a literal are tokens.
    struct Token: Sendable {
        let text: String
        let offset: Int
        let line: Int
    }

    let path: String
    let lines: [String]
    private(set) var comments: [Comment] = []
    private(set) var tokens: [Token] = []
    /// The contents of each string literal, as written, by the offset of its first quote.
    private(set) var literals: [Int: String] = [:]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var lexer = SwiftLexer(text: text)
        lexer.run()
        comments = lexer.comments
        literals = lexer.literals
        tokens = Self.tokens(of: lexer.code)
    }

    /// The text of a line, counted from 1, without the blanks around it; empty outside the file.
    func trimmedLine(_ line: Int) -> String {
        guard lines.indices.contains(line - 1) else { return "" }
        return lines[line - 1].trimmingBlanks()
    }

    /// The places in `tokens` where these texts stand one behind the other.
    func occurrences(of texts: String...) -> [Int] {
        guard tokens.count >= texts.count else { return [] }
        return (0...(tokens.count - texts.count)).filter { start in
            texts.indices.allSatisfy { tokens[start + $0].text == texts[$0] }
        }
    }

    /// The text of the token at a place in `tokens`; empty outside them.
    func token(_ index: Int) -> String {
        tokens.indices.contains(index) ? tokens[index].text : ""
    }

    private static func tokens(of code: [UInt8]) -> [Token] {
        var tokens: [Token] = []
        var line = 1
        var offset = 0
        while offset < code.count {
            let byte = code[offset]
            if isWordByte(byte) {
                var end = offset + 1
                while end < code.count, isWordByte(code[end]) { end += 1 }
                let text = String(decoding: code[offset..<end], as: UTF8.self)
                tokens.append(Token(text: text, offset: offset, line: line))
                offset = end
                continue
            }
            if byte == UInt8(ascii: "\n") {
                line += 1
            } else if byte != UInt8(ascii: " "), byte != UInt8(ascii: "\t") {
                let text = String(decoding: CollectionOfOne(byte), as: UTF8.self)
                tokens.append(Token(text: text, offset: offset, line: line))
            }
            offset += 1
        }
        return tokens
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default:
            false
        }
    }
}

extension StringProtocol {
    /// The text without spaces and tabs at its ends.
    func trimmingBlanks() -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = firstIndex(where: { !isBlank($0) }),
            let last = lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(self[first...last])
    }

    /// How many words, separated by blanks and line ends, the text has.
    var wordCount: Int {
        split { $0 == " " || $0 == "\n" || $0 == "\t" }.count
    }
}
