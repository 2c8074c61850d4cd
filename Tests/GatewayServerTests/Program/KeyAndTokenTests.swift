import Foundation
import Glibc
import TestSupport
import Testing

/// `gateway keys` and `gateway token`, with the program itself.
@Suite(
    "gateway keys, gateway token", .timeLimit(.minutes(10)),
    .enabled(if: BuiltProgram("gateway") != nil, "the program `gateway` is not built"))
struct KeyAndTokenTests {
    static let subject = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"

    /// A keyring file and what is done with it.
    struct Desk {
        let folder: TemporaryFolder
        let program: BuiltProgram
        var keys: String { folder.url("keys").path }

        init(algorithm: String = "HS256") throws {
            folder = try TemporaryFolder()
            program = try BuiltProgram("gateway").orThrow("the program")
            let made = try program.run(["keys", "generate", keys, "--algorithm", algorithm])
            #expect(made.status == 0, "\(made.errors)")
        }

        var source: [String] { ["--keys", keys, "--issuer", "i", "--audience", "a"] }

        func mint(_ more: [String] = []) throws -> BuiltProgram.Outcome {
            try program.run(
                ["token", "mint"] + source + ["--subject", subject, "--role", "admin"] + more)
        }

        func check(_ token: String) throws -> BuiltProgram.Outcome {
            try program.run(["token", "check"] + source, input: token)
        }
    }

    @Test("a minted token is checked", arguments: ["HS256", "ES256"])
    func mintAndCheck(algorithm: String) throws {
        let desk = try Desk(algorithm: algorithm)
        let minted = try desk.mint()
        #expect(minted.status == 0)
        let checked = try desk.check(minted.output)
        #expect(checked.status == 0, "\(checked.output)")
        #expect(checked.output.contains("subject     \(Self.subject)"))
        #expect(checked.output.contains("role        admin"))
    }

    @Test func `what is no token of these keys is refused`() throws {
        let desk = try Desk()
        let other = try Desk().mint().output
        for (token, reason) in [(other, "unknown_key"), ("", "token_malformed"), ("a.b.c", "")] {
            let checked = try desk.check(token)
            #expect(checked.status != 0)
            #expect(checked.output.contains("refused: \(reason)"), "\(checked.output)")
        }
    }

    @Test func `keys are rotated in two steps, and old tokens live on for the overlap`() throws {
        let desk = try Desk()
        let early = try desk.program.run(["keys", "rotate", desk.keys])
        #expect(early.status != 0 && early.errors.contains("gateway keys prepare adds one"))
        let old = try desk.mint().output
        #expect(try desk.program.run(["keys", "prepare", desk.keys]).status == 0)
        let twice = try desk.program.run(["keys", "prepare", desk.keys])
        #expect(twice.status != 0 && twice.errors.contains("gateway keys rotate uses it"))
        let between = try desk.mint().output
        #expect(try desk.program.run(["keys", "rotate", desk.keys]).status == 0)
        let new = try desk.mint().output
        for token in [old, between, new] { #expect(try desk.check(token).status == 0) }
        #expect(try desk.program.run(["keys", "prepare", desk.keys]).status == 0)
        let end = try desk.program.run(["keys", "rotate", desk.keys, "--overlap", "0"])
        #expect(end.status == 0)
        #expect(try desk.check(old).status == 0, "its overlap of a day goes on")
        #expect(try desk.check(new).status != 0, "its key was given none")
    }

    @Test func `a file that is no keyring is refused with what is wrong`() throws {
        let desk = try Desk()
        let vault = desk.folder.url("vault").path
        #expect(try desk.program.run(["keys", "generate", "--vault", vault]).status == 0)
        try Data("tradermind-token-keyring 1\nhunter2\n".utf8).write(to: desk.folder.url("bad"))
        for (path, words) in [
            (vault, "its first line is not `tradermind-token-keyring 1`"),
            (desk.folder.url("bad").path, "line 2 is damaged"),
            (desk.folder.url("none").path, "is missing: `gateway keys generate"),
            (desk.folder.path, "it is no file"),
        ] {
            let outcome = try desk.program.run([
                "token", "mint", "--keys", path, "--issuer", "i", "--audience", "a", "--subject",
                Self.subject, "--role", "user",
            ])
            #expect(outcome.status != 0 && outcome.errors.contains(words), "\(outcome.errors)")
            #expect(!outcome.errors.contains("hunter2"))
        }
    }

    @Test func `a keyring is never overwritten, and only its owner can read it`() throws {
        let desk = try Desk()
        let before = try desk.folder.text("keys")
        let again = try desk.program.run(["keys", "generate", desk.keys])
        #expect(again.status != 0 && again.errors.contains("exists"))
        #expect(try desk.folder.text("keys") == before)
        for step in ["prepare", "rotate"] {
            #expect(try desk.program.run(["keys", step, desk.keys]).status == 0)
            let attributes = try FileManager.default.attributesOfItem(atPath: desk.keys)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "after \(step)")
        }
    }

