import Security
import Testing
import WebSocketProtocol

@testable import Deriv

extension SecretBytes {
    /// A secret from a text, and back, for tests.
    static func text(_ text: String) -> SecretBytes { SecretBytes(copying: Array(text.utf8).span) }
    var text: String {
        withSpan { bytes in
            var copy: [UInt8] = []
            for index in bytes.indices { copy.append(bytes[index]) }
            return String(decoding: copy, as: UTF8.self)
        }
    }
}

private func handle(_ byte: UInt8) -> SignInHandle {
    SignInHandle(
        randomBytes: SecretBytes(copying: [UInt8](repeating: byte, count: 32).span))
}

@Suite("RFC 7636: PKCE")
struct PKCETests {
    @Test("The verifier of appendix B has the challenge of appendix B")
    func appendixB() {
        let verifier = SecretBytes.text("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        #expect(
            PKCE.challenge(of: verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    }

    @Test
    func `SHA-256 of nothing and of abc are those of FIPS 180-4`() {
        func hex(_ text: String) -> String {
            SHA256Digest.of(Array(text.utf8).span).map {
                let digits = String($0, radix: 16)
                return digits.count == 1 ? "0" + digits : digits
            }.joined()
        }
        #expect(hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}

@Suite("SignInHandle")
struct SignInHandleTests {
    @Test
    func `All that is derived has 43 letters and differs from everything else`() {
        let one = handle(1)
        let two = handle(2)
        let texts = [one, two].flatMap {
            [$0.cookieValue.text, $0.state, $0.recordName, $0.codeVerifier.text, $0.codeChallenge]
        }
        #expect(Set(texts).count == texts.count)
        #expect(texts.allSatisfy { $0.utf8.count == SignInHandle.textByteCount })
        #expect(one.codeChallenge == PKCE.challenge(of: one.codeVerifier))
    }

    @Test
    func `A cookie brings the same sign-in back, and matches its own state only`() throws {
        let one = handle(1)
        let back = try #require(SignInHandle(cookieValue: one.cookieValue.text))
        #expect(back.state == one.state && back.recordName == one.recordName)
        #expect(back.matches(state: .text(one.state)))
        #expect(!back.matches(state: .text(handle(2).state)))
        #expect(!back.matches(state: .text(one.state + "x")) && !back.matches(state: .text("")))
    }

    @Test(arguments: [
        "", "x", String(repeating: "A", count: 42), String(repeating: "A", count: 44),
        String(repeating: "=", count: 43), String(repeating: "A", count: 42) + "B",
        String(repeating: "é", count: 43),
    ])
    func `A cookie that was not made here is none`(value: String) {
        #expect(SignInHandle(cookieValue: value) == nil)
    }
}

@Suite("OAuthProfile")
struct OAuthProfileTests {
    @Test
    func `The current generation sends RFC 6749 and RFC 7636 parameters`() throws {
        let profile = OAuthProfile(
            generation: .options, applicationID: "app1",
            authorizeURL: try HTTPURL("https://auth.deriv.com/oauth2/auth"),
            redirectURL: try HTTPURL("https://gw.example/auth/deriv/callback"),
            scopes: ["trade", "account_manage"])
        let one = handle(1)
        #expect(
            profile.authorizationURL(for: one)
                == "https://auth.deriv.com/oauth2/auth?response_type=code&client_id=app1"
                + "&redirect_uri=https%3A%2F%2Fgw.example%2Fauth%2Fderiv%2Fcallback"
                + "&scope=trade+account_manage&state=\(one.state)"
                + "&code_challenge=\(one.codeChallenge)&code_challenge_method=S256")
        #expect(profile.requiresState)
    }

    @Test
    func `The first generation sends the app id, and language and brand where wanted`() throws {
        var profile = OAuthProfile(
            generation: .legacy, applicationID: "1089",
            authorizeURL: try HTTPURL("https://oauth.deriv.com/oauth2/authorize?x=1"),
            redirectURL: try HTTPURL("https://gw.example/c"), scopes: [])
        let one = handle(1)
        #expect(
            profile.authorizationURL(for: one)
                == "https://oauth.deriv.com/oauth2/authorize?x=1&app_id=1089&state=\(one.state)")
        profile.language = "EN"
        profile.brand = "deriv"
        #expect(profile.authorizationURL(for: one).contains("&app_id=1089&l=EN&brand=deriv&state="))
        #expect(profile.requiresState)
    }
}
