import Foundation
import TestSupport
import Testing

/// The settings of sessions, with the program itself.
@Suite(
    "Settings of sessions", .timeLimit(.minutes(10)),
    .enabled(if: BuiltProgram("gateway") != nil, "the program `gateway` is not built"))
struct SessionSettingsTests {
    private func check(_ sessions: String) throws -> BuiltProgram.Outcome {
        let site = try CheckConfigurationTests.Site()
        return try site.check(
            site.configuration([#""limits": {"#: #""sessions": \#(sessions), "limits": {"#]))
    }

    @Test("a retention within its bounds is taken", arguments: ["", "1", "30", "3650"])
    func taken(days: String) throws {
        let outcome = try check(days.isEmpty ? "{}" : #"{"retention_days": \#(days)}"#)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test(
        "what is out of range, or no setting, is refused",
        arguments: [
            (#"{"retention_days": 0}"#, "sessions.retention_days has to be a whole number from 1"),
            (#"{"retention_days": 3651}"#, "sessions.retention_days has to be"),
            (#"{"retention_days": "30"}"#, "sessions.retention_days has to be"),
            (#"{"retention": 30}"#, "did you mean retention_days?"),
        ])
    func refused(sessions: String, words: String) throws {
        let outcome = try check(sessions)
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }
}
