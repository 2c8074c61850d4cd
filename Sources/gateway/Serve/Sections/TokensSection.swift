import EventLoop
import Foundation
import GatewayServer
import Security
import WebSocketProtocol

/// The section `tokens`: the gateway's own tokens, and further issuers whose tokens it accepts.
extension ServeConfiguration {
    /// Reads the section.
    ///
    /// - Parameters:
    ///   - file: the file, from which the section is taken.
    ///   - node: gets the settings.
    /// - Throws: what is wrong with a setting.
    static func readTokens(
        _ file: inout ConfigurationReader, into node: inout GatewayConfiguration
    ) throws {
        var section = try file.object("tokens")
        let path = try section.requiredText(
            "keys_file", as: .secretFile,
            "The keys of the gateway's own tokens, which `gateway keys generate FILE` makes; the "
                + "same on every node.")
        let keyring = try KeyringFile(path: path).read()
        let name = try section.requiredText("issuer", "`iss` of the gateway's own tokens.")
        let audience = try section.requiredText("audience", "`aud` of the gateway's own tokens.")
        node.issuers = [
            TrustedIssuer(
                name: name, audiences: [audience], kind: .gateway, keys: keyring.verificationKeys)
        ]
        node.tokenKeysPath = path
        node.tokenIssuer = TokenIssuer(name: name, audience: audience, key: keyring.signingKey)
        try readTokenLimits(&section, into: &node)
        let issuers =
            try section.objects(
                "issuers",
                "Further issuers whose tokens are accepted. A project with both kinds of keys is "
                    + "listed twice.") ?? []
        for (index, issuer) in issuers.enumerated() {
            try readIssuer(issuer, named: "tokens.issuers[\(index)]", into: &node)
        }
        try section.finish()
        guard node.issuers.count <= SecurityLimits.trustedIssuerCountMax else {
            throw ConfigurationReader.Problem(
                description: "tokens.issuers has to be at most "
                    + "\(SecurityLimits.trustedIssuerCountMax - 1) issuers")
        }
    }

    private static func readTokenLimits(
        _ section: inout ConfigurationReader, into node: inout GatewayConfiguration
    ) throws {
        let lives = TokenLimits.lifetimeRange
        try section.integer(
            "lifetime_seconds", Int(lives.lowerBound / 1000)...Int(lives.upperBound / 1000),
            unit: 1000, into: &node.tokenLifetimeMilliseconds,
            "How long the tokens are valid that signing in through Deriv gives.")
        try section.integer(
            "longest_life_seconds", 60...31_536_000, unit: 1000,
            into: &node.tokenLimits.longestLifeMilliseconds,
            "The longest life, from `iat` to `exp`, of a token that is accepted. Revocations are "
                + "kept for as long.")
        try section.integer(
            "leeway_seconds", 0...Int(SecurityLimits.leewayMillisecondsMax / 1000), unit: 1000,
            into: &node.tokenLimits.leewayMilliseconds,
            "How far clocks may differ: more than clocks that NTP keeps ever do.")
        try section.integer(
            "grace_seconds", 0...300, unit: 1000, into: &node.tokenLimits.graceMilliseconds,
            "How long a connection outlives its token, so that `auth.refresh` can come late.")
        try section.integer(
            "tickets_per_minute", 1...100_000, into: &node.tokenLimits.ticketsPerMinute,
            "`POST /auth/ticket` of one user: a page that reconnects every second still gets its "
                + "tickets.")
        guard node.tokenLifetimeMilliseconds <= node.tokenLimits.longestLifeMilliseconds else {
            throw ConfigurationReader.Problem(
                description: "tokens.lifetime_seconds is above tokens.longest_life_seconds")
        }
    }

