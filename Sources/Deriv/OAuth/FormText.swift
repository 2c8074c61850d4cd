import Security
import WebSocketProtocol

/// Writes `application/x-www-form-urlencoded` (WHATWG URL §5).
struct FormText {
    private(set) var bytes: [UInt8] = []

    /// Adds a parameter.
    mutating func append(_ name: String, _ value: String) {
        begin(name)
        for byte in value.utf8 { append(byte) }
    }

    /// Adds a parameter whose value is a secret.
    mutating func append(_ name: String, _ value: SecretBytes) {
        begin(name)
        value.withSpan { secret in
            for index in secret.indices { append(secret[index]) }
        }
    }

    /// Hands the text over into memory that is cleansed later, and overwrites this one.
    mutating func takeSecret() -> SecretBytes {
        let secret = SecretBytes(copying: bytes.span)
        for index in bytes.indices { bytes[index] = 0 }
        bytes = []
        return secret
    }

    private mutating func begin(_ name: String) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
        for byte in name.utf8 { append(byte) }
        bytes.append(UInt8(ascii: "="))
    }

    private mutating func append(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "*"):
            bytes.append(byte)
        case UInt8(ascii: " "): bytes.append(UInt8(ascii: "+"))
        default:
            let digits = Array("0123456789ABCDEF".utf8)
            bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
}

/// Reads the parameters of a query (WHATWG URL §5), strictly: a broken escape, a control character
/// or a name that comes twice is an error, since two readers could see different values.
struct FormReader {
    private(set) var parameters: [String: [UInt8]] = [:]

    init(_ query: some Collection<UInt8>) throws(CallbackError) {
        guard query.count <= OAuthLimits.queryByteCountMax else { throw .tooLong }
        for pair in query.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(decoding: try Self.decoded(parts[0]), as: UTF8.self)
            let value = parts.count == 2 ? try Self.decoded(parts[1]) : []
            guard parameters.updateValue(value, forKey: name) == nil else {
                throw .repeatedParameter
            }
            guard parameters.count <= OAuthLimits.parameterCountMax else {
                throw .tooManyParameters
            }
        }
    }

    private static func decoded(_ text: some Collection<UInt8>) throws(CallbackError) -> [UInt8] {
        let spaced = text.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
        guard let bytes = HTTPEscapes.decoded(spaced),
            bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else { throw .malformedEncoding }
        return bytes
    }
}
