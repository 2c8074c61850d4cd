import Foundation
import Glibc
import TestSupport

/// A program that a test starts and ends, with its output.
final class ChildProcess {
    /// What went wrong with the program.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let process = TestProcess()
    private let input = TestProcess.makePipe()
    private let output = TestProcess.makePipe()

    /// Starts a program.
    init(_ program: String, _ arguments: [String]) throws {
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardInput = input.fileHandleForReading
        process.standardOutput = output.fileHandleForWriting
        process.standardError = output.fileHandleForWriting
        try process.run()
        // The output ends when nobody else has it.
        try? output.fileHandleForWriting.close()
    }

    deinit {
        try? input.fileHandleForWriting.close()
        if process.isRunning { kill(process.processIdentifier, SIGTERM) }
        process.waitUntilExit()
    }

    /// Waits for the line in which a server says where it listens; returns the port.
    func port() throws -> UInt16 {
        var text = ""
        while true {
            let data = output.fileHandleForReading.availableData
            text += String(decoding: data, as: UTF8.self)
            if let line = text.split(separator: "\n").first(where: { $0.contains("listening on") }),
                text.hasSuffix("\n")
            {
                let digits = line.reversed().prefix { $0.isNumber }.reversed()
                if let port = UInt16(String(digits)) { return port }
            }
            guard !data.isEmpty else { throw Failure(description: "does not listen: \(text)") }
        }
    }

    /// Waits for the end; returns what was printed.
    func outputAtEnd() throws -> String {
        try? input.fileHandleForWriting.close()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw Failure(description: "ended with \(process.terminationStatus): \(text)")
        }
        return text
    }
}
