/// What the tree has to hold, and what it may not.
enum LayoutRules {
    /// Modules that are tested from the tests of another one, each with its reason.
    static let testedElsewhere = [
        // A client is tested against the server it is for.
        "GatewayClient": "GatewayServerTests"
    ]

    /// A folder name with a space breaks scripts.
    static func spaceFindings(in folders: [String]) -> [Finding] {
        folders.filter { $0.contains(" ") }.map {
            Finding(path: $0, line: 0, message: "a space in a folder name")
        }
    }

    /// A module without tests is a module that nobody checks.
    static func testFindings(in manifest: Manifest) -> [Finding] {
        manifest.targets.compactMap { target in
            guard target.kind == .library, !target.path.hasPrefix("Tests/") else { return nil }
            let names = [target.name + "Tests", testedElsewhere[target.name] ?? ""]
            let isTested = names.contains {
                manifest.target(named: $0)?.dependencies.contains(target.name) == true
            }
            guard !isTested else { return nil }
            return Finding(path: "Package.swift", line: 0, message: "\(target.name) has no tests")
        }
    }

    /// Every folder of code belongs to a target, else nothing builds it.
    static func orphanFindings(in folders: [String], manifest: Manifest) -> [Finding] {
        let paths = Set(manifest.targets.map(\.path))
        return folders.filter { folder in
            let parts = folder.split(separator: "/")
            return parts.count == 2 && ["Sources", "Tests"].contains(parts[0])
                && !paths.contains { $0 == folder || $0.hasPrefix(folder + "/") }
        }.map { Finding(path: $0, line: 0, message: "a folder without a target") }
    }

    /// The README names every target in backticks.
    static func readmeFindings(in text: String, manifest: Manifest) -> [Finding] {
        manifest.targets.filter { !text.contains("`\($0.name)`") }.map {
            Finding(path: "README.md", line: 0, message: "\($0.name) is not listed")
        }
    }

    /// The index of the decisions links every decision, by the name of its file.
    static func decisionFindings(in text: String, paths: [String]) -> [Finding] {
        let folder = "Protocol/decisions/"
        return paths.filter { path in
            path.hasPrefix(folder) && path.hasSuffix(".md") && !path.hasSuffix("/README.md")
                && !text.contains("](\(path.dropFirst(folder.count)))")
        }.map { Finding(path: $0, line: 0, message: "not in the index of decisions") }
    }

    /// A placeholder goes when the first real file of its target comes.
    static func placeholderFindings(in paths: [String], manifest: Manifest) -> [Finding] {
        paths.filter { $0.hasSuffix("/Placeholder.swift") }.compactMap { path in
            let folder = manifest.target(ofFile: path)?.path ?? ""
            let isAlone = !paths.contains {
                $0 != path && $0.hasPrefix(folder + "/") && $0.hasSuffix(".swift")
            }
            guard !isAlone else { return nil }
            return Finding(path: path, line: 0, message: "a placeholder beside real files")
        }
    }
}
