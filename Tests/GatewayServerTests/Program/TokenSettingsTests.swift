import Foundation
import TestSupport
import Testing

/// The section `tokens`, with the program itself.
@Suite(
    "Settings of tokens", .timeLimit(.minutes(10)),
    .enabled(if: BuiltProgram("gateway") != nil, "the program `gateway` is not built"))
struct TokenSettingsTests {
    private func check(
        _ members: String, _ files: [String: String] = [:]
    ) throws -> BuiltProgram.Outcome {
        let site = try CheckConfigurationTests.Site()
        for (name, contents) in files {
            try Data(contents.utf8).write(to: site.folder.url(name))
        }
        let members = members.replacing(
            "FOLDER", with: site.folder.url("x").deletingLastPathComponent().path)
        return try site.check(
            site.configuration([#""audience": "a""#: #""audience": "a", \#(members)"#]))
    }

    private static let key =
        #"{"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","kid":"k","#
        + #""x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","#
        + #""y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#

    @Test(
        "what is in range is taken",
        arguments: [
            #""lifetime_seconds": 60"#, #""lifetime_seconds": 2592000"#, #""leeway_seconds": 0"#,
            #""leeway_seconds": 60"#, #""grace_seconds": 0"#, #""grace_seconds": 300"#,
            #""longest_life_seconds": 31536000"#, #""tickets_per_minute": 1"#,
            #""issuers": []"#,
            #""issuers": [{"kind": "supabase", "issuer": "https://p.supabase.co/auth/v1", "#
                + #""jwks_url": "https://p.supabase.co/auth/v1/.well-known/jwks.json"}]"#,
            #""issuers": [{"kind": "supabase", "issuer": "i2", "jwks_file": "FOLDER/jwks", "#
                + #""audience": "b", "accepts_anonymous": true}, {"kind": "supabase", "#
                + #""issuer": "i2", "secret_file": "FOLDER/secret"}]"#,
        ])
    func taken(members: String) throws {
        let outcome = try check(
            members,
            ["jwks": Self.key, "secret": "a-legacy-secret-of-forty-letters-or-so-1\n"])
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test(
        "what is not is refused with what is wrong",
        arguments: [
            (#""lifetime_seconds": 59"#, "tokens.lifetime_seconds has to be"),
            (#""lifetime_seconds": 2592001"#, "tokens.lifetime_seconds has to be"),
            (
                #""lifetime_seconds": 7200, "longest_life_seconds": 3600"#,
                "tokens.lifetime_seconds is above tokens.longest_life_seconds"
            ),
            (#""leeway_seconds": 61"#, "tokens.leeway_seconds has to be"),
            (#""leeway_seconds": -1"#, "tokens.leeway_seconds has to be"),
            (#""grace_seconds": 301"#, "tokens.grace_seconds has to be"),
            (#""tickets_per_minute": 0"#, "tokens.tickets_per_minute has to be"),
            (#""lifetime_second": 60"#, "did you mean lifetime_seconds?"),
            (#""issuers": [{"kind": "google"}]"#, "tokens.issuers[0].kind has to be supabase"),
            (#""issuers": [{"kind": "supabase"}]"#, "tokens.issuers[0].issuer is missing"),
            (#""issuers": [{"kind": "supabase", "issuer": "i"}]"#, "needs one of jwks_url"),
            (
                #""issuers": [{"kind": "supabase", "issuer": "i", "jwks_url": "https://a", "#
                    + #""secret_file": "FOLDER/secret"}]"#, "needs one of jwks_url"
            ),
            (
                #""issuers": [{"kind": "supabase", "issuer": "i", "jwks_url": "http://a.b/"}]"#,
                "has to begin with https://"
            ),
            (
                #""issuers": [{"kind": "supabase", "issuer": "i", "jwks_url": "ftp://a"}]"#,
                "jwks_url is not usable"
            ),
            (
                #""issuers": [{"kind": "supabase", "issuer": "i", "jwks_url": "https://a", "#
                    + #""ca_file": "/nowhere"}]"#, "ca_file is not usable"
            ),
            (
                #""issuers": [{"kind": "supabase", "issuer": "i", "jwks_file": "/nowhere"}]"#,
                "cannot read /nowhere (tokens.issuers[0].jwks_file): No such file"
            ),
            (
                #""issuers": [{"kind": "supabase", "issuer": "i", "jwks_file": "FOLDER/secret"}]"#,
                "jwks_file is not usable"
            ),
            (
                #""issuers": [{"kind": "supabase", "issuer": "i", "jwks_file": "FOLDER/none"}]"#,
                "has no key"
            ),
            (
                #""issuers": [{"kind": "supabase", "issuer": "i", "secret_file": "FOLDER/short"}]"#,
                "secret_file is not usable"
            ),
        ])
    func refused(members: String, message: String) throws {
        let outcome = try check(
            members, ["secret": "not a key set", "short": "hunter2", "none": #"{"keys":[]}"#])
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(!outcome.errors.contains("hunter2"))
    }
}
