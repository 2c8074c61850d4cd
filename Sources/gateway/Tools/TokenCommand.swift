import ArgumentParser
import EventLoop
import Foundation
import Security

/// `gateway token`: makes and checks tokens.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make and check session tokens.",
        subcommands: [Mint.self, Check.self])

    /// Where keys come from and what tokens name.
    struct Source: ParsableArguments {
        @Option(help: "The keyring file (see `gateway keys generate`).")
        var keys: String

        @Option(help: "The issuer (`iss`).")
        var issuer: String

        @Option(help: "The audience (`aud`).")
        var audience: String

        func keyring() throws -> TokenKeyring {
            try KeyringFile(path: keys).read()
        }
    }

    /// `gateway token mint`.
    struct Mint: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a token and print it.")

        @OptionGroup var source: Source

        @Option(help: "The user's UUID.")
        var subject: String

        @Option(help: "user, admin or service.")
        var role: String

        @Option(help: "How many seconds it is valid.")
        var lifetime: Int64 = 3600

        func run() throws {
            guard let subject = SubjectID(subject) else {
                throw ValidationError("--subject takes a UUID")
            }
            guard let role = TokenRole(rawValue: role) else {
                throw ValidationError("--role takes user, admin or service")
            }
            let (milliseconds, overflow) = lifetime.multipliedReportingOverflow(by: 1000)
            guard lifetime > 0, !overflow else {
                throw ValidationError("--lifetime takes seconds, at least 1")
            }
            let issuer = TokenIssuer(
                name: source.issuer, audience: source.audience,
                key: try source.keyring().signingKey)
            let token = try issuer.issue(
                subject: subject, role: role, now: WallClock.milliseconds(),
                lifetimeMilliseconds: milliseconds,
                randomBytes: RandomBytes.make(byteCount: TokenIssuer.tokenIDByteCount))
            print(String(decoding: token, as: UTF8.self))
        }
    }

    /// `gateway token check`.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a token from standard input and say what it proves.",
            discussion: "The token is read from standard input, so that no shell keeps it.")

        @OptionGroup var source: Source

        func run() throws {
            let token = (readLine() ?? "").trimmingCharacters(in: .whitespaces)
            var verifier = TokenVerifier(issuers: [
                TrustedIssuer(
                    name: source.issuer, audiences: [source.audience], kind: .gateway,
                    keys: try source.keyring().verificationKeys)
            ])
            do throws(TokenError) {
                let verified = try verifier.verify(
                    Array(token.utf8).span, now: WallClock.milliseconds())
                print("subject     \(verified.subject.text)")
                print("role        \(verified.role.rawValue)")
                print("expires_at  \(verified.expiresAtMilliseconds)")
                print("token_id    \(verified.tokenID ?? "-")")
                print("key_id      \(verified.keyID ?? "-")")
            } catch {
                print("refused: \(error.reason)")
                throw ExitCode.failure
            }
        }
    }
}
