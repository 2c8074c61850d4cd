import Foundation
import TestSupport

/// The client libraries in `Protocol/clients`, and what runs them.
enum ClientLibrary: String, CaseIterable, Sendable {
    case python
    case javascript

    /// The root of the package.
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Those that can run on this machine.
    static let available = allCases.filter { $0.interpreter != nil }

    /// Why none can, for `.enabled(if:)`.
    static let unavailableReason =
        "\(InteropPeer.unavailableReason) \(InteropPeer.noNodeReason)"

    /// What runs the language; nil where it is missing.
    var interpreter: String? {
        switch self {
        case .python: InteropPeer.python
        case .javascript: InteropPeer.node
        }
    }

    /// The library's folder.
    var folder: URL { Self.root.appending(path: "Protocol/clients/\(rawValue)") }

    /// A script of the folder Scenarios.
    func scenario(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Scenarios/\(name).\(fileExtension)").path
    }

    /// How the language's scripts end.
    var fileExtension: String { self == .python ? "py" : "mjs" }

    /// Makes a program ready to run that finds the library as a user's would.
    func process(_ arguments: [String], in folder: URL? = nil) -> TestProcess {
        let process = TestProcess()
        process.executableURL = URL(filePath: interpreter ?? "")
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = BuiltProgram.environment([
            "PYTHONPATH": Self.root.appending(path: "Protocol/clients/python").path,
            "PYTHONDONTWRITEBYTECODE": "1",
        ])
        return process
    }

    /// Puts the packages where Node looks for those of a program in a folder.
    static func linkNodePackages(in folder: URL) throws {
        let packages = folder.appending(path: "node_modules")
        let manager = FileManager.default
        try manager.createDirectory(at: packages, withIntermediateDirectories: true)
        try manager.createSymbolicLink(
            at: packages.appending(path: "tradermind-gateway-client"),
            withDestinationURL: ClientLibrary.javascript.folder)
        try manager.createSymbolicLink(
            at: packages.appending(path: "ws"),
            withDestinationURL: URL(filePath: "/usr/share/nodejs/ws"))
    }
}

/// A script that tells in lines what it has done, and waits for lines to go on.
final class ClientScript {
    /// What went wrong, with what the script said last.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let process: TestProcess
    private let input = TestProcess.makePipe()
    private let output = TestProcess.makePipe()
    private let folder: TemporaryFolder
    private var unread = ""

    /// Starts a script.
    init(_ library: ClientLibrary, _ arguments: [String], in folder: URL? = nil) throws {
        self.folder = try TemporaryFolder()
        process = library.process(arguments, in: folder)
        process.standardInput = input.fileHandleForReading
        process.standardOutput = output.fileHandleForWriting
        process.standardError = try self.folder.fileToWrite("err")
        try process.run()
        // The output ends when nobody else has it.
        try? output.fileHandleForWriting.close()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        RunEvidence.keep(log: errors)
    }

    private var errors: String { (try? folder.text("err")) ?? "" }

    /// Gives the script a line.
    func send(_ line: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    }

    /// The next line that it says. Blocks.
    func line() throws -> String {
        while true {
            if let end = unread.firstIndex(of: "\n") {
                defer { unread.removeSubrange(...end) }
                return String(unread[..<end])
            }
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw Failure(description: "it ended: \(errors)") }
            unread += String(decoding: data, as: UTF8.self)
        }
    }

    /// Waits for the end. Blocks.
    ///
    /// - Returns: what it has said since the last line that was read.
    func finish() throws -> String {
        try? input.fileHandleForWriting.close()
        let rest = try output.fileHandleForReading.readToEnd() ?? Data()
        guard process.waitUntilExit(within: 60) else {
            throw Failure(description: "it does not end: \(errors)")
        }
        guard process.terminationStatus == 0 else {
            let said = String(decoding: rest, as: UTF8.self)
            throw Failure(description: "\(process.terminationStatus): \(said)\(errors)")
        }
        return unread + String(decoding: rest, as: UTF8.self)
    }
}
