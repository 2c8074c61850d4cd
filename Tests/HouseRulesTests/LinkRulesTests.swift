import Testing

@Suite("Links of the documents lead somewhere")
struct LinkRulesTests {
    @Test("No document has a dead link")
    func tree() {
        let tree = SourceTree.project
        let documents = tree.files.map(\.path).filter { $0.hasSuffix(".md") }
        let texts = Dictionary(uniqueKeysWithValues: documents.map { ($0, tree.text(of: $0)) })
        let places = Set(tree.files.map(\.path) + tree.folders)
        #expect(documents.contains("README.md") && documents.contains("Protocol/README.md"))
        let findings = documents.flatMap {
            LinkRules.findings(in: $0, texts: texts, places: places)
        }
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test("Caught: a file, a folder or a heading that is not there")
    func canary() {
        let texts = [
            "A/b.md": """
            [here](c.md) [up](../d.md) [folder](../A/) [own](#some-thing-new) [web](https://x/y)
            [gone](e.md) [above](../../d.md)
            [other](../d.md#is-there) [none](../d.md#is-not)
            # Some *thing*, new
            """,
            "d.md": "## Is there", "A/c.md": "",
        ]
        let places: Set = ["A", "A/b.md", "A/c.md", "d.md"]
        #expect(
            LinkRules.findings(in: "A/b.md", texts: texts, places: places).map(\.description) == [
                "A/b.md:2: e.md leads nowhere", "A/b.md:2: ../../d.md leads nowhere",
                "A/b.md:3: ../d.md#is-not leads nowhere",
            ])
    }
}
