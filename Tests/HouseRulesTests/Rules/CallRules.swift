/// Calls that the project does without.
enum CallRules {
    /// A trap tells whoever reads the crash what was violated.
    static let traps = ["fatalError", "preconditionFailure", "assertionFailure"]
    /// A trap's message is a sentence, not a word.
    static let sentenceWordCountMin = 3
    /// Functions that make a test wait for time instead of an event.
    static let sleeps = ["sleep", "usleep", "nanosleep", "clock_nanosleep"]

    static func findings(in source: SwiftText, target: Manifest.Kind?) -> [Finding] {
        var findings = forceTries(in: source) + silentTraps(in: source)
        switch target {
        case .library: findings += prints(in: source)
        case .tests: findings += waits(in: source)
        case .program, .cLibrary, nil: break
        }
        return findings
    }

    private static func forceTries(in source: SwiftText) -> [Finding] {
        source.occurrences(of: "try", "!").filter {
            // In `try !f()` the mark belongs to the result.
            source.tokens[$0 + 1].offset == source.tokens[$0].offset + "try".utf8.count
        }.map {
            finding(at: $0, in: source, "try! traps on an error")
        }
    }

    private static func silentTraps(in source: SwiftText) -> [Finding] {
        source.tokens.indices.compactMap { index in
            guard traps.contains(source.token(index)), source.token(index + 1) == "(" else {
                return nil
            }
            let isLiteral = source.token(index + 2) == "\""
            let sentence = isLiteral ? source.literals[source.tokens[index + 2].offset] ?? "" : ""
            guard sentence.wordCount < sentenceWordCountMin else { return nil }
            return finding(at: index, in: source, "\(source.token(index)) without a sentence")
        }
    }

    private static func prints(in source: SwiftText) -> [Finding] {
        source.tokens.indices.compactMap { index in
            let isCall =
                ["print", "debugPrint", "dump"].contains(source.token(index))
                && source.token(index + 1) == "("
                && ![".", "func"].contains(source.token(index - 1))
            return isCall ? finding(at: index, in: source, "print in a library: use the log") : nil
        }
    }

    private static func waits(in source: SwiftText) -> [Finding] {
        source.tokens.indices.compactMap { index in
            let isCall =
                sleeps.contains(source.token(index)) && source.token(index + 1) == "("
                && source.token(index - 1) != "func"
            return isCall
                ? finding(
                    at: index, in: source, "\(source.token(index)) in a test: await the event")
                : nil
        }
    }

    private static func finding(at index: Int, in source: SwiftText, _ message: String) -> Finding {
        Finding(path: source.path, line: source.tokens[index].line, message: message)
    }
}
