import Dispatch
import Foundation
import Glibc
import Synchronization
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
            // What is printed is read at once.
            "PYTHONUNBUFFERED": "1",
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
final class ClientScript: Sendable {
    /// What went wrong, with what the script said last.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let process: TestProcess
    private let input = TestProcess.makePipe()
    private let output = TestProcess.makePipe()
    private let folder: TemporaryFolder
    private let unread = Mutex("")
    /// Waiting for a line holds a thread: not one of those that all tests share.
    private let queue = DispatchQueue(label: "client script")

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

    /// What it has written to standard error.
    var errors: String { (try? folder.text("err")) ?? "" }

    /// Gives the script a line.
    func send(_ line: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    }

    /// The next line that it says.
    func line() async throws -> String {
        try await onQueue { try $0.nextLine() }
    }

    /// Waits for the end.
    ///
    /// - Returns: what it has said since the last line that was read.
    func finish() async throws -> String {
        try await onQueue { try $0.rest() }
    }

    private func onQueue<Value: Sendable>(
        _ body: @escaping @Sendable (ClientScript) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body(self) }) }
        }
    }

    private func nextLine() throws -> String {
        while true {
            let line = unread.withLock { unread -> String? in
                guard let end = unread.firstIndex(of: "\n") else { return nil }
                defer { unread.removeSubrange(...end) }
                return String(unread[..<end])
            }
            if let line { return line }
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw Failure(description: "it ended: \(errors)") }
            unread.withLock { $0 += String(decoding: data, as: UTF8.self) }
        }
    }

    private func rest() throws -> String {
        try? input.fileHandleForWriting.close()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        guard process.waitUntilExit(within: 60) else {
            throw Failure(description: "it does not end: \(errors)")
        }
        let said = unread.withLock { $0 } + String(decoding: data, as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(process.terminationStatus): \(said)\(errors)")
        }
        return said
    }
}
