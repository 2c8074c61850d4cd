/// What the readers of one configuration share: the environment's variables, and a note of every
/// setting that was asked for.
///
/// Confined to the thread that reads.
final class ConfigurationSource {
    /// What was asked for, in that order, each once.
    private(set) var settings: [Setting] = []
    /// The files that settings name for a secret.
    private(set) var secretPaths: [String] = []
    private var variables: [String: String]

    /// - Parameter environment: all variables; those without the prefix are left alone, and so are
    ///   those of the project's own tests.
    init(environment: [String: String]) {
        variables = environment.filter { name, _ in
            name.hasPrefix(Setting.variablePrefix)
                && !name.hasPrefix(Setting.variablePrefix + "TEST_")
        }
    }

    /// Takes the variable that overrides a setting; nil without one.
    func takeVariable(of path: String) -> String? {
        guard !path.contains("[") else { return nil }
        return variables.removeValue(forKey: Setting.variable(of: path))
    }

    /// Whether a variable sets something of a section.
    func hasVariables(below path: String) -> Bool {
        let prefix = Setting.variable(of: path) + "_"
        return variables.keys.contains { $0.hasPrefix(prefix) }
    }

    /// Notes that a setting was asked for.
    func note(_ setting: Setting) {
        guard !settings.contains(where: { $0.path == setting.path }) else { return }
        settings.append(setting)
    }

    /// Notes a file that holds a secret.
    func note(secretPath: String) {
        secretPaths.append(secretPath)
    }

    /// Refuses the variables that nothing asked for: as a misspelt key of the file, one would be a
    /// setting that silently does not hold.
    func finish() throws(ConfigurationReader.Problem) {
        guard let stranger = variables.keys.min() else { return }
        let nearest = settings.compactMap(\.variable).nearest(to: stranger)
        let hint = nearest.map { "did you mean \($0)?" } ?? "unset it"
        throw ConfigurationReader.Problem(
            description: "the variable \(stranger) is not a setting: \(hint)")
    }
}

extension [String] {
    /// The text that takes the fewest changes to become another.
    func nearest(to text: String) -> String? {
        self.min { $0.distance(to: text) < $1.distance(to: text) }
    }
}

extension String {
    /// How many letters have to be added, removed or replaced (Levenshtein).
    fileprivate func distance(to other: String) -> Int {
        let own = Array(utf8)
        var row = Array(0...own.count)
        for (line, byte) in other.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in own.indices {
                let replaced = diagonal + (own[column] == byte ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = Swift.min(replaced, row[column] + 1, diagonal + 1)
            }
        }
        return row[own.count]
    }
}
