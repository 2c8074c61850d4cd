import Foundation
import TestSupport
import Testing

/// `gateway check-config`, with the program itself: the reader of `gateway serve` is its own.
@Suite(
    "gateway check-config", .timeLimit(.minutes(10)),
    .enabled(if: BuiltProgram("gateway") != nil, "the program `gateway` is not built"))
struct CheckConfigurationTests {
    /// A folder with keys and a configuration, as an operator has it.
    struct Site {
        let folder: TemporaryFolder
        let program: BuiltProgram

        init() throws {
            folder = try TemporaryFolder()
            program = try BuiltProgram("gateway").orThrow("the program")
            let made = try program.run(["keys", "generate", folder.url("keys").path])
            #expect(made.status == 0)
        }

        /// A valid configuration, with texts replaced.
        func configuration(_ changes: [String: String] = [:]) -> String {
            var text = """
                {"node_name": "n1", "redis": {"url": "redis://user:hunter2@127.0.0.1:6379/0"},
                 "tokens": {"keys_file": "\(folder.url("keys").path)", "issuer": "i",
                 "audience": "a"}, "limits": {"messages_per_second": 100}}
                """
            for (old, new) in changes { text = text.replacing(old, with: new) }
            return text
        }

        func check(
            _ text: String, environment: [String: String] = [:]
        ) throws -> BuiltProgram.Outcome {
            try Data(text.utf8).write(to: folder.url("c.json"))
            return try program.run(
                ["check-config", "--config", folder.url("c.json").path], environment: environment)
        }
    }

    @Test func `a good file is told back without its secrets`() throws {
        let site = try Site()
        let outcome = try site.check(site.configuration())
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("is usable"))
        #expect(outcome.output.contains("0.0.0.0:8080"))
        #expect(outcome.output.contains("redis://127.0.0.1:6379/0"))
        #expect(!outcome.output.contains("hunter2"))
    }

    @Test(
        "a bad file is refused with what is wrong",
        arguments: [
            ("\"node_name\"", "\"nodename\": 1, \"node_name\"", "did you mean node_name?"),
            ("messages_per_second", "message_per_second", "did you mean messages_per_second?"),
            (
                "\"issuer\": \"i\"", "\"issuer\": \"i\", \"key_file\": \"x\"",
                "did you mean keys_file"
            ),
            (": 100", ": -1", "limits.messages_per_second has to be a whole number from 0 to"),
            (": 100", ": 1.5", "1.5 is neither"),
            (": 100", ": null", "null is neither"),
            (": 100", ": \"100\"", "limits.messages_per_second has to be a whole number"),
            ("\"n1\"", "\"\"", "node_name is missing"),
            ("\"n1\"", "\"a/b\"", "node_name has to be 1 to 64"),
            ("\"n1\"", "7", "node_name has to be a text"),
            ("redis://", "http://", "redis.url is not usable: it has to begin with redis://"),
            (
                "\"redis\": {", "\"redis\": {\"password_file\": \"/nowhere\",",
                "cannot read /nowhere (redis.password_file): No such file"
            ),
            ("/keys", "/nokeys", "nokeys is missing: `gateway keys generate"),
            ("\"node_name\"", "\"allowed_origins\": [\"a.b\"], \"node_name\"", "a.b"),
            (
                "\"node_name\"", "\"log_level\": \"loud\", \"node_name\"",
                "log_level has to be trace, debug, info, notice, warning, error or critical"
            ),
            ("\"redis\"", "\"public\": {\"host\": \"a.b\"}, \"redis\"", "public.host has to be"),
            ("}}", "}", "in line 3: "),
            ("\"node_name\"", "\"node_name\": \"x\", \"node_name\"", "duplicate_key"),
            ("\"audience\": \"a\"", "\"audience\": \"\"", "tokens.audience"),
        ])
    func bad(old: String, new: String, message: String) throws {
        let site = try Site()
        let outcome = try site.check(site.configuration([old: new]))
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(!outcome.errors.contains("hunter2"))
    }

    @Test func `the environment overrides the file, kind by kind`() throws {
        let site = try Site()
        let outcome = try site.check(
            site.configuration(),
            environment: [
                "TRADERMIND_PUBLIC_PORT": "9999", "TRADERMIND_PUBLIC_HOST": "127.0.0.1",
                "TRADERMIND_REDIS_URL": "unix:/run/redis.sock", "TRADERMIND_NODE_NAME": "7",
                "TRADERMIND_CONSOLE": "true", "TRADERMIND_TEST_ANYTHING": "x",
                "TRADERMIND_LIMITS_MESSAGES_PER_SECOND": "5",
                "TRADERMIND_ALLOWED_ORIGINS": "[https://a.example, https://[::1]]",
            ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("127.0.0.1:9999"))
        #expect(outcome.output.contains("unix:/run/redis.sock"))
    }

    @Test(
        "a variable that is no setting, or none of its kind, is refused",
        arguments: [
            ("TRADERMIND_PUBLIC_PROT", "1", "did you mean TRADERMIND_PUBLIC_PORT?"),
            ("TRADERMIND_NODENAME", "x", "did you mean TRADERMIND_NODE_NAME?"),
            ("TRADERMIND_CONSOLE", "yes", "TRADERMIND_CONSOLE has to be true or false"),
            ("TRADERMIND_LOOPS", "many", "TRADERMIND_LOOPS has to be a whole number"),
        ])
    func badVariable(name: String, value: String, message: String) throws {
        let site = try Site()
        let outcome = try site.check(site.configuration(), environment: [name: value])
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }

    @Test func `a missing file is named`() throws {
        let site = try Site()
        let outcome = try site.program.run(["check-config", "--config", "/nowhere/c.json"])
        #expect(outcome.status != 0 && outcome.errors.contains("cannot read /nowhere/c.json"))
    }
}
