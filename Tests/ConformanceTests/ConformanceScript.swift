import Foundation
import TestSupport

/// `Scripts/conformance`, which runs the Autobahn test suite.
enum ConformanceScript {
    /// What a run printed, and its status.
    struct Outcome {
        let status: Int32
        let output: String
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Whether a Python 2.7 is there, without which the suite does not run.
    static let isAvailable = (try? run(["--find-python"]).status) == 0

    /// Why not, for `.enabled(if:)`.
    static let unavailableReason = """
        The Autobahn test suite needs a Python 2.7: install one or name it in PYTHON27.
        """

    /// The load tester beside the tests, which `swift build --build-tests` builds too.
    static var program: URL {
        let executable = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        return executable.deletingLastPathComponent().appending(path: "gateway-load")
    }

    /// Runs the script to its end.
    static func run(_ arguments: [String]) throws -> Outcome {
        let process = TestProcess()
        process.executableURL = root.appending(path: "Scripts/conformance")
        process.arguments = arguments
        let folder = try TemporaryFolder()
        let output = try folder.fileToWrite("output")
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: try folder.text("output"))
    }

    /// The verdicts that are checked in for a role.
    static func expectation(_ role: String) throws -> Expectation {
        let file = root.appending(path: "Tests/ConformanceTests/expected-\(role).json")
        return try JSONDecoder().decode(Expectation.self, from: Data(contentsOf: file))
    }
}

/// An expectation file: all cases are OK but those that are named with a reason.
struct Expectation: Decodable {
    struct Exception: Decodable {
        let behavior: String
        let closing: String
        let reason: String
    }

    /// The number of cases by section, such as "12.1".
    let sections: [String: Int]
    /// By case.
    let exceptions: [String: Exception]

    var caseCount: Int { sections.values.reduce(0, +) }
}
