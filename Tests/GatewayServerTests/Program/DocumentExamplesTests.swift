import Foundation
import TestSupport
import Testing

/// The configurations that the documents show, read by the program itself.
@Suite(
    "Configurations in the documents", .timeLimit(.minutes(10)),
    .enabled(if: BuiltProgram("gateway") != nil, "the program `gateway` is not built"))
struct DocumentExamplesTests {
    /// Files of every kind that a configuration names.
    private struct Files {
        let site: CheckConfigurationTests.Site
        let certificate: TestCertificate

        init() throws {
            site = try CheckConfigurationTests.Site()
            certificate = try TestCertificate(names: ["localhost"])
            let vault = site.folder.url("vault").path
            #expect(try site.program.run(["keys", "generate", "--vault", vault]).status == 0)
            try Data("hunter2\n".utf8).write(to: site.folder.url("password"))
        }

        /// The same with files that are here.
        func present(_ value: Any, key: String = "") -> Any {
            switch value {
            case let object as [String: Any]:
                return Dictionary(
                    uniqueKeysWithValues: object.map { ($0, present($1, key: $0)) })
            case let list as [Any]: return list.map { present($0) }
            default: break
            }
            return switch key {
            case "keys_file": site.folder.url("keys").path
            case "vault_keys_file": site.folder.url("vault").path
            case "password_file": site.folder.url("password").path
            case "certificate_file", "ca_file": certificate.certificatePath
            case "key_file": certificate.keyPath
            default: value
            }
        }
    }

    @Test(arguments: ["README.md", "Protocol/operating.md"])
    func `a configuration is usable as it stands, and each section beside it`(
        document: String
    ) throws {
        let text = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../../\(document)").standardized, encoding: .utf8)
        let blocks = text.matches(of: /```json\n(.*?)```/.dotMatchesNewlines()).map { $0.1 }
        let files = try Files()
        var whole: [String: Any] = [:]
        for block in blocks {
            // A section stands without the braces of the file around it.
            let isSection = block.hasPrefix("\"")
            let read = try JSONSerialization.jsonObject(
                with: Data((isSection ? "{\(block)}" : String(block)).utf8))
            let members = try (files.present(read) as? [String: Any]).orThrow("an object")
            if !isSection { whole = members }
            let data = try JSONSerialization.data(
                withJSONObject: whole.merging(members) { _, section in section })
            let outcome = try files.site.check(String(decoding: data, as: UTF8.self))
            #expect(outcome.status == 0, "\(block): \(outcome.errors)")
        }
        #expect(!whole.isEmpty)
    }
}
