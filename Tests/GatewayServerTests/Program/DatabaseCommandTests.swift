import Foundation
import TestSupport
import Testing

/// `gateway migrate`, `gateway doctor` and the vault's part of `gateway keys`, with the program
/// itself.
@Suite(
    "gateway migrate, gateway doctor", .timeLimit(.minutes(10)),
    .enabled(
        if: BuiltProgram("gateway") != nil && PrivatePostgresServer.isAvailable
            && PrivateRedisServer.isAvailable,
        "the program `gateway`, PostgreSQL or Redis is missing"))
struct DatabaseCommandTests {
    /// Servers, keys and a configuration.
    private struct Desk {
        let folder: TemporaryFolder
        let program: BuiltProgram
        let postgres: PrivatePostgresServer
        let redis: PrivateRedisServer

        init() throws {
            folder = try TemporaryFolder()
            program = try BuiltProgram("gateway").orThrow("the program")
            postgres = try PrivatePostgresServer()
            redis = try PrivateRedisServer()
            for more in [["tokens"], ["vault", "--vault"]] {
                let path = folder.url(more[0]).path
                let made = try program.run(["keys", "generate", path] + more.dropFirst())
                #expect(made.status == 0, "\(made.errors)")
            }
            try configure(database: postgres.url)
        }

        var config: String { folder.url("c.json").path }

        func configure(database url: String) throws {
            let text = """
                {"node_name": "n", "redis": {"url": "\(redis.url)"}, "tokens": {"keys_file":
                "\(folder.url("tokens").path)", "issuer": "i", "audience": "a"}, "database":
                {"url": "\(url)", "vault_keys_file": "\(folder.url("vault").path)"}}
                """
            try Data(text.utf8).write(to: folder.url("c.json"))
        }

        func run(_ arguments: String...) throws -> BuiltProgram.Outcome {
            try program.run(arguments)
        }

        func stop() {
            postgres.kill()
            redis.kill()
        }
    }

    @Test("Migrating once applies, twice changes nothing, and doctor finds what is wrong")
    func migrateAndDoctor() throws {
        let desk = try Desk()
        let early = try desk.run("doctor", "--config", desk.config)
        #expect(early.status != 0)
        #expect(early.output.contains("WRONG migrations: run gateway migrate"))

        let first = try desk.run("migrate", "--config", desk.config)
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output.contains("applied 0001_accounts.sql"))
        try Data("\(desk.postgres.url)\n".utf8).write(to: desk.folder.url("url"))
        let second = try desk.run(
            "migrate", "--database-url-file", desk.folder.url("url").path)
        #expect(second.output.hasSuffix("Nothing to do.\n"), "\(second.errors)")

        let examined = try desk.run("doctor", "--config", desk.config)
        #expect(examined.status != 0)
        #expect(examined.output.contains("WRONG database role: it is a superuser"))
        #expect(examined.output.contains("ok    migrations: all are applied"))
        #expect(examined.output.contains("ok    redis: its clock is this machine's"))

        #expect(examined.output.contains("ok    redis: it evicts nothing"))
        #expect(examined.output.contains("WRONG redis: appendonly is off"))
        let look = try RawConnection(path: desk.redis.socketPath)
        for setting in ["maxmemory-policy volatile-lru", "appendonly yes"] {
            try look.send("CONFIG SET \(setting)\r\n")
            #expect(try look.take(through: "\r\n") == "+OK\r\n")
        }
        let evicting = try desk.run("doctor", "--config", desk.config)
        #expect(evicting.output.contains("WRONG redis: maxmemory-policy volatile-lru may evict"))
        #expect(evicting.output.contains("ok    redis: it keeps an append-only file"))

        desk.postgres.stop()
        let outage = try desk.run("doctor", "--config", desk.config)
        #expect(outage.status != 0)
        #expect(outage.output.contains("does not answer: "), "\(outage.output)")
        desk.stop()
    }

    @Test("Keys of the vault are replaced in three steps")
    func vaultKeys() throws {
        let desk = try Desk()
        #expect(try desk.run("migrate", "--config", desk.config).status == 0)
        let vault = desk.folder.url("vault").path
        #expect(try desk.run("keys", "rotate", vault).status != 0, "there is no next key")
        #expect(try desk.run("keys", "prepare", vault).status == 0)
        let rotated = try desk.run("keys", "rotate", vault, "--config", desk.config)
        #expect(rotated.status == 0, "\(rotated.errors)")
        #expect(rotated.output.contains("Key 00000002 seals."))
        let retired = try desk.run("keys", "reseal", "--config", desk.config, "--retire")
        #expect(retired.output.contains("Key 00000001 is removed."), "\(retired.errors)")
        let lines = try desk.folder.text("vault").split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.last?.hasPrefix("primary 00000002 ") == true)
        desk.stop()
    }

    @Test("A database section is read strictly, and a URL with its password is never shown")
    func section() throws {
        let desk = try Desk()
        let cases = [
            ("postgresql://u:hidden@db.example/x?sslmode=require", "allow_weak_tls"),
            (
                "postgresql://u:hidden@db.example",
                "the database is missing: postgresql://user@host/database"
            ),
            ("mysql://u:hidden@db.example/x", "it has to begin with postgresql://"),
        ]
        for (url, words) in cases {
            try desk.configure(database: url)
            let checked = try desk.run("check-config", "--config", desk.config)
            #expect(checked.status != 0, "\(url)")
            #expect(checked.errors.contains(words), "\(checked.errors)")
            #expect(!checked.errors.contains("hidden"))
        }
        try desk.configure(database: "postgresql://u:hidden@db.example/x")
        let usable = try desk.run("check-config", "--config", desk.config)
        #expect(usable.output.contains("postgresql://db.example:5432/x?sslmode=verify-full"))
        #expect(!usable.output.contains("hidden"))
        desk.stop()
    }
}
