import Testing

@testable import Security

@Suite("The vault")
struct VaultTests {
    private static let user = SubjectID(high: 1, low: 2)

    private func context(
        domain: String = "broker_tokens", user: SubjectID = user, account: String = "CR123456",
        field: String = "access_token"
    ) throws -> VaultContext {
        try VaultContext(domain: domain, user: user, account: account, field: field)
    }

    private func makeKeyring() throws -> VaultKeyring {
        try VaultKeyring(newKey: RandomBytes.makeSecret(byteCount: 32))
    }

    @Test(
        "opens what it sealed, of every length up to the limit",
        arguments: [0, 1, 15, 16, 17, 16_383, 16_384])
    func roundTrips(byteCount: Int) throws {
        let vault = try Vault(keyring: makeKeyring())
        let plaintext = RandomBytes.make(byteCount: byteCount)
        let sealed = try vault.seal(SecretBytes(plaintext), context: context())
        #expect(sealed.count == byteCount + Vault.overheadByteCount)
        #expect(try vault.open(sealed, context: context()).copy == plaintext)
    }

    @Test("refuses a value beyond the limit")
    func refusesLongValues() throws {
        let vault = try Vault(keyring: makeKeyring())
        #expect(throws: VaultError.plaintextTooLong(byteCountMax: 16_384)) {
            try vault.seal(RandomBytes.makeSecret(byteCount: 16_385), context: context())
        }
        let sealed: [UInt8] = [1, 1, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 16_384 + 29)
        #expect(throws: VaultError.unknownFormat) {
            try vault.open(sealed, context: context())
        }
    }

    @Test("writes version, algorithm, key, nonce, ciphertext and tag, and never two values alike")
    func writesTheFormat() throws {
        let vault = try Vault(keyring: makeKeyring())
        let secret = SecretBytes("token")
        let nonce: [UInt8] = Array(1...12)
        let sealed = try vault.seal(secret, context: context(), nonce: nonce)
        #expect(Array(sealed.prefix(18)) == [1, 1, 0, 0, 0, 1] + nonce)
        let values = try (0..<100).map { _ in try vault.seal(secret, context: context()) }
        #expect(Set(values.map { Array($0[6..<18]) }).count == 100)
    }

    @Test("does not open a value with any bit changed, in header, nonce, ciphertext or tag")
    func refusesEachFlippedBit() throws {
        var keyring = try makeKeyring()
        _ = try keyring.add(newKey: RandomBytes.makeSecret(byteCount: 32))
        let vault = try Vault(keyring: keyring)
        let sealed = try vault.seal(SecretBytes("a1-secret-token"), context: context())
        for bit in 0..<(sealed.count * 8) {
            var changed = sealed
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: VaultError.self, "bit \(bit)") {
                try vault.open(changed, context: context())
            }
        }
    }

    @Test("does not open a value that is cut short or longer than it was")
    func refusesOtherLengths() throws {
        let vault = try Vault(keyring: makeKeyring())
        let sealed = try vault.seal(SecretBytes("a1-secret-token"), context: context())
        for byteCount in 0..<sealed.count {
            #expect(throws: VaultError.self) {
                try vault.open(Array(sealed.prefix(byteCount)), context: context())
            }
        }
        #expect(throws: VaultError.notAuthentic) {
            try vault.open((sealed + [0]), context: context())
        }
    }

    @Test("does not open a value in another place: user, account, field or domain")
    func refusesOtherContexts() throws {
        let vault = try Vault(keyring: makeKeyring())
        let sealed = try vault.seal(SecretBytes("token"), context: context())
        let others = [
            try context(domain: "broker_token"), try context(user: SubjectID(high: 2, low: 1)),
            try context(user: SubjectID(high: 1, low: 3)), try context(account: "CR123457"),
            try context(field: "refresh_token"),
            try context(account: "access_token", field: "CR123456"),
            // The same letters, divided in another way.
            try context(account: "CR123456a", field: "ccess_token"),
            try context(account: "", field: ""),
        ]
        for other in others {
            #expect(throws: VaultError.notAuthentic) {
                try vault.open(sealed, context: other)
            }
        }
    }

    @Test("authenticates different bytes for any two different contexts")
    func separatesContexts() throws {
        let texts = ["", "a", "aa", "\u{0}", "\u{0}\u{1}a"]
        var seen: Set<[UInt8]> = []
        for domain in texts {
            for account in texts {
                for field in texts {
                    let context = try context(domain: domain, account: account, field: field)
                    seen.insert(context.additionalData(header: [1, 1]))
                }
            }
        }
        #expect(seen.count == 125)
    }

    @Test("bounds the texts of a context", arguments: [255, 256, 257])
    func boundsContexts(byteCount: Int) throws {
        let text = String(repeating: "x", count: byteCount)
        if byteCount <= 256 {
            #expect(try context(domain: text, account: text, field: text).field == text)
        } else {
            #expect(throws: VaultError.contextTooLong(byteCountMax: 256)) {
                try context(account: text)
            }
        }
    }

    @Test("seals with the primary key, opens with every key and asks for resealing after a change")
    func rotatesKeys() throws {
        var keyring = try makeKeyring()
        let old = try Vault(keyring: keyring)
        let oldID = keyring.primaryID
        let sealed = try old.seal(SecretBytes("token"), context: context())
        #expect(!old.needsResealing(sealed))

        let newID = try keyring.add(newKey: RandomBytes.makeSecret(byteCount: 32))
        let prepared = try Vault(keyring: keyring)
        #expect(!prepared.needsResealing(sealed))
        try keyring.promote(newID)
        let rotated = try Vault(keyring: keyring)
        #expect(rotated.needsResealing(sealed))
        let opened = try rotated.open(sealed, context: context())
        let resealed = try rotated.seal(opened, context: context())
        #expect(!rotated.needsResealing(resealed))
        // A node that has not yet promoted the key can already open what another one sealed.
        #expect(try prepared.open(resealed, context: context()).copy == Array("token".utf8))

        try keyring.remove(oldID)
        let last = try Vault(keyring: keyring)
        #expect(throws: VaultError.unknownKey(oldID)) {
            try last.open(sealed, context: context())
        }
        #expect(!last.needsResealing(sealed))
        #expect(!last.needsResealing([UInt8]()))
    }
}

