import Foundation
import TestSupport
import Testing

/// The section `deriv` of a configuration, with the program itself.
@Suite(
    "gateway check-config: deriv", .timeLimit(.minutes(10)),
    .enabled(if: BuiltProgram("gateway") != nil, "the program `gateway` is not built"))
struct DerivSectionTests {
    private static let whole = """
        {"app_id": "app1", "redirect_url": "https://gw.example/auth/deriv/callback",
         "after_sign_in_url": "https://app.example/in", "scopes": ["trade"]}
        """

    private func check(
        _ section: String, hasDatabase: Bool = true
    ) throws -> BuiltProgram.Outcome {
        let site = try CheckConfigurationTests.Site()
        let vault = site.folder.url("vault").path
        #expect(try site.program.run(["keys", "generate", "--vault", vault]).status == 0)
        let database = """
            "database": {"url": "postgresql://gateway@/x?host=/tmp", "vault_keys_file": "\(vault)"},
            """
        let text = site.configuration([
            "\"node_name\"": "\"allowed_origins\": [\"https://app.example\"], "
                + "\(hasDatabase ? database : "")\"deriv\": \(section), \"node_name\""
        ])
        return try site.check(text)
    }

    @Test
    func `A section with what has no default is usable, in both generations`() throws {
        for extra in ["", "\"generation\": \"legacy\", \"language\": \"EN\","] {
            let whole = extra.isEmpty ? Self.whole : Self.whole.replacing("app1", with: "1089")
            let outcome = try check(
                whole.replacing("{\"app_id\"", with: "{\(extra)\"app_id\""))
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        #expect(try check("{}").status == 0)
    }

    @Test func `Users have to be kept somewhere`() throws {
        let outcome = try check(Self.whole, hasDatabase: false)
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains("deriv needs a section database"))
    }

    @Test(
        "A section that cannot work is refused with what is wrong",
        arguments: [
            ("\"app1\"", "\"a b\"", "deriv.app_id has to be 1 to 64"),
            ("\"app_id\"", "\"generation\": \"v3\", \"app_id\"", "deriv.generation has to be"),
            ("\"app_id\"", "\"client_id\": \"x\", \"app_id\"", "deriv.client_id is not a setting"),
            ("/auth/deriv/callback", "/callback", "has to end in /auth/deriv/callback"),
            ("\"redirect_url\"", "\"x\"", "deriv.redirect_url is missing"),
            ("https://gw.example", "http://gw.example", "deriv.redirect_url has to begin with"),
            ("https://gw.example", "gw.example", "deriv.redirect_url is not usable"),
            ("https://app.example", "https://other.example", "which is not one of allowed_origins"),
            ("\"app_id\"", "\"token_url\": \"http://a.b/\", \"app_id\"", "deriv.token_url has to"),
            ("\"app_id\"", "\"generation\": \"legacy\", \"app_id\"", "the application's number"),
            ("\"app_id\"", "\"socket_url\": \"x\", \"app_id\"", "deriv.socket_url is not a"),
            ("\"app_id\"", "\"ca_file\": \"/nowhere\", \"app_id\"", "deriv.ca_file is not usable"),
            (
                "\"app_id\"", "\"session_seconds\": 1, \"app_id\"",
                "deriv.session_seconds has to be a whole number from 60"
            ),
        ])
    func refused(old: String, new: String, message: String) throws {
        let outcome = try check(Self.whole.replacing(old, with: new))
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }
}
