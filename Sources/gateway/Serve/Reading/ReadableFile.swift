import Foundation
import Glibc

/// Reads the files that a command line or a configuration names, with the reason where it cannot.
enum ReadableFile {
    /// A file's bytes; the error names the file, the reason, and the setting where one names it.
    static func bytes(
        of path: String, setting: String? = nil
    ) throws(ConfigurationReader.Problem) -> [UInt8] {
        if let data = FileManager.default.contents(atPath: path) { return Array(data) }
        let whose = setting.map { " (\($0))" } ?? ""
        throw ConfigurationReader.Problem(
            description: "cannot read \(path)\(whose): \(reason(path))")
    }

    /// A password from a file, without the line break behind it.
    static func password(
        of path: String, setting: String
    ) throws(ConfigurationReader.Problem) -> String {
        let text = String(decoding: try bytes(of: path, setting: setting), as: UTF8.self)
            .trimmingCharacters(in: .newlines)
        guard !text.isEmpty else {
            throw ConfigurationReader.Problem(description: "\(path) (\(setting)) is empty")
        }
        return text
    }

    /// Why a file cannot be read.
    static func reason(_ path: String) -> String {
        // Safety: the path is read during the call; strerror's text is copied at once.
        guard unsafe access(path, R_OK) == 0 else {
            return unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "no reason given"
        }
        return "it is no file"
    }
}
