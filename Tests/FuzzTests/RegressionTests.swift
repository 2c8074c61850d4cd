import Foundation
import FuzzHarnesses
import Testing

/// An input that is kept in Tests/Fuzz.
struct KeptInput: Sendable, CustomTestStringConvertible {
    let harness: FuzzHarness
    let path: String
    let bytes: [UInt8]

    var testDescription: String { path }

    /// Everything in `Corpus` and `Regressions`.
    static let all: [KeptInput] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fuzz")
        return FuzzHarness.all.flatMap { harness in
            ["Corpus", "Regressions"].flatMap { kind in
                inputs(of: harness, in: root, path: "\(kind)/\(harness.name)")
            }
        }
    }()

    private static func inputs(of harness: FuzzHarness, in root: URL, path: String) -> [KeptInput] {
        let folder = root.appending(path: path)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().compactMap { name in
            guard let data = try? Data(contentsOf: folder.appending(path: name)) else {
                return nil
            }
            return KeptInput(harness: harness, path: "\(path)/\(name)", bytes: Array(data))
        }
    }
}

@Suite("What the fuzzer found stays mended")
struct RegressionTests {
    @Test(arguments: KeptInput.all)
    func `A kept input keeps every property`(input: KeptInput) throws {
        try input.harness.run(input.bytes)
    }

    @Test(arguments: KeptInput.all)
    func `A kept input keeps every property when it is cut short`(input: KeptInput) throws {
        for byteCount in stride(from: 0, to: input.bytes.count, by: 1 + input.bytes.count / 64) {
            try input.harness.run(Array(input.bytes.prefix(byteCount)))
        }
    }

    @Test
    func `Every harness but the canary has inputs`() {
        let names = Set(KeptInput.all.map(\.harness.name))
        #expect(names == Set(FuzzHarness.all.map(\.name)).subtracting(["canary"]))
    }

    @Test
    func `The canary fails, so that a failure is seen`() throws {
        let canary = try #require(FuzzHarness.named("canary"))
        #expect(throws: PropertyFailure.self) { try canary.run(Array("fuzz!".utf8)) }
        try canary.run(Array("fuzz".utf8))
    }
}
