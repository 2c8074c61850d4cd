/// A script stops at its first failure; one that goes on past it checks nothing.
enum ScriptRules {
    static let firstLine = "#!/usr/bin/env bash"
    static let strictMode = "set -euo pipefail"

    /// Whether this path is a script that somebody runs.
    static func isScript(_ path: String) -> Bool {
        path.hasPrefix(".ci/")
            || (path.hasPrefix("Scripts/") && !path.dropFirst("Scripts/".count).contains("/")
                && !path.contains("."))
    }

    static func findings(in path: String, text: String, isExecutable: Bool) -> [Finding] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var messages: [String] = []
        if lines.first != firstLine { messages.append("does not begin with \(firstLine)") }
        if !lines.contains(strictMode) { messages.append("has no line \(strictMode)") }
        if !isExecutable { messages.append("is not executable") }
        return messages.map { Finding(path: path, line: 0, message: $0) }
    }
}
