import TestSupport
import Testing

/// The setting `public.trusted_proxies`, with the program itself.
@Suite(
    "The setting of trusted proxies", .timeLimit(.minutes(10)),
    .enabled(if: BuiltProgram("gateway") != nil, "the program `gateway` is not built"))
struct TrustedProxySettingsTests {
    private func check(
        _ list: String, environment: [String: String] = [:]
    ) throws -> BuiltProgram.Outcome {
        let site = try CheckConfigurationTests.Site()
        return try site.check(
            site.configuration([
                #""node_name""#: #""public": {"port": 0, "trusted_proxies": \#(list)}, "node_name""#
            ]), environment: environment)
    }

    @Test(
        "addresses and blocks are taken",
        arguments: ["[]", #"["10.0.0.1"]"#, #"["10.0.0.0/8", "2001:db8::/32", "::1"]"#])
    func taken(list: String) throws {
        let outcome = try check(list)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test(
        "what is none is refused with what is wrong",
        arguments: [
            (#""10.0.0.1""#, "public.trusted_proxies has to be a list of texts"),
            (
                #"["proxy.example"]"#,
                "public.trusted_proxies: proxy.example is neither an address nor a block"
            ),
            (#"["10.0.0.0/33"]"#, "behind the slash of 10.0.0.0/33 comes a number from 1 to 32"),
            (#"["0.0.0.0/0"]"#, "behind the slash of 0.0.0.0/0 comes a number from 1 to 32"),
            (#"["10.0.0.1/8"]"#, "10.0.0.1/8 has an address that goes on behind its prefix"),
            (
                "[\((0...256).map { "\"10.0.\($0 / 256).\($0 % 256)\"" }.joined(separator: ","))]",
                "public.trusted_proxies: there are more than 256"
            ),
        ])
    func refused(list: String, words: String) throws {
        let outcome = try check(list)
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }

    @Test func `the environment sets them, too, and internal has none`() throws {
        let name = "TRADERMIND_PUBLIC_TRUSTED_PROXIES"
        #expect(try check("[]", environment: [name: "10.0.0.0/8, ::1"]).status == 0)
        let outcome = try check("[]", environment: [name: "10.0.0.0/8, here"])
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains("here is neither an address nor a block"))
        let site = try CheckConfigurationTests.Site()
        let misplaced = try site.check(
            site.configuration([
                #""node_name""#: #""internal": {"trusted_proxies": []}, "node_name""#
            ]))
        #expect(misplaced.errors.contains("internal.trusted_proxies is not a setting"))
    }
}
