import ArgumentParser
import EventLoop
import Security

/// `gateway keys`: makes and replaces the keys of session tokens.
struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make and replace the keys of session tokens and of the vault.",
        subcommands: [Generate.self, Prepare.self, Rotate.self, Reseal.self])

    /// `gateway keys generate`.
    struct Generate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a keyring file with one new key.")

        @Argument(help: "The file; it must not exist.")
        var file: String

        @Option(help: "HS256 or ES256.")
        var algorithm = "HS256"

        @Flag(help: "Keys that seal the broker's tokens (AES-256-GCM).")
        var vault = false

        func run() throws {
            if vault { return try Keys.generateVault(file) }
            let keyring = try TokenKeyring(
                newKey: RandomBytes.makeSecret(byteCount: TokenKeyring.secretByteCount),
                algorithm: try Keys.algorithm(algorithm),
                idBytes: RandomBytes.make(byteCount: TokenKeyring.idByteCount))
            try KeyringFile(path: file).create(keyring)
            print("\(file) has a key that signs tokens. Bring the same file to every node.")
        }
    }

    /// `gateway keys prepare`.
    struct Prepare: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add the next key, which verifies but does not sign yet.",
            discussion: "Let every node read the file before `gateway keys rotate`.")

        @Argument(help: "The keyring file.")
        var file: String

        @Option(help: "HS256 or ES256.")
        var algorithm = "HS256"

        func run() throws {
            if Keys.isVault(file) { return try Keys.prepareVault(file) }
            let file = KeyringFile(path: file)
            var keyring = try file.read()
            guard !keyring.hasNextKey else {
                throw ValidationError("there is a next key already: gateway keys rotate uses it")
            }
            try keyring.prepare(
                newKey: RandomBytes.makeSecret(byteCount: TokenKeyring.secretByteCount),
                algorithm: try Keys.algorithm(algorithm),
                idBytes: RandomBytes.make(byteCount: TokenKeyring.idByteCount))
            try file.replace(with: keyring)
            print("The next key verifies. Let every node read the file (SIGHUP), then rotate.")
        }
    }

    /// `gateway keys rotate`.
    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign with the next key; the current one goes on verifying for a while.")

        @Argument(help: "The keyring file.")
        var file: String

        @Option(help: "How many seconds the replaced key still verifies.")
        var overlap: Int64 = 86_400

        @Option(help: "For the vault's keys: the configuration whose database is sealed again.")
        var config: String?

        func run() throws {
            if Keys.isVault(file) { return try Keys.rotateVault(file, config: config) }
            guard (0...31_536_000).contains(overlap) else {
                throw ValidationError("--overlap takes 0 to 31536000 seconds")
            }
            let file = KeyringFile(path: file)
            var keyring = try file.read()
            guard keyring.hasNextKey else {
                throw ValidationError("there is no next key: gateway keys prepare adds one")
            }
            try keyring.promote(
                now: WallClock.milliseconds(), overlapMilliseconds: overlap * 1000)
            try file.replace(with: keyring)
            print("The next key signs. Let every node read the file (SIGHUP).")
        }
    }

    static func algorithm(_ name: String) throws -> TokenAlgorithm {
        guard let algorithm = TokenAlgorithm(rawValue: name), algorithm != .rs256 else {
            throw ValidationError("--algorithm takes HS256 or ES256")
        }
        return algorithm
    }
}
