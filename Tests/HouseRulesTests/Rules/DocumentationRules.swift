/// What crosses a target is documented. swift-format checks `public` only, this also `package`.
enum DocumentationRules {
    static let introducers: Set = [
        "func", "init", "subscript", "var", "let", "struct", "class", "enum", "actor", "protocol",
        "typealias",
    ]
    /// Requirements of the standard library's protocols, documented there.
    static let inherited: Set = [
        "description", "debugDescription", "customMirror", "hash", "encode", "rawValue",
        "errorDescription", "=",
        "<",
    ]

    /// The names that protocols of the project require: documented there, not at each witness.
    static func requirements(in sources: [SwiftText]) -> Set<String> {
        Set(
            sources.flatMap { source in
                let protocols = source.declarations().filter {
                    source.trimmedLine($0.line).split(separator: " ").contains("protocol")
                }
                return source.tokens.indices.compactMap { index -> String? in
                    let line = source.tokens[index].line
                    let isIntroducer = ["func", "var"].contains(source.token(index))
                    let isInside = protocols.contains { $0.line < line && line < $0.lastLine }
                    return isIntroducer && isInside ? source.token(index + 1) : nil
                }
            })
    }

    static func findings(in source: SwiftText, requirements: Set<String>) -> [Finding] {
        source.tokens.indices.compactMap { index in
            guard ["package", "public"].contains(source.token(index)),
                let introducer = introducer(after: index, in: source)
            else { return nil }
            let name = source.token(introducer + 1)
            guard !inherited.contains(name), !requirements.contains(name),
                !isDocumented(index, in: source)
            else { return nil }
            let shown = source.token(introducer) == "init" ? "init" : name
            return Finding(
                path: source.path, line: source.tokens[index].line,
                message: "\(shown) has no documentation comment")
        }
    }

    /// The keyword that the access level belongs to: modifiers may stand between them.
    private static func introducer(after index: Int, in source: SwiftText) -> Int? {
        let modifiers: Set = [
            "static", "final", "mutating", "consuming", "borrowing", "nonisolated", "convenience",
            "override", "lazy", "indirect", "weak", "unowned", "isolated", "nonmutating",
            "required",
        ]
        var place = index + 1
        while true {
            let text = source.token(place)
            if text == "(" {
                // `private(set)`, `nonisolated(unsafe)`.
                place += 3
            } else if modifiers.contains(text) || text == "private" || text == "internal" {
                place += 1
            } else if text == "class", source.token(place + 1) == "func" {
                place += 1
            } else {
                return introducers.contains(text) ? place : nil
            }
        }
    }

    private static func isDocumented(_ index: Int, in source: SwiftText) -> Bool {
        var line = source.tokens[index].line
        while source.trimmedLine(line - 1).hasPrefix("@")
            || (source.trimmedLine(line - 1).hasPrefix("//")
                && !source.trimmedLine(line - 1).hasPrefix("///"))
        { line -= 1 }
        return source.trimmedLine(line - 1).hasPrefix("///")
    }
}
