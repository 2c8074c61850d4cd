import JSONRPC

/// A value of a configuration file.
indirect enum ConfigurationValue {
    case object([String: ConfigurationValue])
    case list([ConfigurationValue])
    case text(String)
    case integer(Int)
    case boolean(Bool)
    /// A variable's text, which becomes what the setting takes.
    case variable(String)

    /// Bounds of a configuration file: far more than any needs.
    private static let limits = JSONLimits(byteCountMax: 1_048_576)

    /// Reads a file's bytes.
    ///
    /// - Throws: where it is no JSON, or holds a number that is not whole, or null.
    init(file: [UInt8]) throws(ConfigurationReader.Problem) {
        var tape = JSONTape(limits: Self.limits)
        // Safety: the array lives as long as the views into it.
        let text = unsafe file.span.bytes
        do throws(JSONError) {
            try tape.read(text)
        } catch {
            let line = file.prefix(error.byteOffset).count { $0 == UInt8(ascii: "\n") } + 1
            throw ConfigurationReader.Problem(
                description: "no JSON at byte \(error.byteOffset), in line \(line): "
                    + error.reason.rawValue)
        }
        try self.init(tape.root(in: text))
    }

    private init(_ value: JSONValue) throws(ConfigurationReader.Problem) {
        switch value.kind {
        case .object:
            var members: [String: ConfigurationValue] = [:]
            var iterator = value.members
            while let member = iterator.next() {
                members[member.key.string ?? ""] = try ConfigurationValue(member.value)
            }
            self = .object(members)
        case .array:
            var elements: [ConfigurationValue] = []
            var iterator = value.elements
            while let element = iterator.next() {
                elements.append(try ConfigurationValue(element))
            }
            self = .list(elements)
        default:
            if let text = value.string {
                self = .text(text)
            } else if let number = value.int64 {
                self = .integer(Int(number))
            } else if let flag = value.bool {
                self = .boolean(flag)
            } else {
                throw ConfigurationReader.Problem(
                    description: "\(String(copying: value.rawBytes)) is neither a text, a whole "
                        + "number, true nor false")
            }
        }
    }
}