    private static func readIssuer(
        _ issuer: ConfigurationReader, named name: String, into node: inout GatewayConfiguration
    ) throws {
        var issuer = issuer
        _ = try issuer.choice("kind", of: ["supabase"], standard: nil, "Whose tokens they are.")
        let issuerName = try issuer.requiredText(
            "issuer", "`iss`: `https://PROJECT.supabase.co/auth/v1`.")
        let audience =
            try issuer.text("audience", standard: "authenticated", "`aud`.") ?? "authenticated"
        var acceptsAnonymous = false
        try issuer.boolean(
            "accepts_anonymous", into: &acceptsAnonymous,
            "Whether users may come who have signed in without any account.")
        let url = try issuer.text(
            "jwks_url", as: .url,
            "Where its public keys are; fetched again every 10 minutes, and for an unknown key at "
                + "most every 30 s.")
        let authorityPath = try issuer.text(
            "ca_file", as: .file, standard: "the system's",
            "Authorities that certify that server (PEM).")
        let keySetPath = try issuer.text(
            "jwks_file", as: .file, "The public keys, in place of `jwks_url`.")
        let secretPath = try issuer.text(
            "secret_file", as: .secretFile,
            "The secret of a legacy project that signs with HS256, in place of `jwks_url`.")
        try issuer.finish()
        guard [url, keySetPath, secretPath].count(where: { $0 != nil }) == 1 else {
            throw ConfigurationReader.Problem(
                description: "\(name) needs one of jwks_url, jwks_file and secret_file; "
                    + "an issuer with both kinds of keys is listed twice")
        }
        var keys = try TokenKeySet([])
        if let keySetPath {
            keys = try keySet(at: keySetPath, named: "\(name).jwks_file")
        } else if let secretPath {
            keys = try sharedSecret(at: secretPath, named: "\(name).secret_file")
        } else if let url {
            node.keySources.append(
                try keySource(
                    url, authorityPath, issuerIndex: node.issuers.count, named: name))
        }
        node.issuers.append(
            TrustedIssuer(
                name: issuerName, audiences: [audience],
                kind: .supabase(acceptsAnonymousUsers: acceptsAnonymous), keys: keys))
    }

    private static func keySource(
        _ text: String, _ authorityPath: String?, issuerIndex: Int, named name: String
    ) throws -> IssuerKeySource {
        let url: HTTPURL
        do throws(HTTPURL.Failure) {
            url = try HTTPURL(text)
        } catch {
            throw ConfigurationReader.Problem(
                description: "\(name).jwks_url is not usable: \(error.advice)")
        }
        let isLocal = ["127.0.0.1", "::1", "localhost"].contains(url.host)
        guard url.usesTLS || isLocal else {
            throw ConfigurationReader.Problem(
                description: "\(name).jwks_url has to begin with https://: whoever changes the "
                    + "document on its way signs in as anyone")
        }
        do throws(TLSError) {
            _ = try TLSTrust(authorityPath: authorityPath)
        } catch {
            throw ConfigurationReader.Problem(
                description: "\(name).ca_file is not usable: \(error)")
        }
        return IssuerKeySource(
            issuerIndex: issuerIndex, url: url, authorityPath: authorityPath,
            allowsPlainHTTP: isLocal)
    }

    private static func keySet(at path: String, named name: String) throws -> TokenKeySet {
        let data = try ReadableFile.bytes(of: path, setting: name)
        let keySet: JSONWebKeySet
        do throws(JSONWebKeySet.DocumentError) {
            keySet = try JSONWebKeySet(data.span, contents: .publicKeys)
        } catch {
            throw ConfigurationReader.Problem(
                description: "\(name) is not usable: \(error.advice)")
        }
        guard !keySet.keys.keys.isEmpty else {
            throw ConfigurationReader.Problem(
                description: "\(name) has no key that signs ES256 or RS256")
        }
        return keySet.keys
    }

    private static func sharedSecret(at path: String, named name: String) throws -> TokenKeySet {
        // An editor ends the last line; the secret has no line breaks.
        var bytes = try ReadableFile.bytes(of: path, setting: name)
        while bytes.last == UInt8(ascii: "\n") || bytes.last == UInt8(ascii: "\r") {
            bytes.removeLast()
        }
        let key: HMACSHA256Key
        do throws(KeyError) {
            key = try HMACSHA256Key(secret: SecretBytes(copying: bytes.span))
        } catch {
            throw ConfigurationReader.Problem(
                description: "\(name) is not usable: a secret has at least "
                    + "\(SecurityLimits.sharedSecretByteCount.lowerBound) bytes")
        }
        return try TokenKeySet([TokenKey(id: nil, material: .sharedSecret(key))])
    }
}
