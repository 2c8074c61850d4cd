import EventLoop
import Foundation
import Glibc
import TestSupport

/// A real browser without a window, where one is installed. Confined to its loop.
final class HeadlessBrowser {
    /// The browser's program; nil where none is installed.
    static let path: String? = [
        "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
        "/usr/bin/google-chrome-stable",
    ].first { FileManager.default.isExecutableFile(atPath: $0) }

    private let folder: TemporaryFolder
    private let process: ChildProcess

    /// Opens a page.
    ///
    /// - Parameters:
    ///   - url: the page.
    ///   - hosts: the ports of 127.0.0.1 at which names are.
    ///   - loop: the loop, whose thread calls.
    /// - Throws: what keeps it from starting.
    init(open url: String, hosts: [String: UInt16], loop: EventLoop) throws {
        folder = try TemporaryFolder()
        let map = hosts.map { "MAP \($0.key) 127.0.0.1:\($0.value)" }.sorted()
        // The sandbox needs rights that containers do not give; the certificates are the test's.
        process = try ChildProcess(
            program: try Self.path.orThrow("a browser"),
            arguments: [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--no-first-run", "--disable-background-networking", "--disable-extensions",
                "--no-proxy-server", "--ignore-certificate-errors",
                "--user-data-dir=\(folder.path)/profile",
                "--host-resolver-rules=\(map.joined(separator: ","))", url,
            ], outputPath: folder.url("log").path, on: loop, onExit: { _ in })
    }

    /// Ends it with all its processes, which are one group.
    func stop() {
        kill(-process.identifier, SIGKILL)
    }
}
