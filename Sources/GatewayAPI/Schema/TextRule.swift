/// What a string of a field must look like.
package struct TextRule: Sendable {
    enum Form: Sendable {
        /// Any characters but U+0000, which no database column takes.
        case free
        /// Letters, digits and underscore: `^\w{2,30}$` in ASCII.
        case market
        /// Letters, digits, `_`, `-`, `.` and `:`.
        case name
        /// A channel's name.
        case channel
        /// The scope of a kill switch.
        case killSwitchScope
        /// Printable ASCII without space.
        case token
        /// A decimal within scaled bounds.
        case decimal(ClosedRange<Int64>)
    }

    let form: Form
    /// Unicode scalars, as `minLength` and `maxLength` of JSON Schema count them.
    let length: ClosedRange<Int>

    /// Free text of so many characters.
    package static func text(_ length: ClosedRange<Int>) -> TextRule {
        TextRule(form: .free, length: length)
    }

    /// A market symbol of the broker.
    package static let market = TextRule(form: .market, length: 2...30)
    /// The identifier of a session, user, signal or trade; of the form of a URL segment.
    package static let identifier = TextRule(form: .name, length: 1...64)
    /// A key that a client makes up for a request that it may repeat.
    package static let idempotencyKey = TextRule(form: .name, length: 1...128)
    /// A place in a list, as the server gave it.
    package static let cursor = TextRule(form: .token, length: 1...256)
    /// An epoch of a channel.
    package static let epoch = TextRule(form: .name, length: 1...64)
    /// A channel's name; 72 characters hold the longest kind with an identifier.
    package static let channel = TextRule(form: .channel, length: 1...ChannelName.byteCountMax)
    /// The scope of a kill switch.
    package static let killSwitchScope = TextRule(form: .killSwitchScope, length: 6...72)
    /// A JSON Web Token, bounded like a header line.
    package static let token = TextRule(form: .token, length: 16...8192)

    /// A decimal from `min` to `max`.
    package static func decimal(_ min: DecimalText, _ max: DecimalText) -> TextRule {
        TextRule(form: .decimal(min.scaled...max.scaled), length: 1...DecimalText.byteCountMax)
    }

    /// A quote: a decimal that is not negative.
    package static let quote = TextRule.decimal(.zero, .max)
    /// A gain or loss: any decimal.
    package static let pnl = TextRule.decimal(.min, .max)

    /// Why `text` does not fit, or `nil`.
    func fault(in text: String) -> ParameterError.Reason? {
        let count = text.unicodeScalars.count
        guard length.contains(count) else { return .wrongLength }
        let isRight: Bool
        switch form {
        case .free: isRight = !text.utf8.contains(0)
        case .market: isRight = text.utf8.allSatisfy(ASCII.isWord)
        case .name: isRight = text.utf8.allSatisfy(ASCII.isName)
        case .token: isRight = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        case .channel: isRight = ChannelName(text) != nil
        case .killSwitchScope: isRight = KillSwitchScope(text) != nil
        case .decimal(let bounds):
            guard let decimal = DecimalText(text) else { return .wrongFormat }
            return bounds.contains(decimal.scaled) ? nil : .outOfRange
        }
        return isRight ? nil : .wrongFormat
    }

    var schema: ValueSchema {
        let pattern: String?
        switch form {
        case .free: pattern = nil
        case .market: pattern = "^[A-Za-z0-9_]+$"
        case .name: pattern = "^[A-Za-z0-9_.:-]+$"
        case .token: pattern = "^[!-~]+$"
        case .channel: pattern = ChannelName.pattern
        case .killSwitchScope: pattern = KillSwitchScope.pattern
        case .decimal(let bounds):
            return .decimal(
                min: DecimalText(scaled: bounds.lowerBound).text,
                max: DecimalText(scaled: bounds.upperBound).text)
        }
        return .text(min: length.lowerBound, max: length.upperBound, pattern: pattern)
    }
}

/// Classes of ASCII bytes.
enum ASCII {
    static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    /// Letters, digits and underscore.
    static func isWord(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z") || isDigit(byte)
            || byte == UInt8(ascii: "_")
    }

    /// Letters, digits, `_`, `-`, `.` and `:`: what identifiers are made of.
    static func isName(_ byte: UInt8) -> Bool {
        isWord(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: ":")
    }
}