@Suite("A vault's keyring")
struct VaultKeyringTests {
    private static let letters = String(repeating: "A", count: 42)
    private static let first = "primary 00000001 \(letters.dropLast())BA"
    private static let second = "opens 00000002 \(letters.dropLast())CA"
    private static let format = "tradermind-vault-keyring 1"

    private func parse(_ lines: [String]) throws(KeyringError) -> VaultKeyring {
        let file = Array(lines.joined(separator: "\n").utf8)
        return try VaultKeyring(file: file)
    }

    @Test("is read back from its own file")
    func roundTrips() throws {
        var keyring = try VaultKeyring(newKey: RandomBytes.makeSecret(byteCount: 32))
        for _ in 0..<3 { _ = try keyring.add(newKey: RandomBytes.makeSecret(byteCount: 32)) }
        try keyring.promote(VaultKeyID(number: 3))
        let read = try keyring.fileContents().withSpan { file throws(KeyringError) in
            try VaultKeyring(file: file)
        }
        #expect(read.primaryID == VaultKeyID(number: 3))
        #expect(read.entries.map(\.id) == keyring.entries.map(\.id))
        for (left, right) in zip(read.entries, keyring.entries) {
            #expect(left.secret.isEqual(to: right.secret))
        }
    }

    @Test("may hold comments and empty lines, and need not end with a line feed")
    func readsComments() throws {
        let keyring = try parse([Self.format, "# ours", "", Self.second, Self.first])
        #expect(keyring.primaryID == VaultKeyID(number: 1))
        #expect(keyring.entries.map(\.id.text) == ["00000002", "00000001"])
    }

