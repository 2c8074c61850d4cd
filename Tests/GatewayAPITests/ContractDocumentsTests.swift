import Foundation
import GatewayAPI
import JSONRPC
import Testing

@Suite("Published contract")
struct ContractDocumentsTests {
    /// The folder `Protocol/` of the package.
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Protocol")

    private static let isUpdating =
        ProcessInfo.processInfo.environment["TRADERMIND_UPDATE_PROTOCOL"] == "1"

    @Test("The files in Protocol/ are what the types say (TRADERMIND_UPDATE_PROTOCOL=1 rewrites)")
    func comparesFiles() throws {
        for file in ContractDocuments.files + ClientFiles.files {
            let url = Self.folder.appending(path: file.path)
            if Self.isUpdating {
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(file.bytes).write(to: url)
            }
            let present = try? Data(contentsOf: url)
            #expect(present == Data(file.bytes), "\(file.path) differs from the types")
        }
    }

    @Test("No generated folder holds a file that the types do not make")
    func findsStrayFiles() throws {
        let made = Set(ContractDocuments.files.map(\.path))
        for folder in ["schemas", "examples"] {
            let names = try FileManager.default.contentsOfDirectory(
                atPath: Self.folder.appending(path: folder).path)
            for name in names { #expect(made.contains("\(folder)/\(name)"), "\(name)") }
        }
    }

    @Test("Every document is valid JSON and lays out nothing but white space")
    func layOutIsLossless() throws {
        for file in ContractDocuments.files {
            let object = try JSONSerialization.jsonObject(with: Data(file.bytes))
            // Safety: the array outlives the span, which is used in this scope only.
            #expect(unsafe JSONValidator.isValid(file.bytes.span.bytes), "\(file.path)")
            #expect(file.bytes.last == UInt8(ascii: "\n"))
            if file.path == "openrpc.json" {
                let compact = try JSONSerialization.jsonObject(
                    with: Data(ContractDocuments.openRPC))
                #expect(object as? NSDictionary == compact as? NSDictionary)
            }
        }
    }

    @Test("Every reference in a document leads somewhere")
    func resolvesReferences() throws {
        for file in ContractDocuments.files {
            let root = try JSONSerialization.jsonObject(with: Data(file.bytes))
            for reference in references(in: root) {
                if reference.hasPrefix("#/") {
                    var place: Any? = root
                    for step in reference.dropFirst(2).split(separator: "/") {
                        place = (place as? [String: Any])?[String(step)]
                    }
                    #expect(place != nil, "\(file.path): \(reference)")
                } else {
                    let path = "schemas/\(reference)"
                    #expect(ContractDocuments.files.contains { $0.path == path }, "\(reference)")
                }
            }
        }
    }

    private func references(in value: Any) -> [String] {
        if let object = value as? [String: Any] {
            return object.flatMap { key, value in
                if key == "$ref", let reference = value as? String { return [reference] }
                return references(in: value)
            }
        }
        return (value as? [Any])?.flatMap(references) ?? []
    }

    @Test("Golden requests, answers and notifications are messages that our types read")
    func readsExamples() throws {
        for file in ContractDocuments.files where file.path.hasPrefix("examples/") {
            let text = String(decoding: file.bytes, as: UTF8.self)
            try withValue(of: text) { root in
                let message = try RPCMessage(root, limits: RPCLimits())
                if let name = message.method?.unescapedBytes, message.kind == .request {
                    #expect(GatewayMethod(utf8: name) != nil)
                }
                if message.kind == .failure, let object = message.outcome {
                    let error = GatewayError(object)
                    let read = try #require(error)
                    #expect(file.path.contains(read.code.entry.symbol))
                    let again = written { read.writeObject(to: &$0) }
                    #expect(again == String(copying: object.rawBytes))
                }
                #expect(file.path.contains(".request.") == (message.kind == .request))
                #expect(file.path.contains(".response.") == (message.kind == .success))
                #expect(file.path.contains(".notification.") == (message.kind == .notification))
            }
        }
    }
}
