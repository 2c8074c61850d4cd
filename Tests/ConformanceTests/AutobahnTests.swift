import Foundation
import Testing

@Suite("Autobahn: others' tests of RFC 6455 and RFC 7692")
struct AutobahnTests {
    @Test(
        .enabled(if: ConformanceScript.isAvailable, "\(ConformanceScript.unavailableReason)"),
        .timeLimit(.minutes(10)))
    func `The server has every expected verdict of the quick cases`() throws {
        let report = FileManager.default.temporaryDirectory
            .appending(path: "tradermind-conformance-\(UInt32.random(in: 0 ... .max))")
        defer { try? FileManager.default.removeItem(at: report) }
        let outcome = try ConformanceScript.run([
            "quick", "--role", "server", "--program", ConformanceScript.program.path,
            "--report", report.path,
        ])
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(outcome.output.contains("385 cases"), "\(outcome.output)")
    }

    @Test(arguments: ["server", "client"])
    func `All 517 cases have a verdict, and none that failed is accepted`(role: String) throws {
        let expectation = try ConformanceScript.expectation(role)
        #expect(expectation.caseCount == 517)
        for (name, exception) in expectation.exceptions {
            #expect(!exception.reason.isEmpty, "case \(name) has no reason")
            #expect(exception.behavior == "INFORMATIONAL", "case \(name)")
            #expect(exception.closing == "INFORMATIONAL", "case \(name)")
        }
        #expect(expectation.exceptions.count == 3)
    }
}
