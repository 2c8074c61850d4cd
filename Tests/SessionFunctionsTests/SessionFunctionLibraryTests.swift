import Foundation
import SessionFunctions
import Testing

@Suite("Library of session functions")
struct SessionFunctionLibraryTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Protocol/redis")

    @Test func `what is built in is the files of Protocol/redis, joined by name`() throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.folder, includingPropertiesForKeys: nil
        )
        .filter { $0.pathExtension == "lua" }
        .sorted { $0.lastPathComponent < $1.lastPathComponent }
        #expect(files.count > 10)
        var joined: [UInt8] = []
        for file in files { joined += Array(try Data(contentsOf: file)) }
        #expect(SessionFunctionLibrary.source == joined)
    }

    @Test func `the version is read from the text`() {
        #expect(SessionFunctionLibrary.version >= 1)
        #expect(SessionFunctionLibrary.version(in: Array("a\nlocal VERSION = 12\n".utf8)) == 12)
        #expect(SessionFunctionLibrary.version(in: Array("local VERSION = x\n".utf8)) == nil)
        #expect(SessionFunctionLibrary.version(in: []) == nil)
    }
}
