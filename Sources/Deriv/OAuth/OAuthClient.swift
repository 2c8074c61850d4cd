package import HTTPFetch
package import Security
import WebSocketProtocol

/// Why Deriv granted nothing.
package enum OAuthError: Error, Sendable, Equatable {
    /// Deriv could not be asked, or did not answer.
    case unavailable(HTTPFetchError)
    /// Deriv answered.
    case answered(OAuthReplyError)
    /// Deriv's socket did not confirm a token of the first generation.
    case socket(SocketError)
    /// The profile's generation has no such endpoint.
    case notOffered
}

/// Asks Deriv's OAuth server and its list of accounts, for the current generation. Confined to the
/// fetcher's loop.
package struct OAuthClient {
    private let fetcher: HTTPFetcher
    private let profile: OAuthProfile

    /// A client for a profile.
    ///
    /// - Parameters:
    ///   - fetcher: sends the requests.
    ///   - profile: the registration and the endpoints.
    package init(fetcher: HTTPFetcher, profile: OAuthProfile) {
        self.fetcher = fetcher
        self.profile = profile
    }

    /// Exchanges a code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.5).
    ///
    /// - Parameters:
    ///   - code: from the callback.
    ///   - verifier: of the sign-in that the code belongs to.
    /// - Returns: the tokens.
    /// - Throws: ``OAuthError``
    package func exchange(
        code: SecretBytes, verifier: SecretBytes
    ) async throws(OAuthError) -> OAuthGrant {
        var form = FormText()
        form.append("grant_type", "authorization_code")
        form.append("client_id", profile.applicationID)
        form.append("code", code)
        form.append("redirect_uri", profile.redirectURL.text)
        form.append("code_verifier", verifier)
        return try await grant(form)
    }

    /// The accounts that a token is for, which also proves the token.
    ///
    /// - Parameter accessToken: the token.
    /// - Returns: the accounts, at least one.
    /// - Throws: ``OAuthError``
    package func accounts(
        accessToken: SecretBytes
    ) async throws(OAuthError) -> [DerivAccount] {
        guard let url = profile.accountsURL else { throw .notOffered }
        let response = try await send(
            HTTPFetchRequest(
                url: url,
                fields: [
                    HTTPField("Accept", "application/json"),
                    HTTPField("Deriv-App-ID", profile.applicationID),
                ], bearer: accessToken))
        do throws(OAuthReplyError) {
            return try AccountsReply.read(
                status: response.status, fields: response.fields, body: response.body)
        } catch {
            throw .answered(error)
        }
    }

    /// Gives tokens back: RFC 7009 in the current generation, a JSON list in the first.
    ///
    /// - Parameter tokens: all of one user; more than `OAuthLimits.revokedTokenCountMax` go in
    ///   several requests.
    /// - Throws: ``OAuthError``; the tokens may be valid then.
    package func revoke(_ tokens: [SecretBytes]) async throws(OAuthError) {
        guard let url = profile.revokeURL else { throw .notOffered }
        switch profile.generation {
        case .options:
            for token in tokens {
                var form = FormText()
                form.append("token", token)
                form.append("client_id", profile.applicationID)
                try await expectDone(url, "application/x-www-form-urlencoded", form.takeSecret())
            }
        case .legacy:
            var rest = tokens[...]
            while !rest.isEmpty {
                let part = rest.prefix(OAuthLimits.revokedTokenCountMax)
                rest = rest.dropFirst(part.count)
                try await expectDone(url, "application/json", Self.list(part))
            }
        }
    }

    /// A JSON list of tokens, none of which has a character that needs an escape.
    private static func list(_ tokens: ArraySlice<SecretBytes>) -> SecretBytes {
        var bytes = Array("[".utf8)
        for (index, token) in tokens.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\""))
            token.withSpan { secret in
                for index in secret.indices { bytes.append(secret[index]) }
            }
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "]"))
        let list = SecretBytes(copying: bytes.span)
        for index in bytes.indices { bytes[index] = 0 }
        return list
    }

    private func expectDone(
        _ url: HTTPURL, _ type: String, _ body: SecretBytes
    ) async throws(OAuthError) {
        let response = try await send(
            HTTPFetchRequest(
                method: .post, url: url, fields: [HTTPField("Content-Type", type)], body: body))
        guard (200...299).contains(response.status.rawValue) else {
            throw .answered(.refused("other"))
        }
    }

    private func grant(_ form: consuming FormText) async throws(OAuthError) -> OAuthGrant {
        guard let url = profile.tokenURL else { throw .notOffered }
        var form = form
        let response = try await send(
            HTTPFetchRequest(
                method: .post, url: url,
                fields: [
                    HTTPField("Accept", "application/json"),
                    HTTPField("Content-Type", "application/x-www-form-urlencoded"),
                ], body: form.takeSecret()))
        do throws(OAuthReplyError) {
            return try TokenReply.read(
                status: response.status, fields: response.fields, body: response.body)
        } catch {
            throw .answered(error)
        }
    }

    private func send(
        _ request: HTTPFetchRequest
    ) async throws(OAuthError) -> HTTPFetchResponse {
        do throws(HTTPFetchError) {
            return try await fetcher.fetch(request)
        } catch {
            throw .unavailable(error)
        }
    }
}
