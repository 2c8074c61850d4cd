import Testing

@Suite("Files, functions and lines keep their bounds")
struct SizeRulesTests {
    private func messages(_ text: String) -> [String] {
        SizeRules.findings(in: SwiftText(path: "a.swift", text: text)).map(\.message)
    }

    @Test("Every Swift file, function and line is within its bound")
    func tree() {
        let findings = SourceTree.project.swiftFiles.flatMap(SizeRules.findings)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test("No file is too large for the repository")
    func largeFiles() {
        let findings = SizeRules.findings(in: SourceTree.project.files)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test("Caught: a file of one line too many")
    func longFile() {
        let longest = String(repeating: "let a = 1\n", count: 600)
        #expect(messages(longest).isEmpty)
        #expect(messages(longest + "let a = 1\n") == ["601 lines, more than 600"])
    }

    @Test("Caught: a line of one column too many, counted in characters")
    func longLine() {
        let longest = String(repeating: "ü", count: 100)
        #expect(messages(longest).isEmpty)
        #expect(messages(longest + "x") == ["101 columns, more than 100"])
    }

    @Test(
        "Caught: a function of one line too many, whatever its text says",
        arguments: ["func f()", "init()", "deinit", "var v: Int", "subscript(i: Int) -> Int"])
    func longFunction(signature: String) {
        let body = String(repeating: "    g(\"}\")  // }\n", count: 68)
        #expect(messages("\(signature) {\n\(body)}\n").isEmpty)
        let found = messages("\(signature) {\n\(body)    g()\n}\n")
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("has 71 lines, more than 70") == true)
    }

    @Test("Caught: a file of one byte too many")
    func largeFile() {
        let bound = SizeRules.fileByteCountMax
        let files = [("a", bound), ("b", bound + 1)].map {
            SourceTree.File(path: $0.0, byteCount: $0.1, isExecutable: false)
        }
        #expect(SizeRules.findings(in: files).map(\.path) == ["b"])
    }
}
