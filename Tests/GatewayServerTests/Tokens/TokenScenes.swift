import EventLoop
import Foundation
import GatewayServer
import Redis
import Security
import TestSupport

extension GatewayScene {
    static let adminID = "a0000000-0000-4000-8000-000000000001"
    static let otherID = "c0000000-0000-4000-8000-000000000009"

    /// A token of any user.
    func token(
        of user: String, _ role: TokenRole = .user, age: Int64 = 0, lifetime: Int64 = 3_600_000,
        keyring: TokenKeyring? = nil
    ) throws -> String {
        let issuer = TokenIssuer(
            name: Self.issuerName, audience: Self.audience,
            key: (keyring ?? self.keyring).signingKey)
        let token = try issuer.issue(
            subject: try SubjectID(user).orThrow("a UUID"), role: role,
            now: WallClock.milliseconds() - age, lifetimeMilliseconds: lifetime,
            randomBytes: RandomBytes.make(byteCount: TokenIssuer.tokenIDByteCount))
        return RunEvidence.noting(String(decoding: token, as: UTF8.self))
    }

    /// The `jti` of a token.
    static func tokenID(of token: String) throws -> String {
        let payload = Array(token.split(separator: ".")[1].utf8)
        let claims = try Base64URL.decode(payload.span).orThrow("base64url")
        return try WireMessage(String(decoding: claims, as: UTF8.self)).string("jti")
            .orThrow("jti")
    }

    /// An admin's client.
    func admin() throws -> SceneClient {
        try client(token: token(of: Self.adminID, .admin))
    }

    /// Another node on the same Redis, for the same tokens.
    func sibling(
        loops: Int = 2, _ configure: (inout GatewayConfiguration) -> Void = { _ in }
    ) throws -> GatewayScene {
        let url = try RedisURL(try redis.orThrow("a redis-server").url)
        let issuer = TrustedIssuer(
            name: Self.issuerName, audiences: [Self.audience], kind: .gateway,
            keys: keyring.verificationKeys)
        return try GatewayScene(loops: loops, hasRedis: false) { configuration in
            configuration.nodeName = "sibling"
            configuration.redis = url
            configuration.issuers = [issuer]
            configuration.tokenLimits.requiresRevocations = true
            configure(&configuration)
        }
    }

    /// The status of a handshake with a token, and the reason where it is refused.
    func handshake(_ token: String) throws -> (status: Int, reason: String?) {
        let connection = try connect()
        try connection.send(SceneClient.head(token: token))
        let head = try connection.take(through: "\r\n\r\n")
        let answer = try HTTPAnswer(Array(head.utf8))
        guard answer.status != 101 else { return (101, nil) }
        let whole = try HTTPAnswer(Array(head.utf8) + connection.takeAll())
        return (whole.status, whole.reason)
    }
}
