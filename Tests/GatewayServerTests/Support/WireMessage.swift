import Foundation

/// A JSON text that came, with its members reachable by path.
struct WireMessage: CustomStringConvertible {
    let text: String
    private let root: Any

    /// What is not JSON.
    struct NotJSON: Error { let text: String }

    init(_ text: String) throws {
        self.text = text
        do {
            root = try JSONSerialization.jsonObject(
                with: Data(text.utf8), options: [.fragmentsAllowed])
        } catch {
            throw NotJSON(text: text)
        }
    }

    var description: String { text }

    /// The value at a path such as `result.channels.0.status`, nil where there is none.
    private func value(_ path: String) -> Any? {
        path.split(separator: ".").reduce(Optional(root)) { value, key in
            if let list = value as? [Any], let index = Int(key) {
                return list.indices.contains(index) ? list[index] : nil
            }
            return (value as? [String: Any])?[String(key)]
        }
    }

    func string(_ path: String) -> String? { value(path) as? String }
    func int(_ path: String) -> Int? { (value(path) as? NSNumber)?.intValue }
    func bool(_ path: String) -> Bool? { value(path) as? Bool }
    func has(_ path: String) -> Bool { value(path) != nil }

    /// How many elements the list at a path has; nil where there is no list.
    func count(_ path: String) -> Int? { (value(path) as? [Any])?.count }
}
