import Foundation

/// The files of the project, read once.
struct SourceTree: Sendable {
    /// A file that the repository could hold, by its path from the root of the package.
    struct File: Sendable {
        let path: String
        let byteCount: Int
        let isExecutable: Bool
    }

    /// The project that these tests belong to.
    static let project = SourceTree(
        root: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent())

    let root: URL
    let files: [File]
    /// Folders by their path from the root.
    let folders: [String]
    let swiftFiles: [SwiftText]
    let manifest: Manifest

    private init(root: URL) {
        var files: [File] = []
        var folders: [String] = []
        Self.walk(root, path: "", files: &files, folders: &folders)
        self.root = root
        self.files = files.sorted { $0.path < $1.path }
        self.folders = folders.sorted()
        swiftFiles = self.files.filter { $0.path.hasSuffix(".swift") }.map {
            SwiftText(path: $0.path, text: Self.text(of: root.appending(path: $0.path)))
        }
        manifest = Manifest(text: Self.text(of: root.appending(path: "Package.swift")))
    }

    /// The text of a file of the project; empty when it is not there.
    func text(of path: String) -> String {
        Self.text(of: root.appending(path: path))
    }

    private static func text(of url: URL) -> String {
        (try? String(contentsOf: url, encoding: .utf8)) ?? ""
    }

    private static func walk(
        _ folder: URL, path: String, files: inout [File], folders: inout [String]
    ) {
        let keys: Set<URLResourceKey> = [.isDirectoryKey, .fileSizeKey, .isExecutableKey]
        let entries =
            (try? FileManager.default.contentsOfDirectory(
                at: folder, includingPropertiesForKeys: Array(keys))) ?? []
        for entry in entries {
            let name = entry.lastPathComponent
            guard let values = try? entry.resourceValues(forKeys: keys), !isBuilt(name) else {
                continue
            }
            if values.isDirectory == true {
                folders.append(path + name)
                walk(entry, path: path + name + "/", files: &files, folders: &folders)
            } else {
                files.append(
                    File(
                        path: path + name, byteCount: values.fileSize ?? 0,
                        isExecutable: FileManager.default.isExecutableFile(atPath: entry.path)))
            }
        }
    }

    /// What .gitignore leaves out, and git's own folder.
    private static func isBuilt(_ name: String) -> Bool {
        name.hasPrefix(".build") || name.hasSuffix(".o") || name.hasSuffix(".profraw")
            || [".git", ".local", "Package.resolved", "__pycache__"].contains(name)
    }
}
