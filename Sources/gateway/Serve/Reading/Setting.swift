/// A setting of `gateway serve`, as the code that reads it says: `Protocol/configuration.md` is
/// made from these.
struct Setting {
    /// Where it stands, `limits.close_seconds`; elements of lists as `tokens.issuers[].kind`.
    let path: String
    /// What it takes, in words.
    let takes: String
    /// What holds where it is left out.
    let standard: String
    /// What it is for, and why the default is what it is.
    let purpose: String

    /// What stands for a default where a file without the setting is refused.
    static let required = "required"
    /// What stands for a default where there is none.
    static let none = "–"

    /// Its row in the reference.
    var row: String { "| `\(path)` | \(takes) | \(standard) | \(purpose) |" }

    /// The variable that overrides it; nil in lists of objects, which only the file can hold.
    var variable: String? { path.contains("[") ? nil : Self.variable(of: path) }

    /// The variable of a path: `TRADERMIND_LIMITS_CLOSE_SECONDS`.
    static func variable(of path: String) -> String {
        variablePrefix + path.replacing(".", with: "_").uppercased()
    }

    /// What a setting's variable begins with.
    static let variablePrefix = "TRADERMIND_"
}
