import Foundation

/// Reads one object of a configuration, strictly: what nobody asked for is an error, since a
/// misspelt key that is passed over is a setting that silently does not hold.
///
/// Every question says what the setting takes, what holds without it and what it is for, so that
/// the reference of settings is made from the code that reads them. A variable of the environment
/// goes before the file: `TRADERMIND_REDIS_URL` before `redis.url`.
struct ConfigurationReader {
    /// Something of the configuration that cannot be used.
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// What a text stands for.
    enum TextKind: String {
        case text = "a text"
        case url = "a URL"
        case file = "a file's path"
        /// A file that only its owner should be able to read.
        case secretFile = "the path of a secret file"
    }

    private let path: String
    private var members: [String: ConfigurationValue]
    private var known: [String] = []
    private let source: ConfigurationSource

    /// Whether neither the file nor a variable sets anything of it.
    let isEmpty: Bool

    /// - Parameters:
    ///   - value: the object.
    ///   - path: where it stands, empty for the file itself.
    ///   - source: what all readers of the configuration share.
    /// - Throws: where it is no object.
    init(
        _ value: ConfigurationValue, path: String = "", source: ConfigurationSource
    ) throws(Problem) {
        guard case .object(let members) = value else {
            throw Problem(description: "\(path.isEmpty ? "the file" : path) has to be an object")
        }
        self.path = path
        self.members = members
        self.source = source
        isEmpty = members.isEmpty && !source.hasVariables(below: path)
    }

    // MARK: - Texts

    /// Takes a text; nil where there is none.
    mutating func text(
        _ key: String, as kind: TextKind = .text, standard: String = Setting.none,
        _ purpose: String
    ) throws(Problem) -> String? {
        guard let value = take(key, kind.rawValue, standard, purpose) else { return nil }
        switch value {
        case .text(let text), .variable(let text):
            if kind == .secretFile { source.note(secretPath: text) }
            return text
        default: throw wrong(key, value, kind.rawValue)
        }
    }

    /// Takes a text that has to be there.
    mutating func requiredText(
        _ key: String, as kind: TextKind = .text, _ purpose: String
    ) throws(Problem) -> String {
        guard let text = try text(key, as: kind, standard: Setting.required, purpose), !text.isEmpty
        else { throw Problem(description: "\(name(key)) is missing") }
        return text
    }

    /// Takes one of a few words; there has to be one where `standard` is nil.
    mutating func choice(
        _ key: String, of words: [String], standard: String?, _ purpose: String
    ) throws(Problem) -> String {
        let start = words.dropLast().joined(separator: ", ")
        let takes = (start.isEmpty ? "" : start + " or ") + (words.last ?? "")
        let value = take(key, takes, standard ?? Setting.required, purpose)
        guard let value else {
            guard let standard else { throw Problem(description: "\(name(key)) is missing") }
            return standard
        }
        switch value {
        case .text(let word) where words.contains(word): return word
        case .variable(let word) where words.contains(word): return word
        default: throw wrong(key, value, takes)
        }
    }

    /// Takes a list of texts; nil where there is none.
    mutating func texts(
        _ key: String, standard: String = "[]", _ purpose: String
    ) throws(Problem) -> [String]? {
        let takes = "a list of texts"
        guard let value = take(key, takes, standard, purpose) else { return nil }
        if case .variable(let text) = value { return Self.texts(ofVariable: text) }
        guard case .list(let values) = value else { throw wrong(key, value, takes) }
        var texts: [String] = []
        for element in values {
            guard case .text(let text) = element else { throw wrong(key, value, takes) }
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

    // MARK: - Numbers and truth values

    /// Takes a whole number within bounds; nil where there is none.
    mutating func integer(
        _ key: String, _ range: ClosedRange<Int>, standard: String, _ purpose: String
    ) throws(Problem) -> Int? {
        let takes = "\(range.lowerBound) to \(range.upperBound)"
        guard let value = take(key, takes, standard, purpose) else { return nil }
        let number: Int? =
            switch value {
            case .integer(let number): number
            case .variable(let text): Int(text)
            default: nil
            }
        guard let number, range.contains(number) else {
            throw wrong(key, value, "a whole number from \(takes)")
        }
        return number
    }

    /// Puts a whole number within bounds over a default. `unit` is how many of the default's units
    /// one of the setting's is: 1000 for seconds over milliseconds.
    mutating func integer<Stored: FixedWidthInteger>(
        _ key: String, _ range: ClosedRange<Int>, unit: Stored = 1, into stored: inout Stored,
        _ purpose: String
    ) throws(Problem) {
        let number = try integer(key, range, standard: "\(stored / unit)", purpose)
        if let number { stored = Stored(number) * unit }
    }

    /// Puts whole seconds within bounds over a default.
    mutating func seconds(
        _ key: String, _ range: ClosedRange<Int>, into duration: inout Duration, _ purpose: String
    ) throws(Problem) {
        let standard = "\(duration.components.seconds)"
        if let seconds = try integer(key, range, standard: standard, purpose) {
            duration = .seconds(seconds)
        }
    }

    /// Puts a truth value over a default.
    mutating func boolean(
        _ key: String, into flag: inout Bool, _ purpose: String
    ) throws(Problem) {
        let takes = "true or false"
        guard let value = take(key, takes, "\(flag)", purpose) else { return }
        switch value {
        case .boolean(let given): flag = given
        case .variable("true"): flag = true
        case .variable("false"): flag = false
        default: throw wrong(key, value, takes)
        }
    }

    // MARK: - Objects

    /// Takes a list of objects; nil where there is none.
    mutating func objects(
        _ key: String, _ purpose: String
    ) throws(Problem) -> [ConfigurationReader]? {
        let takes = "a list of objects"
        guard let value = take(key, takes, Setting.none, purpose) else { return nil }
        guard case .list(let values) = value else {
            throw wrong(key, value, "\(takes), in the file")
        }
        var readers: [ConfigurationReader] = []
        for (index, value) in values.enumerated() {
            readers.append(
                try ConfigurationReader(value, path: "\(name(key))[\(index)]", source: source))
        }
        return readers
    }

    /// Takes an object; one without members where the key is missing, so that its defaults hold.
    mutating func object(_ key: String) throws(Problem) -> ConfigurationReader {
        known.append(key)
        return try ConfigurationReader(
            members.removeValue(forKey: key) ?? .object([:]), path: name(key), source: source)
    }

    /// Refuses what is left.
    func finish() throws(Problem) {
        guard let stranger = members.keys.min() else { return }
        let hint = known.nearest(to: stranger).map { ": did you mean \($0)?" } ?? ""
        throw Problem(description: "\(name(stranger)) is not a setting\(hint)")
    }

    private mutating func take(
        _ key: String, _ takes: String, _ standard: String, _ purpose: String
    ) -> ConfigurationValue? {
        known.append(key)
        let name = name(key)
        source.note(
            Setting(
                path: name.replacing(/\[\d+\]/, with: "[]"), takes: takes, standard: standard,
                purpose: purpose))
        let member = members.removeValue(forKey: key)
        return source.takeVariable(of: name).map { .variable($0) } ?? member
    }

    private func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private func wrong(_ key: String, _ value: ConfigurationValue, _ wanted: String) -> Problem {
        var subject = name(key)
        if case .variable = value { subject = Setting.variable(of: subject) }
        return Problem(description: "\(subject) has to be \(wanted)")
    }
}
