import Foundation
import TestSupport
import Testing

/// A browser of this machine.
enum InstalledBrowser {
    /// The program; nil where there is none.
    static let program: String? = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
        return folders.flatMap { folder in names.map { "\(folder)/\($0)" } }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()
}

/// The console page of `gateway dev` in a browser.
@Suite(
    "A browser as a client of our server", .timeLimit(.minutes(10)),
    .enabled(if: InstalledBrowser.program != nil, "no chromium or google-chrome is installed"),
    .enabled(if: InteropPeer.isAvailable, "\(InteropPeer.unavailableReason)"),
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .enabled(if: BuiltProgram("gateway") != nil, "the program `gateway` is not built"))
struct BrowserTests {
    /// What the script saw in the page.
    struct Seen: Decodable {
        var markets: [String]
        var state: String
        var extensions: String
        var log: String
        var refusal: String
    }

    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Peers/browser.py").path

    @Test func `the console says why it has no ticks, and shows them with a token`() throws {
        let folder = try TemporaryFolder()
        let gateway = try DevGateway(in: folder)
        let profile = try TemporaryFolder()
        let process = try ChildProcess(
            InteropPeer.python ?? "",
            [
                Self.script, InstalledBrowser.program ?? "", gateway.report.http_url + "/",
                gateway.report.tokens.user, profile.path,
            ])
        let output = try process.outputAtEnd()
        let seen = try JSONDecoder().decode(Seen.self, from: Data(output.utf8))
        #expect(seen.markets.count >= 3)
        #expect(seen.state.contains("connected"))
        // Browsers offer compression by themselves, and refuse an answer that they did not offer.
        #expect(seen.extensions.contains("permessage-deflate"))
        #expect(seen.extensions.contains("server_no_context_takeover"))
        // Browsers hide from pages why a handshake failed, so the page has to find out.
        #expect(seen.refusal.contains("token_malformed"), "\(seen.refusal)")
        #expect(seen.log.contains("not connected"), "\(seen.log)")
        try gateway.end(by: SIGTERM)
    }
}
