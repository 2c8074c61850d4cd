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
        let path = try section.requiredText("keys_file")
        let keyring = try KeyringFile(path: path).read()
        let name = try section.requiredText("issuer")
        let audience = try section.requiredText("audience")
        node.issuers = [
            TrustedIssuer(
                name: name, audiences: [audience], kind: .gateway, keys: keyring.verificationKeys)
        ]
        node.tokenKeysPath = path
        node.tokenIssuer = TokenIssuer(name: name, audience: audience, key: keyring.signingKey)
        try readTokenLimits(&section, into: &node)
        for (index, issuer) in (try section.objects("issuers") ?? []).enumerated() {
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
        func set(_ key: String, _ range: ClosedRange<Int>, _ body: (Int64) -> Void) throws {
            if let value = try section.integer(key, in: range) { body(Int64(value)) }
        }
        let lives = TokenLimits.lifetimeRange
        let seconds = Int(lives.lowerBound / 1000)...Int(lives.upperBound / 1000)
        try set("lifetime_seconds", seconds) { node.tokenLifetimeMilliseconds = $0 * 1000 }
        try set("longest_life_seconds", 60...31_536_000) {
            node.tokenLimits.longestLifeMilliseconds = $0 * 1000
        }
        let leeway = Int(SecurityLimits.leewayMillisecondsMax / 1000)
        try set("leeway_seconds", 0...leeway) { node.tokenLimits.leewayMilliseconds = $0 * 1000 }
        try set("grace_seconds", 0...300) { node.tokenLimits.graceMilliseconds = $0 * 1000 }
        try set("tickets_per_minute", 1...100_000) {
            node.tokenLimits.ticketsPerMinute = Int($0)
        }
        guard node.tokenLifetimeMilliseconds <= node.tokenLimits.longestLifeMilliseconds else {
            throw ConfigurationReader.Problem(
                description: "tokens.lifetime_seconds is above tokens.longest_life_seconds")
        }
    }

    private static func readIssuer(
        _ issuer: ConfigurationReader, named name: String, into node: inout GatewayConfiguration
    ) throws {
        var issuer = issuer
        let kind = try issuer.requiredText("kind")
        guard kind == "supabase" else {
            throw ConfigurationReader.Problem(description: "\(name).kind has to be supabase")
        }
        let issuerName = try issuer.requiredText("issuer")
        let audience = try issuer.text("audience") ?? "authenticated"
        let acceptsAnonymous = try issuer.boolean("accepts_anonymous") ?? false
        let url = try issuer.text("jwks_url")
        let authorityPath = try issuer.text("ca_file")
        let keySetPath = try issuer.text("jwks_file")
        let secretPath = try issuer.text("secret_file")
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
                description: "\(name).jwks_url is not usable: \(error)")
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
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationReader.Problem(description: "cannot read \(name)")
        }
        let keySet: JSONWebKeySet
        do throws(JSONWebKeySet.DocumentError) {
            keySet = try JSONWebKeySet(Array(data).span, contents: .publicKeys)
        } catch {
            throw ConfigurationReader.Problem(description: "\(name) is not usable: \(error)")
        }
        guard !keySet.keys.keys.isEmpty else {
            throw ConfigurationReader.Problem(
                description: "\(name) has no key that signs ES256 or RS256")
        }
        return keySet.keys
    }

    private static func sharedSecret(at path: String, named name: String) throws -> TokenKeySet {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationReader.Problem(description: "cannot read \(name)")
        }
        // An editor ends the last line; the secret has no line breaks.
        var bytes = Array(data)
        while bytes.last == UInt8(ascii: "\n") || bytes.last == UInt8(ascii: "\r") {
            bytes.removeLast()
        }
        let key: HMACSHA256Key
        do throws(KeyError) {
            key = try HMACSHA256Key(secret: SecretBytes(copying: bytes.span))
        } catch {
            throw ConfigurationReader.Problem(description: "\(name) is not usable: \(error)")
        }
        return try TokenKeySet([TokenKey(id: nil, material: .sharedSecret(key))])
    }
}
