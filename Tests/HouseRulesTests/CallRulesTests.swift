import Testing

@Suite("Calls that the project does without")
struct CallRulesTests {
    private func messages(_ text: String, _ kind: Manifest.Kind = .library) -> [String] {
        CallRules.findings(in: SwiftText(path: "a.swift", text: text), target: kind).map(\.message)
    }

    @Test("No file makes such a call")
    func tree() {
        let tree = SourceTree.project
        let findings = tree.swiftFiles.flatMap { source in
            // The support module of the tests is a library for tests: their rules hold in it.
            let isTest = source.path.hasPrefix("Tests/")
            let kind = isTest ? .tests : tree.manifest.target(ofFile: source.path)?.kind
            return CallRules.findings(in: source, target: kind)
        }
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test("Caught: try!")
    func forceTry() {
        #expect(messages("let a = try! f()") == ["try! traps on an error"])
        #expect(messages("let a = try f(!b); let c = try? f()").isEmpty)
        #expect(messages("let a = try !f()").isEmpty)
        #expect(messages("let a = try !f(); let b = try! f()").count == 1)
    }

    @Test(
        "Caught: a trap without a sentence",
        arguments: ["fatalError", "preconditionFailure", "assertionFailure"])
    func silentTrap(name: String) {
        let message = "\(name) without a sentence"
        #expect(messages("\(name)()") == [message])
        #expect(messages("\(name)(\"oh no\")") == [message])
        #expect(messages("\(name)(reason)") == [message])
        #expect(messages("\(name)(\"the loop has already stopped\")").isEmpty)
    }

    @Test("Caught: print in a library; a program and a test may")
    func print() {
        #expect(messages("print(1)") == ["print in a library: use the log"])
        #expect(messages("print(1)", .program).isEmpty)
        #expect(messages("print(1)", .tests).isEmpty)
        #expect(messages("func print() {}; printer.print(1)").isEmpty)
    }

    @Test(
        "Caught: a test that waits for time",
        arguments: ["Thread.sleep(1)", "try await Task.sleep(for: .seconds(1))", "usleep(1)"])
    func sleep(call: String) {
        #expect(messages(call, .tests).count == 1)
        #expect(messages(call, .program).isEmpty)
        #expect(messages("// \(call)\nlet a = \"\(call)\"", .tests).isEmpty)
    }
}
