import Deriv
import GatewayAPI
import JSONRPC
import Redis
import RedisProtocol
import Security

/// A user who is signed in and connects Deriv, with what is needed to know whether the token that
/// showed it was revoked since.
struct ConnectingUser: Equatable {
    /// Who.
    var subject: SubjectID
    /// The `jti` of the token, where it has one.
    var tokenID: String?
    /// When the token counts as issued, milliseconds since the epoch.
    var issuedAt: Int64

    /// What revocations are looked up by.
    var mark: TokenMark { TokenMark(tokenID: tokenID, issuedAtMilliseconds: issuedAt) }
}

extension ConnectingUser {
    /// The user of a token that was judged.
    init(_ token: VerifiedToken) {
        self.init(
            subject: token.subject, tokenID: token.tokenID,
            issuedAt: Int64(TokenMark(of: token).issuedAtSecond) * 1000)
    }
}

/// A sign-in that was begun.
struct PendingSignIn: Equatable {
    /// Whose connection to Deriv it makes; nil where somebody signs in.
    var user: ConnectingUser?
    /// Which generation the browser was sent to.
    var generation: OAuthGeneration
}

/// A browser that is signed in.
struct BrowserSession: Equatable {
    /// Who.
    var user: SubjectID
    /// When the sign-in was, milliseconds since the epoch.
    var signedInAt: Int64
}

/// What the gateway remembers of browsers, in Redis, so that any node can go on where another
/// began. The keys are digests of what the browsers' cookies hold: nothing here opens anything.
struct SignInStore {
    static let signInPrefix = "tradermind:auth:sign_ins:"
    static let sessionPrefix = "tradermind:auth:sessions:"

    private let pool: RedisPool
    private let limits: SignInLimits

    init(pool: RedisPool, limits: SignInLimits) {
        self.pool = pool
        self.limits = limits
    }

    /// Whether a command would be sent now.
    var isReady: Bool { pool.isReady }

    // MARK: - Sign-ins

    /// Remembers that a sign-in was begun, for its bounded time.
    func begin(_ signIn: PendingSignIn, _ handle: SignInHandle) async throws(RedisError) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("generation", signIn.generation.rawValue)
        if let user = signIn.user {
            writer.member("user_id", user.subject.text)
            writer.member("issued_at", user.issuedAt)
            if let id = user.tokenID { writer.member("token_id", id) }
        }
        writer.endObject()
        var command = RedisCommand("SET", Self.signInPrefix + handle.recordName)
        command.append(writer.byteArray)
        command.append("EX")
        command.append(Int64(limits.signInSeconds))
        command.append("NX")
        _ = try await pool.command(command)
    }

    /// Takes a sign-in that was begun: only one callback on any node gets it.
    ///
    /// - Returns: nil where there is none, or it was taken, or it is too old.
    func take(_ handle: SignInHandle) async throws(RedisError) -> PendingSignIn? {
        let reply = try await pool.command(
            RedisCommand("GETDEL", Self.signInPrefix + handle.recordName))
        return reply.bytes.flatMap(Self.signIn)
    }

    private static func signIn(_ bytes: [UInt8]) -> PendingSignIn? {
        var tape = JSONTape()
        // Safety: the array lives as long as the views into it.
        let text = unsafe bytes.span.bytes
        guard (try? tape.read(text)) != nil else { return nil }
        let root = tape.root(in: text)
        guard let name = root.member("generation")?.string,
            let generation = OAuthGeneration(rawValue: name)
        else { return nil }
        guard let id = root.member("user_id")?.string else {
            return PendingSignIn(user: nil, generation: generation)
        }
        guard let subject = SubjectID(id), let issuedAt = root.member("issued_at")?.int64 else {
            return nil
        }
        let user = ConnectingUser(
            subject: subject, tokenID: root.member("token_id")?.string, issuedAt: issuedAt)
        return PendingSignIn(user: user, generation: generation)
    }

    // MARK: - Browsers

    /// Remembers a browser that has signed in.
    func open(_ session: BrowserSession, _ handle: SessionHandle) async throws(RedisError) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("user_id", session.user.text)
        writer.member("signed_in_at", session.signedInAt)
        writer.endObject()
        var command = RedisCommand("SET", Self.sessionPrefix + handle.recordName)
        command.append(writer.byteArray)
        command.append("EX")
        command.append(Int64(limits.sessionIdleSeconds))
        _ = try await pool.command(command)
    }

    /// A browser's session, which then lasts for its idle time again; nil where there is none or
    /// it has reached its greatest age.
    func session(
        _ handle: SessionHandle, now: Int64
    ) async throws(RedisError) -> BrowserSession? {
        let key = Self.sessionPrefix + handle.recordName
        var command = RedisCommand("GETEX", key, "EX")
        command.append(Int64(limits.sessionIdleSeconds))
        let reply = try await pool.command(command)
        guard let session = reply.bytes.flatMap(Self.session) else { return nil }
        guard now - session.signedInAt < Int64(limits.sessionSeconds) * 1000 else {
            try await close(handle)
            return nil
        }
        return session
    }

    /// Forgets a browser's session.
    func close(_ handle: SessionHandle) async throws(RedisError) {
        _ = try await pool.command(RedisCommand("DEL", Self.sessionPrefix + handle.recordName))
    }

    private static func session(_ bytes: [UInt8]) -> BrowserSession? {
        var tape = JSONTape()
        // Safety: the array lives as long as the views into it.
        let text = unsafe bytes.span.bytes
        guard (try? tape.read(text)) != nil else { return nil }
        let root = tape.root(in: text)
        guard let user = root.member("user_id")?.string.flatMap({ SubjectID($0) }),
            let time = root.member("signed_in_at")?.int64
        else { return nil }
        return BrowserSession(user: user, signedInAt: time)
    }
}

/// The secret of a browser's session, kept in its cookie and nowhere else.
struct SessionHandle {
    static let byteCount = 32
    private static let textByteCount = 43

    private let secret: SecretBytes

    /// A new session.
    init(randomBytes: SecretBytes) {
        precondition(randomBytes.byteCount == Self.byteCount, "a handle takes 32 bytes")
        secret = randomBytes
    }

    /// The session of a cookie; nil where the value is none that this type made.
    init?(cookieValue: String) {
        guard cookieValue.utf8.count == Self.textByteCount,
            let secret = Base64URL.decodeSecret(Array(cookieValue.utf8).span),
            secret.byteCount == Self.byteCount
        else { return nil }
        self.secret = secret
    }

    /// What goes into the cookie.
    var cookieValue: SecretBytes { Base64URL.encodeSecret(secret) }

    /// The name of the session's record.
    var recordName: String {
        SHA256Digest.derive(from: secret, label: "tradermind browser session").withSpan {
            Base64URL.encode($0)
        }
    }
}
