import Foundation
import TestSupport
import Testing

/// The examples of the documents, as someone copies them, beside a `gateway dev`.
@Suite(
    "Examples in the documents run", .timeLimit(.minutes(10)), .serialized,
    .enabled(if: !ClientLibrary.available.isEmpty, "\(ClientLibrary.unavailableReason)"),
    .enabled(if: BuiltProgram("gateway") != nil, "the program `gateway` is not built"),
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"))
struct ClientExampleTests {
    /// An example of a document.
    struct Example: Sendable {
        let library: ClientLibrary
        let text: String
    }

    /// The documents with examples of each library.
    private static let documents: [(path: String, libraries: [ClientLibrary])] = [
        ("README.md", [.python, .javascript]),
        ("Protocol/README.md", [.python]),
        ("Protocol/clients/python/README.md", [.python]),
        ("Protocol/clients/javascript/README.md", [.javascript]),
    ]

    /// The blocks of a document that import a library.
    private static func examples(_ path: String, _ library: ClientLibrary) throws -> [Example] {
        let text = try String(
            contentsOf: ClientLibrary.root.appending(path: path), encoding: .utf8)
        let (fence, package) =
            switch library {
            case .python: ("```python\n", "from tradermind_gateway import")
            case .javascript: ("```js\n", "from \"tradermind-gateway-client\"")
            }
        return text.components(separatedBy: fence).dropFirst().compactMap { rest in
            let block = rest.components(separatedBy: "```")[0]
            guard block.contains(package) else { return nil }
            return Example(library: library, text: block)
        }
    }

    @Test func `each one prints the quotes of live ticks`() async throws {
        try await DevProgramTests.blocking {
            let place = try TemporaryFolder()
            let gateway = try DevGateway(in: TemporaryFolder())
            try FileManager.default.createSymbolicLink(
                at: place.url(".local"), withDestinationURL: gateway.folder.url("."))
            try ClientLibrary.linkNodePackages(in: URL(filePath: place.path))
            var running: [(String, ClientScript)] = []
            for (path, libraries) in Self.documents {
                for library in libraries {
                    let examples = try Self.examples(path, library)
                    #expect(examples.count == 1, "\(path) has \(examples.count) of \(library)")
                    guard library.interpreter != nil else { continue }
                    for example in examples {
                        let name = "\(running.count).\(library.fileExtension)"
                        running.append((path, try Self.start(example, name, in: place)))
                    }
                }
            }
            for (path, script) in running {
                let count = try await Self.quoteCount(of: script)
                #expect(count == 3, "\(path)")
            }
            try gateway.end(by: SIGTERM)
        }
    }

    private static func start(
        _ example: Example, _ name: String, in place: TemporaryFolder
    ) throws -> ClientScript {
        try Data(example.text.utf8).write(to: place.url(name))
        return try ClientScript(example.library, [name], in: URL(filePath: place.path))
    }

    /// Reads what an example prints until there are three quotes; it would go on for ever.
    private static func quoteCount(of script: ClientScript) async throws -> Int {
        var count = 0
        while count < 3 {
            let words = try await script.line().split(separator: " ")
            if words.count == 2, words[0].hasPrefix("ticks:"), Double(words[1]) != nil {
                count += 1
            }
        }
        return count
    }
}
