/// A type, extension, function or computed property with a body.
struct Declaration: Sendable {
    enum Kind: Sendable {
        case type
        /// Also initialisers, subscripts and computed properties.
        case function
    }

    let kind: Kind
    let name: String
    /// The line of the keyword, counted from 1.
    let line: Int
    /// The line of the brace that ends the body.
    let lastLine: Int

    /// How many lines it takes, signature included.
    var lineCount: Int { lastLine - line + 1 }
}

extension SwiftText {
    /// Every declaration with a body, outer ones before those inside them.
    func declarations() -> [Declaration] {
        struct Open {
            let kind: Declaration.Kind
            let name: String
            let line: Int
            let order: Int
        }
        var opening: [Int: Open] = [:]
        var stack: [Open?] = []
        var found: [(order: Int, declaration: Declaration)] = []
        for index in tokens.indices {
            let token = tokens[index]
            if let kind = declarationKind(at: index), let brace = bodyStart(from: index) {
                let name = kind == .function && token.text != "func" ? token.text : nameAfter(index)
                opening[brace] = Open(kind: kind, name: name, line: token.line, order: index)
            }
            if token.text == "{" {
                stack.append(opening[index])
            } else if token.text == "}", let last = stack.popLast(), let open = last {
                let declaration = Declaration(
                    kind: open.kind, name: open.name, line: open.line, lastLine: token.line)
                found.append((open.order, declaration))
            }
        }
        return found.sorted { $0.order < $1.order }.map(\.declaration)
    }

    /// The comments directly above a line, with attributes between them, and those on the line.
    func commentsAbove(_ line: Int) -> [Comment] {
        var first = line
        while trimmedLine(first - 1).hasPrefix("//") || trimmedLine(first - 1).hasPrefix("@") {
            first -= 1
        }
        return comments.filter { (first...line).contains($0.line) }
    }

    private func nameAfter(_ index: Int) -> String {
        token(index + 1) == "`" ? trimmedLine(tokens[index].line) : token(index + 1)
    }

    private func declarationKind(at index: Int) -> Declaration.Kind? {
        let next = token(index + 1)
        guard token(index - 1) != "." else { return nil }
        switch token(index) {
        case "func", "var", "deinit":
            return .function
        case "init":
            return ["(", "?", "!", "<"].contains(next) ? .function : nil
        case "subscript":
            return ["(", "<"].contains(next) ? .function : nil
        case "struct", "enum", "extension", "protocol":
            return .type
        case "class", "actor":
            return next.first?.isUppercase == true ? .type : nil
        default:
            return nil
        }
    }

    /// The place of the brace that opens the body of the declaration at `index`, or nil when it has
    /// none: a protocol's requirement, or a stored property.
    private func bodyStart(from index: Int) -> Int? {
        var depth = 0
        var place = index + 1
        while place < tokens.count {
            let text = tokens[place].text
            if depth == 0 {
                let isNewLine = tokens[place].line != tokens[place - 1].line
                if isNewLine, !continuesSignature(at: place) { return nil }
                if text == "{" { return place }
                if text == "}" || text == ";" { return nil }
                if text == "=", token(index) == "var" { return nil }
            }
            if text == "(" || text == "[" { depth += 1 }
            if text == ")" || text == "]" { depth -= 1 }
            if depth < 0 { return nil }
            place += 1
        }
        return nil
    }

    private func continuesSignature(at place: Int) -> Bool {
        let starts = ["{", "-", "throws", "rethrows", "async", "where", "&", ",", ":", ")", "]"]
        let ends = [",", ":", "&", "(", "[", "where"]
        let followsArrow = token(place - 1) == ">" && token(place - 2) == "-"
        return starts.contains(token(place)) || ends.contains(token(place - 1)) || followsArrow
    }
}
