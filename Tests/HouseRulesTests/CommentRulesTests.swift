import Testing

@Suite("Comments are lines, and none marks work that was left")
struct CommentRulesTests {
    private func messages(_ text: String) -> [String] {
        CommentRules.findings(in: SwiftText(path: "a.swift", text: text)).map(\.message)
    }

    @Test("No comment of the tree breaks the rule")
    func tree() {
        let findings = SourceTree.project.swiftFiles.flatMap(CommentRules.findings)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test("Caught: a block comment")
    func block() {
        #expect(messages("let a = 1 /* one */") == ["a block comment"])
        #expect(messages("let a = \"/* one */\"  // two").isEmpty)
    }

    @Test("Caught: a mark of left work", arguments: CommentRules.leftWork)
    func leftWork(word: String) {
        #expect(messages("f()  // \(word): finish") == ["\(word) in a comment"])
        #expect(messages("/// \(word)(someone) finish") == ["\(word) in a comment"])
        #expect(messages("let a = \"\(word)\"  // \(word.lowercased())").isEmpty)
    }
}

@Suite("What crosses a target is documented")
struct DocumentationRulesTests {
    private func messages(_ text: String) -> [String] {
        let source = SwiftText(path: "a.swift", text: text)
        let requirements = DocumentationRules.requirements(in: [source])
        return DocumentationRules.findings(in: source, requirements: requirements).map(\.message)
    }

    @Test("Every package and public declaration of the sources has a comment")
    func tree() {
        let files = SourceTree.project.swiftFiles
        let requirements = DocumentationRules.requirements(in: files)
        let findings =
            files
            .filter { !$0.path.hasPrefix("Tests/") }
            .flatMap { DocumentationRules.findings(in: $0, requirements: requirements) }
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test(
        "Caught: a declaration without a documentation comment",
        arguments: [
            "package struct a {}", "public func a() {}", "package static let a = 1",
            "package private(set) var a = 1", "package nonisolated(unsafe) var a = 1",
            "package mutating func a() {}", "package class func a() {}", "public final class a {}",
        ])
    func undocumented(declaration: String) {
        let message = "a has no documentation comment"
        #expect(messages(declaration) == [message])
        #expect(messages("// Not one.\n\(declaration)") == [message])
        #expect(messages("/// One.\n\n\(declaration)") == [message])
        #expect(messages("/// One.\n@inlinable\n\(declaration)").isEmpty)
        #expect(messages("/// One.\n// Safety: as told.\n\(declaration)").isEmpty)
    }

    @Test("A witness of a documented requirement needs none; the requirement's own type does")
    func witness() {
        let requirement = "/// One.\npackage protocol P {\n    /// Two.\n    func a()\n}\n"
        #expect(messages(requirement + "package func a() {}").isEmpty)
        #expect(messages(requirement + "package func b() {}").count == 1)
    }

    @Test("An import, an extension and what a standard protocol documents need none")
    func exempt() {
        #expect(messages("package import A\npublic extension A {}").isEmpty)
        #expect(messages("package var description: String { a }").isEmpty)
        #expect(messages("package static func == (a: A, b: A) -> Bool { true }").isEmpty)
    }
}