    @Test(
        "names the line that is not of its form",
        arguments: [
            "primary", "primary 00000003", "third 00000003 \(letters)QA",
            "opens 3 \(letters)Q", "opens 0000000G \(letters)Q", "opens 0000000A \(letters)Q",
            "opens  00000003 \(letters)Q", " opens 00000003 \(letters)Q",
            "opens 00000003 \(letters)Q ", "opens 00000003 \(letters)Q x",
            "opens 00000003 \(letters)=", "opens\t00000003 \(letters)Q",
            "opens 00000003 \(letters)Q\r", "opens 00000003 \(letters)B",
        ])
    func namesTheLine(line: String) {
        #expect(throws: KeyringError.invalidLine(number: 4)) {
            try parse([Self.format, Self.first, Self.second, line])
        }
    }

    @Test("refuses another format, a wrong number of primary keys and keys that are not random")
    func refuses() {
        #expect(throws: KeyringError.unknownFormat(expected: Self.format)) { try parse([]) }
        for format in ["", "tradermind-vault-keyring 2", Self.format + " ", Self.format + "\r"] {
            #expect(throws: KeyringError.unknownFormat(expected: Self.format)) {
                try parse([format, Self.first])
            }
        }
        #expect(throws: KeyringError.noPrimaryKey) { try parse([Self.format]) }
        #expect(throws: KeyringError.noPrimaryKey) { try parse([Self.format, Self.second]) }
        #expect(throws: KeyringError.noPrimaryKey) {
            try parse([Self.format, Self.first, Self.second.replacing("opens", with: "primary")])
        }
        #expect(throws: KeyringError.unusableKey(id: "00000003")) {
            try parse([Self.format, Self.first, "opens 00000003 \(Self.letters)A"])
        }
        #expect(throws: KeyringError.unusableKey(id: "00000003")) {
            try parse([Self.format, Self.first, "opens 00000003 AQ"])
        }
    }

    @Test("refuses two keys of one name or of the same bytes")
    func refusesDuplicates() {
        #expect(throws: KeyringError.duplicateKey(id: "00000001")) {
            try parse([
                Self.format, Self.first, Self.second.replacing("00000002", with: "00000001"),
            ])
        }
        #expect(throws: KeyringError.duplicateKey(id: "00000009")) {
            try parse([
                Self.format, Self.first, Self.second,
                Self.second.replacing("00000002", with: "00000009"),
            ])
        }
    }

    @Test("holds at most 16 keys in a file of at most 32 KiB")
    func bounds() throws {
        var keyring = try VaultKeyring(newKey: RandomBytes.makeSecret(byteCount: 32))
        for _ in 1..<16 { _ = try keyring.add(newKey: RandomBytes.makeSecret(byteCount: 32)) }
        #expect(throws: KeyringError.tooManyKeys(max: 16)) {
            try keyring.add(newKey: RandomBytes.makeSecret(byteCount: 32))
        }
        let head = [Self.format, Self.first]
        let used = head.joined(separator: "\n").utf8.count + 2
        let longest = "#" + String(repeating: "x", count: 32_768 - used)
        #expect(throws: Never.self) { try parse(head + [longest]) }
        #expect(throws: KeyringError.fileTooLong(byteCountMax: 32_768)) {
            try parse(head + [longest + "x"])
        }
    }

    @Test("keeps its primary key, and knows which keys it has")
    func changesSafely() throws {
        var keyring = try VaultKeyring(newKey: RandomBytes.makeSecret(byteCount: 32))
        let missing = VaultKeyID(number: 9)
        #expect(throws: KeyringError.keyIsInUse(id: "00000001")) {
            try keyring.remove(keyring.primaryID)
        }
        #expect(throws: KeyringError.noSuchKey(id: "00000009")) { try keyring.remove(missing) }
        #expect(throws: KeyringError.noSuchKey(id: "00000009")) { try keyring.promote(missing) }
        for byteCount in [0, 31, 33] {
            #expect(throws: KeyringError.unusableKey(id: "00000002")) {
                try keyring.add(newKey: RandomBytes.makeSecret(byteCount: byteCount))
            }
        }
    }
}
