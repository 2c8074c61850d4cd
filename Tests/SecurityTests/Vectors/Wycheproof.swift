import Foundation

@testable import Security

/// Reads the test vectors of Project Wycheproof that lie beside the package.
enum Wycheproof {
    static let folder: URL = {
        let shared =
            ProcessInfo.processInfo.environment["TRADERMIND_SHARED"].map {
                URL(fileURLWithPath: $0)
            }
            ?? URL(fileURLWithPath: #filePath)  // Tests/SecurityTests/Vectors/Wycheproof.swift
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("shared")
        return shared.appendingPathComponent("vectors")
    }()

    static let isThere = FileManager.default.fileExists(atPath: folder.path)

    struct File<Group: Decodable>: Decodable {
        let testGroups: [Group]
    }

    static func groups<Group: Decodable>(_ type: Group.Type, of name: String) throws -> [Group] {
        let data = try Data(contentsOf: folder.appendingPathComponent(name))
        return try JSONDecoder().decode(File<Group>.self, from: data).testGroups
    }
}

extension Array where Element == UInt8 {
    /// The bytes that pairs of hexadecimal digits stand for.
    init(hexadecimal text: String) {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        self = stride(from: 0, to: digits.count - 1, by: 2).map { index in
            UInt8(digits[index] << 4 | digits[index + 1])
        }
    }
}

extension SecretBytes {
    convenience init(_ bytes: [UInt8]) {
        self.init(copying: bytes.span)
    }

    convenience init(_ text: String) {
        self.init(Array(text.utf8))
    }

    /// A copy to compare in a test.
    var copy: [UInt8] {
        withSpan { bytes in bytes.indices.map { bytes[$0] } }
    }
}
