import Foundation
import SchemaMigrations
import Testing

@Suite("The built-in migrations")
struct SchemaMigrationsTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Protocol/postgres")

    @Test func `are the files of Protocol/postgres in the order of their names`() throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.folder, includingPropertiesForKeys: nil
        )
        .filter { $0.pathExtension == "sql" }
        .sorted { $0.lastPathComponent < $1.lastPathComponent }
        #expect(SchemaMigrations.all.map(\.name) == files.map(\.lastPathComponent))
        for (migration, file) in zip(SchemaMigrations.all, files) {
            #expect(migration.text == (try String(contentsOf: file, encoding: .utf8)))
        }
    }

    @Test func `leave the begin and end of their transactions to the migrator`() {
        for migration in SchemaMigrations.all {
            for line in migration.text.split(separator: "\n") {
                let words = line.uppercased()
                #expect(!words.hasPrefix("COMMIT") && !words.hasPrefix("BEGIN;"), "\(line)")
            }
        }
    }
}
