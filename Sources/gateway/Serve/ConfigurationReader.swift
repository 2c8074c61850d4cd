import Foundation
import JSONRPC

/// Reads one object of a configuration file, strictly: what nobody asked for is an error, since a
/// misspelt key that is passed over is a setting that silently does not hold.
struct ConfigurationReader {
    /// Something of the file that cannot be used.
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    private let path: String
    private var members: [String: ConfigurationValue]
    private var known: [String] = []

    /// - Parameters:
    ///   - value: the object.
    ///   - path: where it stands, empty for the file itself.
    /// - Throws: where it is no object.
    init(_ value: ConfigurationValue, path: String) throws(Problem) {
        guard case .object(let members) = value else {
            throw Problem(description: "\(path.isEmpty ? "the file" : path) has to be an object")
        }
        self.path = path
        self.members = members
    }

    /// Takes a text.
    mutating func text(_ key: String) throws(Problem) -> String? {
        guard let value = take(key) else { return nil }
        switch value {
        case .text(let text), .variable(let text): return text
        default: throw wrong(key, "a text")
        }
    }

    /// Takes a text that has to be there.
    mutating func requiredText(_ key: String) throws(Problem) -> String {
        guard let text = try text(key), !text.isEmpty else {
            throw Problem(description: "\(name(key)) is missing")
        }
        return text
    }

    /// Takes a whole number within bounds.
    mutating func integer(_ key: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let value = take(key) else { return nil }
        let number: Int? =
            switch value {
            case .integer(let number): number
            case .variable(let text): Int(text)
            default: nil
            }
        guard let number, range.contains(number) else {
            throw wrong(key, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Takes a truth value.
    mutating func boolean(_ key: String) throws(Problem) -> Bool? {
        guard let value = take(key) else { return nil }
        switch value {
        case .boolean(let flag): return flag
        case .variable("true"): return true
        case .variable("false"): return false
        default: throw wrong(key, "true or false")
        }
    }

    /// Takes a list of texts.
    mutating func texts(_ key: String) throws(Problem) -> [String]? {
        guard let value = take(key) else { return nil }
        if case .variable(let text) = value { return Self.texts(ofVariable: text) }
        guard case .list(let values) = value else { throw wrong(key, "a list of texts") }
        var texts: [String] = []
        for value in values {
            guard case .text(let text) = value else { throw wrong(key, "a list of texts") }
            texts.append(text)
        }
        return texts
    }

    /// The elements of a list in a variable: separated by commas, in brackets or not.
    private static func texts(ofVariable text: String) -> [String] {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
        return (isBracketed ? text.dropFirst().dropLast() : text[...])
            .split(separator: ",")
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
    }

    /// Takes a list of objects.
    mutating func objects(_ key: String) throws(Problem) -> [ConfigurationReader]? {
        guard let value = take(key) else { return nil }
        guard case .list(let values) = value else { throw wrong(key, "a list of objects") }
        var readers: [ConfigurationReader] = []
        for (index, value) in values.enumerated() {
            readers.append(try ConfigurationReader(value, path: "\(name(key))[\(index)]"))
        }
        return readers
    }

    /// Takes an object; one without members where the key is missing, so that its defaults hold.
    mutating func object(_ key: String) throws(Problem) -> ConfigurationReader {
        try ConfigurationReader(take(key) ?? .object([:]), path: name(key))
    }

    /// Refuses what is left.
    func finish() throws(Problem) {
        guard let stranger = members.keys.min() else { return }
        let nearest = known.min { $0.distance(to: stranger) < $1.distance(to: stranger) }
        let hint = nearest.map { ": did you mean \($0)?" } ?? ""
        throw Problem(description: "\(name(stranger)) is not a setting\(hint)")
    }

    private mutating func take(_ key: String) -> ConfigurationValue? {
        known.append(key)
        return members.removeValue(forKey: key)
    }

    private func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private func wrong(_ key: String, _ wanted: String) -> Problem {
        Problem(description: "\(name(key)) has to be \(wanted)")
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
