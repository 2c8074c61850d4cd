import Testing

@Suite("Where the compiler is told to trust us, a comment says why")
struct SafetyRulesTests {
    private func messages(_ text: String) -> [String] {
        SafetyRules.findings(in: SwiftText(path: "a.swift", text: text)).map(\.message)
    }

    @Test("Every claim in the tree has its reason")
    func tree() {
        let findings = SourceTree.project.swiftFiles.flatMap(SafetyRules.findings)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test(
        "Caught: a claim about a declaration without a reason directly above it",
        arguments: [
            ("final class A: @unchecked Sendable {}", "@unchecked Sendable"),
            ("nonisolated(unsafe) var a = 1", "nonisolated(unsafe)"),
            ("@safe struct A {}", "@safe"),
            ("@unsafe struct A {}", "@unsafe"),
        ])
    func claim(declaration: String, name: String) {
        let message = "\(name) without // Safety:"
        #expect(messages(declaration) == [message])
        #expect(messages("// Safety: one loop owns it.\n\n\(declaration)") == [message])
        #expect(messages("// Safety: yes.\n\(declaration)") == [message])
        #expect(messages("// Safety: one loop owns it.\n\(declaration)").isEmpty)
        #expect(messages("// Safety: one loop owns it.\n// Always.\n@a\n\(declaration)").isEmpty)
        #expect(messages("/// A thing.\n/// - Safety: one loop owns it.\n\(declaration)").isEmpty)
    }

    @Test("Caught: an unsafe expression whose function, type and lines above give no reason")
    func expression() {
        let function = "func f() {\n    unsafe g()\n}"
        #expect(messages(function) == ["an unsafe expression without // Safety:"])
        #expect(messages("struct A {\n\(function)\n}").count == 1)
        #expect(messages("let a = \"\\(unsafe g())\"").count == 1)
    }

    @Test("A reason counts in the function, directly above a holder, or in the lines above")
    func reasons() {
        let reason = "// Safety: the buffer outlives the call."
        let lines = String(repeating: "    g()\n", count: 20)
        #expect(messages("func f() {\n    \(reason)\n\(lines)    unsafe g()\n}").isEmpty)
        #expect(messages("\(reason)\nfunc f() {\n\(lines)    unsafe g()\n}").isEmpty)
        #expect(messages("\(reason)\nstruct A {\n    func f() {\n\(lines)unsafe g()\n}\n}").isEmpty)
        #expect(messages("\(reason)\nlet a = unsafe g()").isEmpty)
    }

    @Test("The reason at a stored member covers its type, one in a method does not")
    func memberReasons() {
        let reason = "// Safety: freed in deinit only."
        let lines = String(repeating: "    g()\n", count: 6)
        let use = "func f() {\n\(lines)    unsafe g()\n}"
        #expect(messages("@safe struct A {\n\(reason)\nlet a: P\n\(use)\n}").isEmpty)
        let method = "func h() {\n\(reason)\n\(lines)}"
        #expect(messages("@safe struct A {\n\(method)\n\(use)\n}").count == 2)
        #expect(messages("struct B {\n\(reason)\nlet a: P\n}\nstruct A {\n\(use)\n}").count == 1)
    }

    @Test("Caught: a reason in another function, or below the expression")
    func farReasons() {
        let reason = "// Safety: the buffer outlives the call."
        let lines = String(repeating: "    g()\n", count: 6)
        let other = "func a() {\n\(reason)\n\(lines)}\n"
        #expect(messages(other + "func f() {\n    unsafe g()\n}").count == 1)
        #expect(messages("func f() {\n    unsafe g()\n    \(reason)\n}").count == 1)
    }

    @Test("The word in a comment, a literal or a longer name is no claim")
    func otherWords() {
        #expect(messages("// unsafe @safe\nlet a = \"unsafe\"\nlet unsafely = 1\n@safely").isEmpty)
    }
}
