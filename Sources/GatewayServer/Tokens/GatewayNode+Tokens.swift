import EventLoop
package import Security

extension GatewayNode {
    /// Replaces the keys with which the gateway's own tokens are signed and verified, for tokens
    /// from now on: what a keyring file says after `gateway keys rotate`. Connections stay.
    ///
    /// - Parameter keyring: the keys.
    package func replaceTokenKeys(with keyring: TokenKeyring) {
        let issuers = shared.configuration.issuers
        for (index, issuer) in issuers.enumerated() where issuer.kind == .gateway {
            if shared.tokenIssuer != nil, let audience = issuer.audiences.first {
                shared.tokenIssuer = TokenIssuer(
                    name: issuer.name, audience: audience, key: keyring.signingKey)
            }
            let keys = keyring.verificationKeys
            for server in servers {
                server.loop.post { server.value.replaceKeys(of: index, with: keys) }
            }
        }
    }
}
