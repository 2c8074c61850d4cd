package import WebSocketProtocol

/// Which of Deriv's two live sign-ins is used.
package enum OAuthGeneration: String, Sendable, CaseIterable {
    /// The redirect that brings one token per account in its query; a numeric app id.
    case legacy
    /// Authorization code with PKCE (RFC 6749 §4.1, RFC 7636), one token for all accounts.
    case options
}

/// How to sign in with Deriv: an application's registration and the server's endpoints.
package struct OAuthProfile: Sendable {
    /// Which sign-in.
    package var generation: OAuthGeneration
    /// `app_id` of the first generation, `client_id` of the current one.
    package var applicationID: String
    /// Where the browser is sent.
    package var authorizeURL: HTTPURL
    /// Where Deriv sends it back: as registered, byte for byte.
    package var redirectURL: HTTPURL
    /// Where a code becomes a token; the current generation has it.
    package var tokenURL: HTTPURL?
    /// Where the accounts are listed; the current generation has it.
    package var accountsURL: HTTPURL?
    /// Where tokens are revoked (`legacy/tokens/revoke`, or RFC 7009); nil for nowhere.
    package var revokeURL: HTTPURL?
    /// What the application may do there.
    package var scopes: [String]
    /// The language of Deriv's pages (`EN`), first generation; nil for Deriv's choice.
    package var language: String?
    /// The brand (`deriv`), first generation; nil for none.
    package var brand: String?
    /// Whether a callback without `state` is refused; the default, in both generations. Without it
    /// the cookie only says that this browser has begun a sign-in, which any page can make it do,
    /// and not that the callback is Deriv's answer to it: somebody could sign the browser in to an
    /// account of their own (RFC 6749 §10.12). That Deriv echoes it is documented for the current
    /// generation only.
    package var requiresState = true

    /// A profile from its parts.
    package init(
        generation: OAuthGeneration, applicationID: String, authorizeURL: HTTPURL,
        redirectURL: HTTPURL, scopes: [String]
    ) {
        self.generation = generation
        self.applicationID = applicationID
        self.authorizeURL = authorizeURL
        self.redirectURL = redirectURL
        self.scopes = scopes
    }

    /// Where to send the browser.
    ///
    /// - Parameter handle: the secret of this sign-in.
    /// - Returns: the URL, with the handle's state and, in the current generation, its challenge.
    package func authorizationURL(for handle: SignInHandle) -> String {
        var form = FormText()
        switch generation {
        case .options:
            form.append("response_type", "code")
            form.append("client_id", applicationID)
            form.append("redirect_uri", redirectURL.text)
            form.append("scope", scopes.joined(separator: " "))
            form.append("state", handle.state)
            form.append("code_challenge", handle.codeChallenge)
            form.append("code_challenge_method", "S256")
        case .legacy:
            form.append("app_id", applicationID)
            if let language { form.append("l", language) }
            if let brand { form.append("brand", brand) }
            form.append("state", handle.state)
        }
        let separator = authorizeURL.target.contains("?") ? "&" : "?"
        return authorizeURL.text + separator + String(decoding: form.bytes, as: UTF8.self)
    }
}
