import EventLoop
import Security

/// The keys of `gateway dev`, made once and found again at each start.
struct DevKeys {
    /// The issuer and audience of the tokens.
    static let issuer = "tradermind-dev"
    static let audience = "tradermind-gateway"
    /// How long the tokens of one start are valid.
    static let tokenLifetimeMilliseconds: Int64 = 24 * 3_600_000
    private static let fileName = "token-keys"

    private let keyring: TokenKeyring

    /// Reads the keys of a folder, and makes them where there are none.
    init(_ directory: DevDirectory) throws {
        if let file = directory.read(Self.fileName) {
            do throws(KeyringError) {
                keyring = try TokenKeyring(file: file.span)
            } catch {
                throw DevError.damagedKey(directory.file(Self.fileName))
            }
            return
        }
        keyring = try TokenKeyring(
            newKey: RandomBytes.makeSecret(byteCount: TokenKeyring.secretByteCount),
            algorithm: .hs256,
            idBytes: RandomBytes.make(byteCount: TokenKeyring.idByteCount))
        try directory.write(keyring.fileContents(), to: Self.fileName)
    }

    /// Whose tokens the node accepts: those of these keys.
    var trustedIssuer: TrustedIssuer {
        TrustedIssuer(
            name: Self.issuer, audiences: [Self.audience], kind: .gateway,
            keys: keyring.verificationKeys)
    }

    /// Signs the tokens that the node issues itself.
    var tokenIssuer: TokenIssuer {
        TokenIssuer(name: Self.issuer, audience: Self.audience, key: keyring.signingKey)
    }

    /// The user of a role's token.
    static func subject(of role: TokenRole) -> SubjectID {
        switch role {
        case .admin: SubjectID(high: 0xa000_0000_0000_4000, low: 0x8000_0000_0000_0001)
        case .user: SubjectID(high: 0xb000_0000_0000_4000, low: 0x8000_0000_0000_0002)
        case .service: SubjectID(high: 0xc000_0000_0000_4000, low: 0x8000_0000_0000_0003)
        }
    }

    /// The users of all tokens, with their roles.
    static let users: [(SubjectID, TokenRole)] = [TokenRole.admin, .user, .service].map {
        (subject(of: $0), $0)
    }

    /// A token for a role; its user is the same at every start.
    func token(for role: TokenRole) throws -> String {
        let token = try tokenIssuer.issue(
            subject: Self.subject(of: role), role: role, now: WallClock.milliseconds(),
            lifetimeMilliseconds: Self.tokenLifetimeMilliseconds,
            randomBytes: RandomBytes.make(byteCount: TokenIssuer.tokenIDByteCount))
        return String(decoding: token, as: UTF8.self)
    }
}
