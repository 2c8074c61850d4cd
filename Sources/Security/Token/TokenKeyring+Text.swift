extension TokenKeyring {
    private static let text = KeyringText(format: "tradermind-token-keyring 1")

    /// Reads a keyring file.
    ///
    ///     tradermind-token-keyring 1
    ///     # role, name, algorithm, key in base64url, end of a previous key in milliseconds
    ///     current Xb3dA1_q HS256 <43 letters>
    ///     previous k7Qz09aB ES256 <43 letters> 1764000000000
    ///
    /// - Parameter file: the bytes of the file.
    /// - Throws: `KeyringError`, which names the line or key but never shows a key.
    package init(file: Span<UInt8>) throws(KeyringError) {
        self.init()
        var currentKeyCount = 0
        var nextKeyCount = 0
        try Self.text.forEachLine(of: file) { words throws(KeyringError) in
            guard words.count >= 4, let id = Self.keyID(file.extracting(words[1])),
                let algorithm = Self.algorithm(file.extracting(words[2])),
                let secret = Base64URL.decodeSecret(file.extracting(words[3]))
            else { return false }
            let roleName = file.extracting(words[0])
            let role: Role
            if words.count == 4, KeyringText.isText(roleName, "current") {
                role = .current
                currentKeyCount += 1
            } else if words.count == 4, KeyringText.isText(roleName, "next") {
                role = .next
                nextKeyCount += 1
            } else if words.count == 5, KeyringText.isText(roleName, "previous"),
                let end = Self.time(file.extracting(words[4]))
            {
                role = .previous(acceptedUntilMilliseconds: end)
            } else {
                return false
            }
            try append(id: id, algorithm: algorithm, role: role, secret: secret)
            return true
        }
        guard currentKeyCount == 1, nextKeyCount <= 1 else { throw .noPrimaryKey }
    }

    /// The bytes of a file that `init(file:)` reads.
    ///
    /// - Returns: the file, which holds every key and is therefore a secret itself.
    package func fileContents() -> SecretBytes {
        let lines = entries.map { entry in
            switch entry.role {
            case .next: ("next \(entry.id) \(entry.algorithm.rawValue) ", "\n", entry.secret)
            case .current: ("current \(entry.id) \(entry.algorithm.rawValue) ", "\n", entry.secret)
            case .previous(let end):
                ("previous \(entry.id) \(entry.algorithm.rawValue) ", " \(end)\n", entry.secret)
            }
        }
        let head = Self.text.format + "\n"
        let byteCount = lines.reduce(head.utf8.count) { sum, line in
            sum + line.0.utf8.count + line.1.utf8.count + (line.2.byteCount + 2) / 3 * 4
        }
        return SecretBytes(capacity: byteCount) { output in
            for byte in head.utf8 { output.append(byte) }
            for (start, end, secret) in lines {
                for byte in start.utf8 { output.append(byte) }
                secret.withSpan { Base64URL.append($0, to: &output) }
                for byte in end.utf8 { output.append(byte) }
            }
        }
    }

    /// Letters, digits, `-`, `_` and `.`.
    private static func keyID(_ text: Span<UInt8>) -> String? {
        guard (1...SecurityLimits.keyIDByteCountMax).contains(text.count) else { return nil }
        let bytes = text.indices.map { text[$0] }
        let isName = bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."):
                true
            default:
                false
            }
        }
        return isName ? String(decoding: bytes, as: UTF8.self) : nil
    }

    private static func algorithm(_ text: Span<UInt8>) -> TokenAlgorithm? {
        [.hs256, .es256].first { KeyringText.isText(text, $0.rawValue) }
    }

    private static func time(_ text: Span<UInt8>) -> Int64? {
        guard (1...16).contains(text.count) else { return nil }
        var time: Int64 = 0
        for index in text.indices {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[index]) else { return nil }
            time = time * 10 + Int64(text[index] - UInt8(ascii: "0"))
        }
        return time <= SecurityLimits.timeMillisecondsMax ? time : nil
    }
}
