import Testing

@Suite("The tree holds what it has to, and nothing that nobody builds")
struct LayoutRulesTests {
    private let tree = SourceTree.project

    @Test("No folder name has a space")
    func spaces() {
        let findings = LayoutRules.spaceFindings(in: tree.folders)
        #expect(!tree.folders.isEmpty)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test("Caught: a space in a folder name")
    func spaceCanary() {
        #expect(
            LayoutRules.spaceFindings(in: ["Sources/A", "Sources/A b"]).map(\.path) == [
                "Sources/A b"
            ])
    }

    @Test("Every module has tests")
    func tests() {
        let findings = LayoutRules.testFindings(in: tree.manifest)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test("Caught: a module whose tests are missing or test something else")
    func testsCanary() {
        let untested = Manifest(text: #"[module("A"), module("B"), tests("BTests", ["A"])]"#)
        #expect(
            LayoutRules.testFindings(in: untested).map(\.message) == [
                "A has no tests", "B has no tests",
            ])
        let tested = Manifest(text: #"[module("A"), tests("ATests", ["A"])]"#)
        #expect(LayoutRules.testFindings(in: tested).isEmpty)
    }

    @Test("Every folder of code belongs to a target")
    func orphans() {
        let findings = LayoutRules.orphanFindings(in: tree.folders, manifest: tree.manifest)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test("Caught: a folder without a target")
    func orphanCanary() {
        let manifest = Manifest(text: #"[module("A"), tests("ATests", ["A"])]"#)
        let folders = [
            "Sources", "Sources/A", "Sources/A/C", "Sources/B", "Tests/ATests", "Tests/B",
        ]
        #expect(
            LayoutRules.orphanFindings(in: folders, manifest: manifest).map(\.path)
                == ["Sources/B", "Tests/B"])
    }

    @Test("The README lists every target")
    func readme() {
        let findings = LayoutRules.readmeFindings(
            in: tree.text(of: "README.md"), manifest: tree.manifest)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test("Caught: a target that the README leaves out")
    func readmeCanary() {
        let manifest = Manifest(text: #"[module("A"), module("B")]"#)
        #expect(
            LayoutRules.readmeFindings(in: "`A` and B", manifest: manifest).map(\.message)
                == ["B is not listed"])
    }

    @Test("The index of decisions lists every decision")
    func decisions() {
        let findings = LayoutRules.decisionFindings(
            in: tree.text(of: "Protocol/decisions/README.md"), paths: tree.files.map(\.path))
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test("Caught: a decision that the index leaves out or only mentions")
    func decisionsCanary() {
        let folder = "Protocol/decisions/"
        let paths = ["0001-a.md", "0002-b.md", "0003-c.md", "README.md"].map { folder + $0 }
        let findings = LayoutRules.decisionFindings(
            in: "[0001](0001-a.md), and 0002-b.md", paths: paths + ["Protocol/redis.md"])
        #expect(findings.map(\.path) == [folder + "0002-b.md", folder + "0003-c.md"])
    }

    @Test("No placeholder stands beside real files")
    func placeholders() {
        let findings = LayoutRules.placeholderFindings(
            in: tree.files.map(\.path), manifest: tree.manifest)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test("Caught: a placeholder beside real files")
    func placeholderCanary() {
        let manifest = Manifest(text: #"[module("A"), module("B")]"#)
        let paths = [
            "Sources/A/Placeholder.swift", "Sources/A/C/Real.swift", "Sources/B/Placeholder.swift",
        ]
        #expect(
            LayoutRules.placeholderFindings(in: paths, manifest: manifest).map(\.path)
                == ["Sources/A/Placeholder.swift"])
    }
}

@Suite("Scripts stop at their first failure")
struct ScriptRulesTests {
    @Test("Every script is strict and can be run")
    func scripts() {
        let tree = SourceTree.project
        let scripts = tree.files.filter { ScriptRules.isScript($0.path) }
        let findings = scripts.flatMap {
            ScriptRules.findings(
                in: $0.path, text: tree.text(of: $0.path), isExecutable: $0.isExecutable)
        }
        #expect(scripts.map(\.path).contains(".ci/run"))
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test("Caught: a script that goes on after a failure or cannot be run")
    func canary() {
        let strict = "#!/usr/bin/env bash\nset -euo pipefail\n"
        #expect(ScriptRules.findings(in: "a", text: strict, isExecutable: true).isEmpty)
        #expect(ScriptRules.findings(in: "a", text: strict, isExecutable: false).count == 1)
        #expect(
            ScriptRules.findings(
                in: "a", text: "#!/bin/sh\n# set -euo pipefail", isExecutable: true
            )
            .count == 2)
        #expect(ScriptRules.isScript("Scripts/test"))
        #expect(!ScriptRules.isScript("Scripts/support/servers.sh"))
    }
}