    @Test func `a keyring is its owner's alone from its first moment on`() throws {
        let desk = try Desk()
        let watch = try FolderWatch(desk.folder.url("").path)
        for (step, name) in [("generate", "new"), ("prepare", "keys"), ("rotate", "keys")] {
            let path = desk.folder.url(name).path
            #expect(try desk.program.run(["keys", step, path]).status == 0, "\(step)")
            // Permissions that are changed behind the making leave a moment for others to read.
            #expect(try watch.changedPermissions().isEmpty, "\(step)")
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(step)")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: desk.folder.url("").path)
        #expect(names.sorted() == ["keys", "new"])
    }

    @Test func `what a run that was broken off has left is in nobody's way`() throws {
        let desk = try Desk()
        let secret = desk.folder.url("elsewhere")
        try Data("x".utf8).write(to: secret)
        try FileManager.default.createSymbolicLink(
            atPath: desk.keys + ".new", withDestinationPath: secret.path)
        #expect(try desk.program.run(["keys", "prepare", desk.keys]).status == 0)
        #expect(try desk.folder.text("elsewhere") == "x")
        #expect(!FileManager.default.fileExists(atPath: desk.keys + ".new"))
        // A link that leads nowhere is a file too.
        let link = desk.folder.url("link").path
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: desk.folder.url("target").path)
        let made = try desk.program.run(["keys", "generate", link])
        #expect(made.status != 0 && made.errors.contains("exists"))
    }

    @Test(
        "arguments that make no sense are refused",
        arguments: [
            ["--lifetime", "0"], ["--lifetime", "9223372036854775807"], ["--role", "root"],
            ["--subject", "me"],
        ])
    func badArguments(more: [String]) throws {
        let outcome = try Desk().mint(more)
        #expect(outcome.status != 0 && outcome.output.isEmpty)
    }
}

/// Hears of changes of files' attributes in a folder (inotify).
private final class FolderWatch {
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        // Safety: the path is read during the call.
        guard descriptor >= 0,
            unsafe inotify_add_watch(descriptor, path, UInt32(IN_ATTRIB)) >= 0
        else { throw Lacking(what: "a watch of \(path)") }
    }

    deinit { close(descriptor) }

    /// The names of files whose attributes were changed since the last question.
    func changedPermissions() throws -> [String] {
        var bytes = [UInt8](repeating: 0, count: 16_384)
        // Safety: at most the array's own bytes are written, during the call.
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe read(descriptor, buffer.baseAddress, buffer.count)
        }
        guard count > 0 else { return [] }
        var names: [String] = []
        var offset = 0
        while offset + 16 <= count {
            // wd, mask, cookie, len; the name is filled up with zeros.
            let length = Int(bytes[offset + 12]) | Int(bytes[offset + 13]) << 8
            let name = bytes[(offset + 16)..<(offset + 16 + length)].prefix { $0 != 0 }
            names.append(String(decoding: name, as: UTF8.self))
            offset += 16 + length
        }
        return names
    }
}
