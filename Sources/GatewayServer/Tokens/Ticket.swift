import EventLoop
import GatewayAPI
import JSONRPC
import Security

/// A one-time ticket: random bytes that stand for a token for half a minute, in a place where a
/// token must not be seen.
struct Ticket {
    /// Random bytes: as many as of a key.
    static let byteCount = 32

    /// What the client gets.
    let text: String
    /// What Redis gets: whoever reads there cannot use a ticket.
    let digest: String

    /// A new one.
    init() {
        let bytes = RandomBytes.make(byteCount: Self.byteCount)
        text = Base64URL.encode(bytes.span)
        digest = Base64URL.encode(SHA256Digest.of(bytes.span).span)
    }

    /// Reads a client's; nil where it has not the form of one.
    init?(_ text: String) {
        guard let bytes = Base64URL.decode(Array(text.utf8).span), bytes.count == Self.byteCount
        else { return nil }
        self.text = text
        digest = Base64URL.encode(SHA256Digest.of(bytes.span).span)
    }

    /// The key in Redis.
    var key: String { "tradermind:tickets:" + digest }
}

/// What a ticket proves, as Redis keeps it: all of a token that revocations and the end of the
/// connection depend on, and nothing that could be used as one.
enum TicketRecord {
    /// The text to keep.
    static func text(of token: VerifiedToken) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("sub", token.subject.text)
        writer.member("role", token.role.rawValue)
        writer.member("iss", token.issuer)
        writer.member("iat", token.issuedAtMilliseconds ?? 0)
        if let time = token.signedInAtMilliseconds { writer.member("auth_time", time) }
        writer.member("exp", token.expiresAtMilliseconds)
        if let id = token.tokenID { writer.member("jti", id) }
        writer.endObject()
        return String(decoding: writer.byteArray, as: UTF8.self)
    }

    /// Reads a kept text; nil where it is damaged.
    static func token(of text: [UInt8]) -> VerifiedToken? {
        // Safety: the array lives during the calls.
        let span = unsafe text.span.bytes
        var tape = JSONTape()
        guard (try? tape.read(span)) != nil else { return nil }
        let root = tape.root(in: span)
        guard let subject = root.member("sub")?.string.flatMap(SubjectID.init),
            let role = root.member("role")?.string.flatMap(TokenRole.init(rawValue:)),
            let issuer = root.member("iss")?.string,
            let issuedAt = root.member("iat")?.int64, let expiresAt = root.member("exp")?.int64
        else { return nil }
        return VerifiedToken(
            subject: subject, role: role, issuer: issuer, issuedAtMilliseconds: issuedAt,
            signedInAtMilliseconds: root.member("auth_time")?.int64,
            expiresAtMilliseconds: expiresAt, tokenID: root.member("jti")?.string, keyID: nil)
    }
}
