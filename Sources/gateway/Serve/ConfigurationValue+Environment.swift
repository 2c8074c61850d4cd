import Foundation

extension ConfigurationValue {
    /// What a setting's variable begins with.
    static let environmentPrefix = "TRADERMIND_"

    /// The settings with those that the environment names put over them: `TRADERMIND_REDIS_URL`
    /// is `redis.url`, `TRADERMIND_NODE_NAME` is `node_name`. A variable that names no setting is
    /// an error, as an unknown key of the file is.
    ///
    /// - Parameter environment: all variables; those without the prefix are left alone, and so
    ///   are those of the project's own tests.
    /// - Returns: the settings that hold.
    func overridden(by environment: [String: String]) -> ConfigurationValue {
        guard case .object(var members) = self else { return self }
        let sections = [
            "public", "internal", "redis", "tls", "tokens", "limits", "compression", "deriv",
        ]
        for (name, text) in environment.sorted(by: { $0.key < $1.key }) {
            guard name.hasPrefix(Self.environmentPrefix),
                !name.hasPrefix(Self.environmentPrefix + "TEST_")
            else { continue }
            let key = name.dropFirst(Self.environmentPrefix.count).lowercased()
            let section = sections.first { key.hasPrefix($0 + "_") }
            guard let section else {
                members[key] = .variable(text)
                continue
            }
            var inner: [String: ConfigurationValue] = [:]
            if case .object(let own)? = members[section] { inner = own }
            let rest = String(key.dropFirst(section.count + 1))
            inner[rest] = .variable(text)
            members[section] = .object(inner)
        }
        return .object(members)
    }
}
