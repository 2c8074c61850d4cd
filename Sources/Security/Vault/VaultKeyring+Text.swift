extension VaultKeyring {
    private static let text = KeyringText(format: "tradermind-vault-keyring 1")

    /// Reads a keyring file.
    ///
    ///     tradermind-vault-keyring 1
    ///     # role, name in hexadecimal, 32 bytes in base64url
    ///     primary 00000002 <43 letters>
    ///     opens 00000001 <43 letters>
    ///
    /// - Parameter file: the bytes of the file.
    /// - Throws: `KeyringError`, which names the line or key but never shows a key.
    package init(file: Span<UInt8>) throws(KeyringError) {
        var entries: [Entry] = []
        var primaryIDs: [VaultKeyID] = []
        try Self.text.forEachLine(of: file) { words throws(KeyringError) in
            guard words.count == 3, let id = Self.keyID(file.extracting(words[1])),
                let secret = Base64URL.decodeSecret(file.extracting(words[2]))
            else { return false }
            let role = file.extracting(words[0])
            if KeyringText.isText(role, "primary") {
                primaryIDs.append(id)
            } else if !KeyringText.isText(role, "opens") {
                return false
            }
            entries.append(Entry(id: id, secret: secret))
            return true
        }
        guard primaryIDs.count == 1 else { throw .noPrimaryKey }
        try self.init(entries: entries, primaryID: primaryIDs[0])
    }

    /// The bytes of a file that `init(file:)` reads.
    ///
    /// - Returns: the file, which holds every key and is therefore a secret itself.
    package func fileContents() -> SecretBytes {
        // Each line has at most 8 + 1 + 8 + 1 + 43 + 1 bytes.
        SecretBytes(capacity: Self.text.format.utf8.count + 1 + entries.count * 62) { output in
            for byte in Self.text.format.utf8 { output.append(byte) }
            output.append(UInt8(ascii: "\n"))
            for entry in entries {
                let role = entry.id == primaryID ? "primary" : "opens"
                for byte in "\(role) \(entry.id.text) ".utf8 { output.append(byte) }
                entry.secret.withSpan { Base64URL.append($0, to: &output) }
                output.append(UInt8(ascii: "\n"))
            }
        }
    }

    /// Eight lower-case hexadecimal digits.
    private static func keyID(_ text: Span<UInt8>) -> VaultKeyID? {
        guard text.count == 8 else { return nil }
        var number: UInt32 = 0
        for index in text.indices {
            switch text[index] {
            case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
                number = number << 4 | UInt32(byte - UInt8(ascii: "0"))
            case let byte where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte):
                number = number << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            default:
                return nil
            }
        }
        return VaultKeyID(number: number)
    }
}
