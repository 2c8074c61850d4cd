import Foundation
import TestSupport
import Testing

/// `Protocol/configuration.md`, compared with what the program reads.
@Suite(
    "The reference of settings", .timeLimit(.minutes(10)),
    .enabled(if: BuiltProgram("gateway") != nil, "the program `gateway` is not built"))
struct ConfigurationReferenceTests {
    /// A row of the reference.
    struct Row {
        let text: String
        let path: String
        let takes: String
        let standard: String

        init(_ line: Substring) throws {
            let row = /\| `([a-z_.\[\]]+)` \| ([^|]+) \| ([^|]+) \| [^|]+ \|/
            let match = try line.wholeMatch(of: row).orThrow("a row: \(line)")
            text = String(line)
            path = String(match.1)
            takes = String(match.2)
            standard = String(match.3)
        }

        var section: String { path.contains(".") ? String(path.prefix { $0 != "." }) : "" }
        var variable: String {
            "TRADERMIND_" + path.replacing(".", with: "_").uppercased()
        }
        /// Whether it is a number, a truth value or a word, with a default of that kind.
        var hasPlainDefault: Bool {
            Int(standard) != nil || ["true", "false"].contains(standard)
                || takes.hasSuffix(" or \(standard)") || takes.hasPrefix("\(standard), ")
                || takes.contains(", \(standard)") || takes.hasPrefix("\(standard) or ")
        }
    }

    /// A configuration with every section and element.
    private struct Desk {
        let site: CheckConfigurationTests.Site
        let text: String

        init(generation: String) throws {
            site = try CheckConfigurationTests.Site()
            let vault = site.folder.url("vault").path
            #expect(try site.program.run(["keys", "generate", "--vault", vault]).status == 0)
            let certificate = try TestCertificate(names: ["localhost"])
            let application = generation == "legacy" ? #", "app_id": "1089""# : ""
            let deriv = """
                "deriv": {"app_id": "1089", "generation": "\(generation)",
                 "redirect_url": "https://gw.example/auth/deriv/callback",
                 "after_sign_in_url": "https://app.example/in"}
                """
            text = site.configuration([
                #""audience": "a""#: """
                "audience": "a", "issuers": [{"kind": "supabase", "issuer": "https://p.example",
                 "jwks_url": "https://p.example/jwks"}]
                """,
                #""limits": {"#: """
                "allowed_origins": ["https://app.example"], \(deriv),
                "database": {"url": "postgresql://gateway@/x?host=/tmp",
                 "vault_keys_file": "\(vault)"},
                "feed": {"source": "deriv", "generation": "\(generation)"\(application)},
                "tls": {"certificates": [{"certificate_file": "\(certificate.certificatePath)",
                 "key_file": "\(certificate.keyPath)"}]},
                "limits": {
                """,
            ])
            self.certificate = certificate
        }

        private let certificate: TestCertificate

        func rows() throws -> [Row] {
            _ = try site.check(text)
            let listed = try site.program.run([
                "check-config", "--settings", "--config", site.folder.url("c.json").path,
            ])
            #expect(listed.status == 0, "\(listed.errors)")
            return try listed.output.split(separator: "\n").map { try Row($0) }
        }
    }

    /// Every setting, those of the generation `legacy` at the end of their sections.
    private static func allRows() throws -> [Row] {
        let rows = try Desk(generation: "options").rows()
        let known = Set(rows.map(\.path))
        return try rows + Desk(generation: "legacy").rows().filter { !known.contains($0.path) }
    }

    @Test(
        "Protocol/configuration.md lists every setting (TRADERMIND_UPDATE_PROTOCOL=1 rewrites it)")
    func documented() throws {
        let rows = try Self.allRows()
        var sections: [String] = []
        for row in rows where !sections.contains(row.section) { sections.append(row.section) }
        let text = sections.reduce(Self.introduction) { text, section in
            let title = section.isEmpty ? "The node" : "Section `\(section)`"
            let table = rows.filter { $0.section == section }.map { $0.text + "\n" }.joined()
            return text + "\n## \(title)\n\n\(Self.head)\n\(table)"
        }
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Protocol/configuration.md").standardized
        if ProcessInfo.processInfo.environment["TRADERMIND_UPDATE_PROTOCOL"] == "1" {
            try Data(text.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    @Test func `each default can be written down, in variables of every section`() throws {
        let desk = try Desk(generation: "options")
        let rows = try desk.rows().filter { !$0.path.contains("[") && $0.hasPlainDefault }
        #expect(Set(rows.map(\.section)).isSuperset(of: ["", "limits", "database", "feed"]))
        // What needs something else beside it.
        let environment = Dictionary(
            uniqueKeysWithValues: rows.filter { $0.path != "feed.source" }.map {
                ($0.variable, $0.standard)
            })
        let outcome = try desk.site.check(desk.text, environment: environment)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func `what is none of its kind is refused under its variable's name`() throws {
        let desk = try Desk(generation: "options")
        let rows = try desk.rows().filter { !$0.path.contains("[") && $0.hasPlainDefault }
        for row in rows {
            let outcome = try desk.site.check(desk.text, environment: [row.variable: "x y"])
            #expect(outcome.status != 0, "\(row.path)")
            #expect(outcome.errors.contains("\(row.variable) has to be "), "\(outcome.errors)")
        }
    }

    private static let head = "| setting | takes | default | what it is for |\n|---|---|---|---|"

    private static let introduction = """
        # Settings of `gateway serve`

        `gateway serve --config FILE` reads one JSON object. A key that it does not know is an
        error, and so is a value that is not of its kind; what has no default has to be there.
        `gateway check-config --config FILE` looks without starting anything, with `--settings` it
        lists what follows, and `gateway doctor --config FILE` looks at what the file names, too.

        Each setting can come from the environment instead: `limits.close_seconds` from
        `TRADERMIND_LIMITS_CLOSE_SECONDS`, `feed.limits.sockets` from
        `TRADERMIND_FEED_LIMITS_SOCKETS`; lists of texts with commas between them. Settings with
        `[]` stand in the elements of a list, which only the file can hold. A variable with this
        prefix that is no setting is an error.

        `…_seconds`, `…_bytes` and so on name the unit. *Per loop* means for each of the node's
        threads. A secret file should be its owner's only (`chmod 600`); secrets have no default.
        The settings are read once, at the start; on SIGHUP the files of certificates and keys are
        read again.

        This file is made from the code that reads the settings, and compared with it by a test.

        """
}
